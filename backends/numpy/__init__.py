"""Runs a graph in Python: the reference meaning of every op."""

from onnx2luau.backends.numpy.evaluate import Steps, evaluate, evaluate_in_doubles, evaluate_op
from onnx2luau.backends.numpy.referee import StepsOfBoth, evaluate_both

__all__ = ["Steps", "StepsOfBoth", "evaluate", "evaluate_both", "evaluate_in_doubles", "evaluate_op"]
