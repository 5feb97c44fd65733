"""What is measured of a model: figures over the rows, and plots of them."""
