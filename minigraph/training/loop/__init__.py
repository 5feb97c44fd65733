"""Taking steps: the training loop, with its callbacks, checkpoints and history."""
