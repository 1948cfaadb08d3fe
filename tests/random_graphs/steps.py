"""What a random graph can grow by. A step that does not fit leaves the graph as it is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.random_graphs.drawn import BOOL, F32, Drawn, Tensor

SMOOTH = ["Tanh", "Sigmoid", "Softplus", "Softsign", "HardSwish", "Elu", "Erf"]
EXACT = ["Relu", "Neg", "Abs", "Identity"]
BINARY = ["Add", "Sub", "Mul", "Max", "Min"]
LONGEST_AXIS = 12
Step = Callable[[Drawn], object]


def smooth(g: Drawn) -> None:
    if x := g.pick():
        g.add(g.random.choice(SMOOTH), [x.name], x.shape)


def exact(g: Drawn) -> None:
    if x := g.pick():
        g.add(g.random.choice(EXACT), [x.name], x.shape, is_exact=x.is_exact)


def second(g: Drawn, x: Tensor, is_exact: bool = False) -> Tensor | None:
    """Return another operand of x's type, a constant now and then; None if no shape fits both."""
    if g.random.random() < 0.4:
        shape = tuple(g.random.choice([extent, 1]) for extent in x.shape)
        array = g.floats(shape) if x.dtype == F32 else g.integers(shape, x.dtype)
        return Tensor(g.constant(array), shape, x.dtype)
    other = g.pick(x.dtype, is_exact)
    if other is None:
        return None
    try:
        np.broadcast_shapes(x.shape, other.shape)
    except ValueError:
        return None
    return other


def binary(g: Drawn) -> None:
    x = g.pick()
    if x and (y := second(g, x)):
        shape = np.broadcast_shapes(x.shape, y.shape)
        both = x.is_exact and y.is_exact
        g.add(g.random.choice(BINARY), g.random.sample([x.name, y.name], 2), shape, is_exact=both)


def without_nan(g: Drawn, x: Tensor) -> Tensor:
    """Return x with 0 for NaN, for operators in which ONNX Runtime is not of one mind about NaN."""
    is_lost = g.add("IsNaN", [x.name], x.shape, BOOL, True)
    zero = g.constant(np.float32(0))
    return g.add("Where", [is_lost.name, zero, x.name], x.shape, is_exact=x.is_exact)


def product(g: Drawn) -> None:
    if x := g.pick():
        outputs = g.random.choice([1, 3, 5])
        weight = g.numbers.standard_normal((x.shape[-1], outputs)).astype(np.float32) / 2
        g.add("MatMul", [x.name, g.constant(weight)], (*x.shape[:-1], outputs))


def transpose(g: Drawn) -> None:
    if x := _any(g):
        order = g.random.sample(range(len(x.shape)), len(x.shape))
        shape = tuple(x.shape[axis] for axis in order)
        g.add("Transpose", [x.name], shape, x.dtype, x.is_exact, perm=order)


def reduction(g: Drawn) -> None:
    if x := g.pick():
        axis = g.random.randrange(len(x.shape))
        kept = tuple(1 if position == axis else extent for position, extent in enumerate(x.shape))
        operator = g.random.choice(["ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin"])
        is_exact = x.is_exact and operator in ("ReduceMax", "ReduceMin")
        if operator in ("ReduceMax", "ReduceMin"):
            x = without_nan(g, x)
        g.add(operator, [x.name, g.constant(np.array([axis]))], kept, is_exact=is_exact)


def concat(g: Drawn) -> None:
    """Some tensors after each other, now and then one of them twice."""
    if x := _any(g):
        axis = g.random.randrange(len(x.shape))
        rest = _without(x.shape, axis)
        fitting = [
            each
            for each in g.tensors
            if each.dtype == x.dtype
            and len(each.shape) == len(x.shape)
            and _without(each.shape, axis) == rest
        ]
        parts = [x, *g.random.choices(fitting, k=g.random.choice([0, 1, 2]))]
        g.random.shuffle(parts)
        extent = sum(part.shape[axis] for part in parts)
        if extent <= LONGEST_AXIS:
            shape = (*x.shape[:axis], extent, *x.shape[axis + 1 :])
            is_exact = all(part.is_exact for part in parts)
            g.add("Concat", [part.name for part in parts], shape, x.dtype, is_exact, axis=axis)


def _without(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return shape[:axis] + shape[axis + 1 :]


def convolution(g: Drawn) -> None:
    """A convolution along the last axis, with what it reads added to its result where that fits."""
    x = g.pick()
    if x is None or len(x.shape) != 3:
        return
    channels, outputs = x.shape[1], g.random.choice([x.shape[1], 1, 2])
    weight = g.numbers.standard_normal((outputs, channels, 2)).astype(np.float32) / 2
    y = g.add("Conv", [x.name, g.constant(weight)], (x.shape[0], outputs, x.shape[2]), pads=[0, 1])
    if outputs == channels and g.random.random() < 0.7:
        g.add(g.random.choice(["Add", "Mul"]), [y.name, x.name], x.shape)


def cut_off(g: Drawn) -> None:
    """A slice along one axis, backwards now and then."""
    if x := _any(g):
        axis = g.random.randrange(len(x.shape))
        extent = x.shape[axis]
        start, is_backward = g.random.randrange(extent), g.random.random() < 0.4
        bounds = (start, -extent - 1, -1) if is_backward else (start, extent, 1)
        count = start + 1 if is_backward else extent - start
        shape = (*x.shape[:axis], count, *x.shape[axis + 1 :])
        numbers = [g.constant(np.array([number])) for number in (*bounds[:2], axis, bounds[2])]
        g.add("Slice", [x.name, *numbers], shape, x.dtype, x.is_exact)


def reshape(g: Drawn) -> None:
    if x := _any(g):
        size = int(np.prod(x.shape))
        rows = g.random.choice([extent for extent in range(1, size + 1) if size % extent == 0])
        shape = (rows, size // rows)
        g.add("Reshape", [x.name, g.constant(np.array([rows, -1]))], shape, x.dtype, x.is_exact)


def softmax(g: Drawn) -> None:
    if x := g.pick():
        operator = g.random.choice(["Softmax", "LogSoftmax"])
        g.add(operator, [x.name], x.shape, axis=g.random.randrange(len(x.shape)))


def _any(g: Drawn) -> Tensor | None:
    return g.pick(g.random.choice(g.tensors).dtype)


STEPS: list[Step] = [
    *[smooth, exact, binary] * 3,
    product,
    convolution,
    transpose,
    reduction,
    *[concat] * 2,
    reshape,
    softmax,
    cut_off,
]
