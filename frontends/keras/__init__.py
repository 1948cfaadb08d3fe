"""Keras models to ONNX."""
