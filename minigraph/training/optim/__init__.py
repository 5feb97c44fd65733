"""Optimizers and learning-rate schedules, as update graphs."""
