"""A step compiled by JAX: the rules read on its arrays, for accelerators and for many devices."""

from minigraph.compiler.jax.program import JaxProgram

__all__ = ["JaxProgram"]
