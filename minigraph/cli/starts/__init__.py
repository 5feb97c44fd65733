"""The files that `minigraph new` writes."""
