"""Models read from ONNX."""
