"""Circuits: a graph, a run, and what differs between two, as pictures."""
