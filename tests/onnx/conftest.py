"""The script that compares real files needs ONNX Runtime and those files; the tests do not, and leave it alone."""

collect_ignore = ["real_files.py"]
