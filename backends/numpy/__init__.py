"""Runs a graph in Python: the reference meaning of every op."""

from onnx2luau.backends.numpy.evaluate import evaluate, evaluate_in_doubles, evaluate_op
from onnx2luau.backends.numpy.referee import evaluate_both

__all__ = ["evaluate", "evaluate_both", "evaluate_in_doubles", "evaluate_op"]
