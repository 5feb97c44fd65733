"""Taking steps: the training loop, and what goes on beside it."""
