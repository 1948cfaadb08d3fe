"""A loop over the steps: slices are copied into the body's tables, and what it makes out of them.

Golden kernels: scan.
"""

from __future__ import annotations

from functools import partial

from onnx2luau.backends.luau.emit.body_inputs import START, captured_constants, give
from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.program import Match, Site
from onnx2luau.backends.luau.syntax.arithmetic import plus, times
from onnx2luau.compiler.ir.ops.scan import Scan


def match(op: Scan, site: Site) -> Match | None:
    """Each step costs what the body does."""
    if not site.is_rows:
        return None
    copied = sum(value.type.size for value in (*op.states, *op.sequences))
    cost = op.rounds * site.bodies[0].cost + site.elements(copied, 2)
    return Match(cost, partial(_emit, op))


def _emit(op: Scan, f: KernelFunction) -> None:
    (body,) = f.bodies
    given, made = f.body_tables(body)
    count, ways = len(op.states), len(op.sequences)
    states, slices, constants = given[:count], given[count : count + ways], given[count + ways :]
    give(f, op.states, states)
    give(f, captured_constants(op, f), constants)
    sequences = [f.read(value, value.name) for value in op.sequences]
    f.comment(f"{op.rounds} steps of the body.")
    with f.loop("step", 0, op.rounds - 1) as step:
        places = [plus(times(step, -1), op.rounds - 1) if back else step for back in op.backward]
        for value, sequence, table, place in zip(op.sequences, sequences, slices, places, strict=False):
            size = value.type.size // max(op.rounds, 1)
            f.copy(sequence, table, size, f.named("source", times(place, size)), START)
        f.run_body(body)
        for value, source, target in zip(op.states, made, states, strict=False):
            f.copy(source, target, value.type.size, START, START)
        scanned = zip(op.result_types()[count:], made[count:], f.results[count:], places[ways:], strict=True)
        for type_, source, result, place in scanned:
            size = type_.size // max(op.rounds, 1)
            f.copy(source, result, size, START, f.named("target", times(place, size)))
    for value, source, result in zip(op.states, states, f.results, strict=False):
        f.copy(source, result, value.type.size, START, START)
