"""Ops along an axis: reductions, softmax, TopK."""

import numpy as np

from tests.cases import floats
from tests.one_layer import ROW, TOKENS, Kernels, kernel

KERNELS: Kernels = {
    "reduce_sum": (kernel("ReduceSum", TOKENS, np.array([-1])), ""),
    "reduce_max": (kernel("ReduceMax", TOKENS, np.array([1])), ""),
    "softmax_short": (kernel("Softmax", ROW), ""),
    "softmax_long": (kernel("Softmax", floats(2, 20)), ""),
    "softmax_log": (kernel("LogSoftmax", floats(2, 20)), ""),
    "top_k": (kernel("TopK", TOKENS, np.array([2]), outputs=2, axis=1), ""),
}
