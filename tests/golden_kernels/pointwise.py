"""Expressions over two inputs, and with a number."""

import numpy as np

from tests.cases import floats
from tests.one_layer import TOKENS, Kernels, kernel, two_inputs

KERNELS: Kernels = {
    "pointwise": (two_inputs("Add", floats(2, 3), floats(3, seed=1)), ""),
    "pointwise_number": (kernel("Mul", TOKENS, np.float32(2.5)), ""),
}
