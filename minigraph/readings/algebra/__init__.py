"""Algebra on nodes: what makes a derivation as short as on paper, and what it holds for."""

from minigraph.readings.algebra.context import Condition, Domain, Found
from minigraph.readings.algebra.simplifier import Simplifier

__all__ = ["Condition", "Domain", "Found", "Simplifier"]
