"""Steps that cut: what they give depends on which side of a line a number lies, to the last bit."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper

from tests.random_graphs.drawn import BOOL, F32, I32, I64, Drawn, Tensor
from tests.random_graphs.steps import STEPS, Step, second, without_nan

ROUNDINGS = ["Floor", "Ceil", "Round", "Sign"]
COMPARISONS = ["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"]
EXPONENTS = [0.0, 0.5, 1.0, 2.0, 3.0, -1.0, -2.0, 2.5]
FACTORS = [(0.1, 10.0), (0.3, 10.0), (1 / 3, 3.0), (0.7, 5.0)]
LARGEST = 1000
"""What becomes an integer is kept within this."""


def rounding(g: Drawn) -> None:
    if x := g.pick(is_exact=True):
        g.add(g.random.choice(ROUNDINGS), [x.name], x.shape, is_exact=True)


def there_and_back(g: Drawn) -> None:
    """A number but for roundings: often next to a whole one, or next to what it is compared with.

    It is kept within bounds: next to the largest single, roundings decide whether it is infinite.
    """
    if x := g.pick(is_exact=True):
        small, large = (g.constant(np.float32(factor)) for factor in g.random.choice(FACTORS))
        product = g.add("Mul", [bounded(g, x).name, small], x.shape, is_exact=True)
        g.add("Mul", [product.name, large], x.shape, is_exact=True)


def bounded(g: Drawn, x: Tensor) -> Tensor:
    """Return x without NaN and within bounds."""
    least, most = (g.constant(np.float32(bound)) for bound in (-LARGEST, LARGEST))
    number = without_nan(g, x)
    return g.add("Clip", [number.name, least, most], x.shape, is_exact=True)


def quotient(g: Drawn) -> None:
    x = g.pick(is_exact=True)
    if x and (y := second(g, x, is_exact=True)):
        y = with_plain_zero(g, y)
        g.add("Div", [x.name, y.name], np.broadcast_shapes(x.shape, y.shape), is_exact=True)


def with_plain_zero(g: Drawn, x: Tensor) -> Tensor:
    """Return x with 0 for -0: which of them a maximum gives is left open, and what is divided by it shows it."""
    zero = g.constant(np.float32(0))
    is_zero = g.add("Equal", [x.name, zero], x.shape, BOOL, True)
    return g.add("Where", [is_zero.name, zero, x.name], x.shape, is_exact=True)


def remainder(g: Drawn) -> None:
    x = g.pick(is_exact=True)
    if x and (y := second(g, x, is_exact=True)):
        shape = np.broadcast_shapes(x.shape, y.shape)
        g.add("Mod", [x.name, y.name], shape, is_exact=True, fmod=1)


def root(g: Drawn) -> None:
    if x := g.pick(is_exact=True):
        positive = g.add("Abs", [x.name], x.shape, is_exact=True)
        g.add("Sqrt", [positive.name], x.shape, is_exact=True)


def power(g: Drawn) -> None:
    if x := g.pick(is_exact=True):
        exponent = np.array([g.random.choice(EXPONENTS)], np.float32)
        x = with_plain_zero(g, x)
        g.add("Pow", [x.name, g.constant(exponent)], x.shape)


def comparison(g: Drawn) -> None:
    x = g.pick(g.random.choice([F32, F32, I64, I32]), is_exact=True)
    if x and (y := second(g, x, is_exact=True)):
        shape = np.broadcast_shapes(x.shape, y.shape)
        g.add(g.random.choice(COMPARISONS), [x.name, y.name], shape, BOOL, True)


def logic(g: Drawn) -> None:
    a, b = g.pick(BOOL), g.pick(BOOL)
    if a is None or b is None:
        return
    try:
        shape = np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        g.add("Not", [a.name], a.shape, BOOL, True)
    else:
        g.add(g.random.choice(["And", "Or", "Xor"]), [a.name, b.name], shape, BOOL, True)


def is_not_a_number(g: Drawn) -> None:
    if x := g.pick(is_exact=True):
        g.add("IsNaN", [x.name], x.shape, BOOL, True)


def choice(g: Drawn) -> None:
    condition, x = g.pick(BOOL), g.pick()
    if condition and x and (y := second(g, x)):
        try:
            shape = np.broadcast_shapes(condition.shape, x.shape, y.shape)
        except ValueError:
            return
        g.add("Where", [condition.name, x.name, y.name], shape, is_exact=x.is_exact and y.is_exact)


def to_integer(g: Drawn) -> None:
    """A number as an integer: no NaN and kept within bounds, since ONNX leaves open what others become."""
    if x := g.pick(is_exact=True):
        cast(g, bounded(g, x), g.random.choice([I64, I32]))


def to_truth(g: Drawn) -> None:
    if x := g.pick(g.random.choice([F32, I64, I32]), is_exact=True):
        cast(g, x, BOOL)


def to_float(g: Drawn) -> None:
    if x := g.pick(g.random.choice([BOOL, I64, I32])):
        cast(g, x, F32)


def cast(g: Drawn, x: Tensor, dtype: np.dtype[np.generic]) -> None:
    kind = TensorProto.DataType.Name(helper.np_dtype_to_tensor_dtype(dtype))
    g.add("Cast", [x.name], x.shape, dtype, True, to=getattr(TensorProto, kind))


def best(g: Drawn) -> None:
    """The largest or smallest elements along an axis, and their places."""
    x = g.pick(g.random.choice([F32, F32, I64, I32]), is_exact=True)
    if x is None:
        return
    x = without_nan(g, x) if x.dtype == F32 else x
    axis = g.random.randrange(len(x.shape))
    count = g.random.randint(1, x.shape[axis])
    shape = (*x.shape[:axis], count, *x.shape[axis + 1 :])
    operands = [x.name, g.constant(np.array([count]))]
    results = [(shape, x.dtype), (shape, I64)]
    g.add_all("TopK", operands, results, True, axis=axis, largest=g.random.randint(0, 1))


def whole_numbers(g: Drawn) -> None:
    """Arithmetic of integers that stays small: no chain of products."""
    x = g.pick(g.random.choice([I64, I32]))
    if x is None or (y := second(g, x)) is None:
        return
    shape = np.broadcast_shapes(x.shape, y.shape)
    operator = g.random.choice(["Add", "Sub", "Max", "Min", "Div", "Mod"])
    operands = [x.name, y.name]
    if operator in ("Div", "Mod"):
        operands[1] = g.constant(np.array([g.random.choice([-3, -1, 1, 2, 5])], x.dtype))
        shape = x.shape
    g.add(operator, operands, shape, x.dtype, True)


CUTTING: list[Step] = [
    *[rounding, quotient, comparison, choice, there_and_back] * 2,
    *(
        remainder,
        best,
        root,
        power,
        logic,
        is_not_a_number,
        to_integer,
        to_truth,
        to_float,
        to_float,
        whole_numbers,
    ),
]
ALL: list[Step] = [*STEPS, *CUTTING]
