"""Ops that run graphs of their own."""

from tests.bodies import choice, counted_loop, open_loop, scanned_lstm
from tests.one_layer import Kernels

KERNELS: Kernels = {
    "scan": (scanned_lstm(3, 2, 2), ""),
    "scan_backward": (scanned_lstm(3, 2, 2, scan_input_directions=[1], scan_output_directions=[1]), ""),
    "loop": (counted_loop(), ""),
    "loop_open": (open_loop(), ""),
    "branch": (choice(), ""),
}
