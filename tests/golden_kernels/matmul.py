"""Products of two inputs, in every way."""

from tests.cases import floats
from tests.one_layer import Kernels, every_way, two_inputs

KERNELS: Kernels = {
    "matmul": (two_inputs("MatMul", floats(2, 3), floats(3, 2, seed=1)), "nest"),
    **every_way("matmul", two_inputs("MatMul", floats(2, 3, 5), floats(2, 5, 7, seed=1))),
}
