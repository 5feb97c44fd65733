"""The script that makes the answers needs PyTorch; the tests do not, and leave it alone."""

collect_ignore = ["pytorch.py"]
