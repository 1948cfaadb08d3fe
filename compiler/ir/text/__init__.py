"""The textual form of a graph: printed after passes, written in tests, parsed back to an equal graph."""

from onnx2luau.compiler.ir.text.parser import parse
from onnx2luau.compiler.ir.text.printer import print_graph

__all__ = ["parse", "print_graph"]
