"""The form between a graph and Luau: kernels in order, and how each tensor lies in memory."""

from onnx2luau.backends.luau.program.kernel import Kernel, Match
from onnx2luau.backends.luau.program.layouts import ROWS, SAMPLES, WIDTH, Lanes, Layout, Rows, Segment, View
from onnx2luau.backends.luau.program.program import Program, all_kernels
from onnx2luau.backends.luau.program.site import Site
from onnx2luau.backends.luau.program.text import print_program

__all__ = [
    "ROWS",
    "SAMPLES",
    "WIDTH",
    "Kernel",
    "Lanes",
    "Layout",
    "Match",
    "Program",
    "Rows",
    "Segment",
    "Site",
    "View",
    "all_kernels",
    "print_program",
]
