"""If: one of two graphs is run."""

from __future__ import annotations

import onnx

from onnx2luau.compiler.ir.ops.branch import Branch
from onnx2luau.frontends.onnx.bodies import Results, onnx_bodied
from onnx2luau.frontends.onnx.bodies.scope import Scope, captured_by, captured_values, single


@onnx_bodied("If")
def branch(
    scope: Scope, node: onnx.NodeProto, *, then_branch: onnx.GraphProto, else_branch: onnx.GraphProto
) -> Results:
    """Run one of two graphs; a branch in Luau, or nothing but the one if the condition is constant."""
    sides = (then_branch, else_branch)
    captured = list(dict.fromkeys(tensor for side in sides for tensor in captured_by(scope, side)))
    graphs = [scope.inner(side, [], captured) for side in sides]
    condition = single(scope, node.input[0])
    return scope.builder.add_all(Branch(condition, captured_values(scope, captured), *graphs))
