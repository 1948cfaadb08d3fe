"""The file of a build that computes three samples at once, if a model begins with layers that can do so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from onnx2luau.backends.luau.emit.constants import Constants
from onnx2luau.backends.luau.emit.names import identifier
from onnx2luau.backends.luau.emit.reserved import RESERVED
from onnx2luau.backends.luau.plan.memory import Plan, make_plan
from onnx2luau.backends.luau.plan.workspace import Workspace
from onnx2luau.backends.luau.program import Program
from onnx2luau.backends.luau.syntax.nodes import (
    Blank,
    Comment,
    Constant,
    Expression,
    FunctionExpression,
    Name,
    Number,
    Parameter,
    Return,
    Table,
)
from onnx2luau.backends.luau.syntax.printer import print_statements
from onnx2luau.backends.luau.weights import WeightStore
from onnx2luau.backends.luau.write.layers import emit_layers
from onnx2luau.backends.luau.write.parts import LARGEST_FILE, Part, directives


@dataclass(frozen=True)
class SamplesFile:
    """The first layers of a model for three samples, as a module of its own."""

    text: str
    requires: tuple[str, ...]
    """Runtime modules that the function it returns is given."""


def emit_samples(program: Program, whole: Plan) -> SamplesFile | None:
    """Return the file of a program of samples, or None if it would be too large; `whole` plans the model."""
    taken = set(RESERVED)
    constants = Constants(WeightStore(), taken)
    plan = make_plan(program)
    names = {kernel.name: identifier(f"{kernel.name} three", taken) for kernel in program.kernels}
    layers = emit_layers(program.renamed(names), plan, Workspace(plan.next_slot), constants, taken)
    part = Part()
    for layer in layers:
        part.add(layer)
    if len(part.layers) < len(layers):
        return None
    requires = tuple(sorted(part.requires))
    parameters = tuple(Parameter(name, "any") for name in requires)
    body = (*part.inner[1:], Blank(), Return((_description(program, plan, whole, names),)))
    text = print_statements(
        [
            *directives(program.target),
            Comment("Three samples at once, written by onnx2luau: a vector holds a number of each of them."),
            Blank(),
            *part.head(),
            Blank(),
            Return((FunctionExpression(parameters, body),)),
        ]
    )
    return SamplesFile(text, requires) if len(text) < LARGEST_FILE else None


def _description(program: Program, plan: Plan, whole: Plan, names: Mapping[str, str]) -> Table:
    x, result = program.graph.inputs[0].value, program.graph.outputs[0].value
    sizes = Table(tuple(map(Number, plan.lanes.values())), tuple(f"[{slot}]" for slot in plan.lanes))
    fields: dict[str, Expression] = {
        "steps": Number(program.steps),
        "slot": Number(whole.slots[result]),
        "isWhole": Constant("true" if whole.slots[result] in whole.outputs else "false"),
        "tables": sizes,
        "inputSlot": Number(plan.slots[x]),
        "resultSlot": Number(plan.slots[result]),
        "run": Table(tuple(Name(name) for name in names.values())),
    }
    return Table(tuple(fields.values()), tuple(fields))
