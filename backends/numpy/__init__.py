"""Runs a graph in Python: the reference meaning of every op."""

from onnx2luau.backends.numpy.evaluate import evaluate, evaluate_op

__all__ = ["evaluate", "evaluate_op"]
