"""Which values decide something by their last digit, and the rounding of the expressions that make them.

A function *cuts* where a difference as small as one rounding changes its result by much more: a step, a
comparison, a condition. What it reads is decisive, and so is all that this was computed from, as far back as
ONNX Runtime's own roundings can be followed. They can't through a sum of trained weights, whose order of
summation nobody promises: of that, only the result is rounded.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np

from onnx2luau.compiler.ir.bodied import Bodied
from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.scalars import FUNCTIONS, Apply, Argument, Number, Scalar, apply, arguments_of
from onnx2luau.compiler.ir.types import DType
from onnx2luau.compiler.ir.values import Value
from onnx2luau.compiler.ir.weighted import Weighted

STEPS = {"floor", "ceil", "round_even", "trunc", "to_i32", "mod", "fmod", "int_div", "int_pow"}
COMPARISONS = {"eq", "ne", "lt", "le", "gt", "ge"}
CUTS = STEPS | COMPARISONS | {"sign", "is_nan"}
"""Whether a number is NaN depends on what overflowed before."""
EXACT = {"neg", "abs", "min", "max", "where", "sign", "fmod", "to_f32", *STEPS - {"mod"}}
"""Functions that make singles of singles, without rounding."""


def decisive_values(graph: Graph, wanted: Collection[Value] = ()) -> set[Value]:
    """Return the f32 values whose exact single decides what an op further on gives.

    `wanted` are results that decide something outside of the graph, if it is a body.
    """
    noisy = _noisy_values(graph)
    found = _singles(graph, wanted)
    for node in reversed(graph.nodes):
        if isinstance(node.op, Bodied):
            read = _read_by_bodies(node.op, [value in found for value in node.results])
        else:
            read = _decisive_operands(graph, node, not found.isdisjoint(node.results), noisy)
        found |= _singles(graph, read)
    return found


def wanted_results(op: Bodied, body: Graph, decisive: Sequence[bool]) -> set[Value]:
    """Return the results of a body that decide something: outside, or in a later round.

    `decisive` says of each result of the op whether it does.
    """
    ports = body.outputs[op.first_result :]
    wanted = {port.value for port, decides in zip(ports, decisive, strict=True) if decides}
    while True:
        found = decisive_values(body, wanted)
        again = {
            body.outputs[made].value for made, given in op.carried_ports if body.inputs[given].value in found
        }
        if again <= wanted:
            return wanted
        wanted |= again


def _singles(graph: Graph, values: Iterable[Value]) -> set[Value]:
    return {value for value in values if value.type.dtype is DType.F32 and value not in graph.constants}


def _read_by_bodies(op: Bodied, decisive: Sequence[bool]) -> set[Value]:
    """Return the operands that decide something in a body, or by what it makes."""
    found: set[Value] = set()
    for body in op.graphs:
        inside = decisive_values(body, wanted_results(op, body, decisive))
        pairs = zip(body.inputs, op.given, strict=True)
        found |= {value for port, value in pairs if value is not None and port.value in inside}
    return found


def rounded(body: Scalar, *, cut_only: bool) -> Scalar:
    """Return an expression whose arithmetic gives singles: all of it, or only what a cut inside it reads."""
    match body:
        case Number(value):
            with np.errstate(over="ignore"):
                return body if cut_only else Number(float(np.float32(value)))
        case Apply(function, arguments):
            cut = _cut_arguments(body)
            parts = tuple(
                rounded(part, cut_only=cut_only and index not in cut) for index, part in enumerate(arguments)
            )
            if function == "to_f32" and isinstance(parts[0], Apply) and parts[0].function == "to_f32":
                return parts[0]  # rounded by an earlier run
            whole = Apply(function, parts)
            return whole if cut_only or is_truth(whole) or function in EXACT else apply("to_f32", whole)
    return body


def is_truth(body: Scalar) -> bool:
    """Whether an expression is true or false, not a number."""
    return isinstance(body, Apply) and FUNCTIONS[body.function].is_predicate


def _cut_arguments(body: Apply) -> set[int]:
    """Return the positions of the arguments whose last digit decides."""
    if body.function in CUTS:
        return set(range(len(body.arguments)))
    # A condition that is a comparison cuts by itself; as a number, it counts whether it is zero.
    is_number = body.function == "where" and not is_truth(body.arguments[0])
    return {0} if is_number else set()


def _noisy_values(graph: Graph) -> set[Value]:
    """Return the sums of trained weights, and what only scales, shifts and moves them."""
    found: set[Value] = set()
    for node in graph.nodes:
        if isinstance(node.op, Weighted):
            is_noisy = not _is_whole(graph, node.op)
        else:
            is_noisy = node.op.carries_errors and not found.isdisjoint(node.op.operands)
        if is_noisy:
            found.update(node.results)
    return found


def _is_whole(graph: Graph, op: Weighted) -> bool:
    """Whether all weights are whole numbers: then sums of whole numbers are exact, in any order."""
    arrays = [graph.constants.get(value) for value in (op.weight, op.bias) if value is not None]
    return all(array is not None and bool((array == np.rint(array)).all()) for array in arrays)


def _decisive_operands(graph: Graph, node: Node, is_decisive: bool, noisy: set[Value]) -> set[Value]:
    """Return the operands of a node whose exact single decides."""
    op = node.op
    can_be_followed = _is_whole(graph, op) if isinstance(op, Weighted) else op.can_be_followed
    read = set(op.operands) if op.decides or (is_decisive and can_be_followed) else set()
    if isinstance(op, Pointwise):
        read |= {op.inputs[index] for index in _read_by_cuts(op, noisy)}
    # Behind a noisy value there is nothing to be followed.
    return read if noisy.isdisjoint(node.results) or op.decides else read - noisy


def _read_by_cuts(op: Pointwise, noisy: set[Value]) -> set[int]:
    """Return the arguments below the cuts of an expression.

    The sign of a sum is left out: rounding does not change it.
    """
    found: set[int] = set()

    def visit(body: Scalar, below: bool) -> None:
        match body:
            case Argument(index) if below:
                found.add(index)
            case Apply():
                cut = set() if _asks_for_sign(body, op, noisy) else _cut_arguments(body)
                for index, part in enumerate(body.arguments):
                    visit(part, below or index in cut)

    visit(op.body, below=False)
    return found


def _asks_for_sign(body: Apply, op: Pointwise, noisy: set[Value]) -> bool:
    if body.function not in COMPARISONS | {"sign"}:
        return False
    is_zero = [isinstance(part, Number) and part.value == 0 for part in body.arguments]
    read = {op.inputs[index] for part in body.arguments for index in arguments_of(part)}
    return (body.function == "sign" or any(is_zero)) and read <= noisy
