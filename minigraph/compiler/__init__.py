"""The fast path: a graph compiled to a program."""

from minigraph.compiler.program import Program, compile

__all__ = ["Program", "compile"]
