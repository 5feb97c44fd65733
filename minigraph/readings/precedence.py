"""Operator precedence, of formulas and of lines of Python alike: what binds less tightly takes brackets within the rest."""

__all__ = ["ATOM", "INVERSE", "POWER", "PRODUCT", "RELATION", "SIGN", "SUM"]

RELATION, SUM, PRODUCT, SIGN, POWER, INVERSE, ATOM = range(7)
"""From what binds least tightly to what stands without brackets anywhere: a name, a number, a call."""
