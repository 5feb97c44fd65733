"""Training: optimizers, and what runs them."""
