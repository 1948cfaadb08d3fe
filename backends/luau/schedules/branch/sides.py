"""One of two bodies, by an `if`.

Golden kernels: branch.
"""

from __future__ import annotations

from functools import partial

from onnx2luau.backends.luau.emit.body_inputs import START, captured_constants, give
from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.plan.bodies import BodyPlan
from onnx2luau.backends.luau.program import Match, Site
from onnx2luau.backends.luau.syntax.nodes import Binary, Index, Number
from onnx2luau.compiler.ir.ops.branch import Branch


def match(op: Branch, site: Site) -> Match | None:
    """The more expensive of the two."""
    if not site.is_rows:
        return None
    return Match(max(body.cost for body in site.bodies), partial(_emit, op))


def _emit(op: Branch, f: KernelFunction) -> None:
    condition = Index(f.read(op.condition, "condition"), Number(1))
    then, otherwise = f.bodies
    with f.when(Binary("~=", condition, Number(0))):
        _side(op, f, then)
    with f.otherwise():
        _side(op, f, otherwise)


def _side(op: Branch, f: KernelFunction, body: BodyPlan) -> None:
    given, made = f.body_tables(body)
    give(f, captured_constants(op, f), given)
    f.run_body(body)
    for type_, source, result in zip(op.result_types(), made, f.results, strict=True):
        f.copy(source, result, type_.size, START, START)
