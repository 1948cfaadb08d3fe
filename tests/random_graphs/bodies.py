"""Steps with graphs inside: recurrences, loops and choices, whose bodies are random, too."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import helper

from tests.random_graphs.cutting import bounded, comparison, quotient, remainder, rounding, there_and_back
from tests.random_graphs.drawn import BOOL, F32, I64, Drawn, Tensor
from tests.random_graphs.steps import Step, binary, exact, product, smooth, without_nan

INNER: list[Step] = [smooth, exact, binary, binary, product]
EXACT_INNER: list[Step] = [
    exact, *[binary, rounding, there_and_back] * 2, comparison, quotient, remainder,
]  # fmt: skip
MOST_STEPS = 3


def _body(
    g: Drawn, inputs: Sequence[Tensor], results: Sequence[tuple[int, ...]], name: str, is_exact: bool
) -> onnx.GraphProto:
    """Return a body that makes a tensor of each shape, out of what it is given and something from outside.

    is_exact: by steps that IEEE 754 defines, so that what comes out may decide something.
    """
    inner = g.inside(f"{name}{len(g.nodes)}_", inputs)
    if (outside := g.pick(is_exact=is_exact)) is not None:
        inner.tensors.append(outside)
    for _ in range(g.random.randint(1, MOST_STEPS)):
        g.random.choice(EXACT_INNER if is_exact else INNER)(inner)
    made = [_of_shape(inner, shape, is_exact) for shape in results]
    ports = [[_port(each) for each in some] for some in (inputs, made)]
    return helper.make_graph(inner.nodes, name, *ports)


def _of_shape(inner: Drawn, shape: tuple[int, ...], is_exact: bool) -> Tensor:
    """Return a bounded tensor of a shape: of the newest that can be brought to it."""
    for x in reversed([each for each in inner.tensors if each.dtype == F32]):
        try:
            if np.broadcast_shapes(x.shape, shape) != shape:
                continue
        except ValueError:
            continue
        axes = inner.constant(np.array(shape, np.int64))
        return _bounded(inner, inner.add("Expand", [x.name, axes], shape, is_exact=is_exact), is_exact)
    zeros = inner.constant(np.zeros(shape, np.float32))
    return _bounded(inner, Tensor(zeros, shape), is_exact)


def _bounded(inner: Drawn, x: Tensor, is_exact: bool) -> Tensor:
    if not is_exact:
        return inner.add("Tanh", [x.name], x.shape)
    return bounded(inner, x)


def _port(tensor: Tensor) -> onnx.ValueInfoProto:
    dtype = helper.np_dtype_to_tensor_dtype(tensor.dtype)
    return helper.make_tensor_value_info(tensor.name, dtype, tensor.shape)


def scan(g: Drawn) -> None:
    state, sequence = g.pick(), g.pick()
    if state is None or sequence is None or len(sequence.shape) < 2:
        return
    steps, *rest = sequence.shape
    name = f"s{len(g.nodes)}"
    is_exact = state.is_exact and sequence.is_exact
    inputs = [
        Tensor(f"{name}_h", state.shape, is_exact=is_exact),
        Tensor(f"{name}_x", tuple(rest), is_exact=is_exact),
    ]
    body = _body(g, inputs, [state.shape, tuple(rest)], "scan", is_exact)
    ways = [g.random.randint(0, 1)], [g.random.randint(0, 1)]
    g.add_all(
        "Scan",
        [state.name, sequence.name],
        [(state.shape, F32), ((steps, *rest), F32)],
        is_exact,
        body=body,
        num_scan_inputs=1,
        scan_input_directions=ways[0],
        scan_output_directions=ways[1],
    )


def loop(g: Drawn) -> None:
    """A loop of known rounds, or of as many as it takes until a comparison fails."""
    x = g.pick()
    if x is None:
        return
    name, rounds = f"l{len(g.nodes)}", g.random.randint(0, 4)
    number, goes = Tensor(f"{name}_n", (), I64), Tensor(f"{name}_g", (), BOOL)
    carried = Tensor(f"{name}_x", x.shape, is_exact=x.is_exact)
    body = _body(g, [carried], [x.shape], "loop", x.is_exact)
    is_counted = g.random.random() < 0.5
    on = f"{name}_on"
    if is_counted:
        body.node.append(helper.make_node("Identity", [goes.name], [on]))
    else:
        limit = g.constant(np.array(g.random.randint(0, 3)))
        body.node.append(helper.make_node("Less", [number.name, limit], [on]))
    ports = [_port(number), _port(goes), *body.input]
    del body.input[:]
    body.input.extend(ports)
    made = [_port(Tensor(on, (), BOOL)), *body.output]
    del body.output[:]
    body.output.extend(made)
    g.add_all("Loop", [g.constant(np.array(rounds)), "", x.name], [(x.shape, F32)], x.is_exact, body=body)


def branch(g: Drawn) -> None:
    """Its condition is computed: whether the largest element of a tensor is positive."""
    x = g.pick(is_exact=True)
    if x is None:
        return
    axes = g.constant(np.arange(len(x.shape)))
    known = without_nan(g, x)
    largest = g.add("ReduceMax", [known.name, axes], (), is_exact=True, keepdims=0)
    positive = g.add("Greater", [largest.name, g.constant(np.float32(0))], (), BOOL, True)
    # A tensor without axes is nothing that other steps can do with.
    g.tensors = [each for each in g.tensors if each.shape]
    shape = x.shape
    is_exact = g.random.random() < 0.5
    bodies = {f"{side}_branch": _body(g, [], [shape], side, is_exact) for side in ("then", "else")}
    g.add("If", [positive.name], shape, is_exact=is_exact, **bodies)


BODIES: list[Step] = [scan, loop, branch]
