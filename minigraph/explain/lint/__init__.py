"""Likely mistakes in a graph."""
