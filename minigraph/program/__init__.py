"""The fast path: a graph compiled to a program."""

from minigraph.program.program import Program, compile

__all__ = ["Program", "compile"]
