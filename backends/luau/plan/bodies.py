"""The tables of bodies: slots of the session like all others, which only the body's kernel uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from onnx2luau.backends.luau.plan.memory import Plan, make_plan
from onnx2luau.backends.luau.plan.workspace import NUMBERS, VECTOR_TABLE, Workspace
from onnx2luau.backends.luau.program import Program
from onnx2luau.compiler.ir.values import Value


@dataclass(frozen=True)
class BodyPlan:
    """A body, and where its tensors live."""

    program: Program
    plan: Plan
    captured: frozenset[Value]
    """Inputs whose tables are those of tensors outside."""


def plan_body(
    program: Program, kernel: str, captured: Mapping[Value, Value], outside: Plan, workspace: Workspace
) -> BodyPlan:
    """Give the tensors of a body slots of the session.

    `captured` are its inputs whose tables are those of tensors outside; `outside` says where these are.
    """
    own = make_plan(program)
    ports = [port.value for port in (*program.graph.inputs, *program.graph.outputs)]
    sizes = {own.slots[value]: value.type.size for value in ports if own.slots[value] not in own.lanes}
    places = {own.slots[value]: outside.slots[source] for value, source in captured.items()}

    def claim(slots: Mapping[int, int], type_: str) -> None:
        for slot, count in slots.items():
            if slot not in places:
                hint = f"{program.graph.name} {len(places)} {slot}"
                places[slot] = workspace.claim(kernel, hint, count, type_)

    claim({**own.scratch, **sizes}, NUMBERS)
    claim(own.lanes, VECTOR_TABLE)
    slots = {value: places[slot] for value, slot in own.slots.items()}
    scratch = {places[slot]: size for slot, size in own.scratch.items()}
    known = {places[slot]: size for slot, size in own.sizes.items()}
    # A table that others use, too, may be larger than the tensor.
    known |= {outside.slots[source]: outside.size(source) for source in captured.values()}
    lanes = {places[slot]: size for slot, size in own.lanes.items()}
    # Changes of the model's input are no matter of a body's, so that it has no inputs of that kind.
    return BodyPlan(program, Plan(slots, (), (), (), scratch, known, lanes), frozenset(captured))
