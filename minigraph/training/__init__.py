"""Training: data sets, optimizers, metrics, and the loop that runs them."""
