"""From a graph to a program: what is read in place, how tensors lie, which nodes are one kernel, and how."""

from onnx2luau.backends.luau.scheduling.schedule import schedule

__all__ = ["schedule"]
