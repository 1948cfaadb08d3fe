"""Proving a build: ONNX Runtime on the original model, the samples, and what counts as the same."""
