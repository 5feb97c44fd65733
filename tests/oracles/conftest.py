"""The scripts that make the answers need PyTorch, JAX and others; the tests do not, and leave them alone."""

collect_ignore_glob = ["pytorch*.py", "jax*.py", "huggingface*.py", "scikit_learn.py"]
