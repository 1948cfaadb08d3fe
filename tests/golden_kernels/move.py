"""Ops that only move elements."""

import numpy as np

from tests.cases import floats
from tests.one_layer import ROW, TOKENS, Kernels, kernel

KERNELS: Kernels = {
    "move_concat": (kernel("Concat", TOKENS, floats(1, 3, 2, seed=1), axis=2), ""),
    "move_expand": (kernel("Expand", ROW, np.array([3, 4])), ""),
    "move_expand_rows": (kernel("Expand", floats(3, 1), np.array([3, 4])), ""),
    "move_pad": (kernel("Pad", floats(2, 3), np.array([1, 0, 0, 2]), np.float32(7)), ""),
    "move_pad_reflect": (kernel("Pad", floats(2, 3), np.array([0, 2, 1, 1]), mode="reflect"), ""),
    "move_reshape": (kernel("Reshape", TOKENS, np.array([4, 3])), ""),
    "move_slice": (kernel("Slice", TOKENS, np.array([2]), np.array([0]), np.array([1]), np.array([-1])), ""),
    "move_transpose": (kernel("Transpose", TOKENS, perm=[0, 2, 1]), ""),
}
