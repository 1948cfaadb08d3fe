"""What a generated module tells the runtime about itself: ports, steps, slots, the sizes of tables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from onnx2luau.backends.luau.emit.constants import READ
from onnx2luau.backends.luau.plan.memory import Plan
from onnx2luau.backends.luau.plan.workspace import Workspace
from onnx2luau.backends.luau.syntax.arithmetic import call
from onnx2luau.backends.luau.syntax.nodes import Call, Expression, Name, Number, String, Table
from onnx2luau.backends.luau.write.parts import Part
from onnx2luau.backends.luau.write.samples import SamplesFile
from onnx2luau.compiler.ir.graph import Graph, Port, State

BATCH = "batch"
SAMPLES_FILE = "layers/samples"
"""The module that takes three samples at once."""


def describe(
    graph: Graph,
    plan: Plan,
    workspace: Workspace,
    parts: Sequence[Part],
    sample: Expression,
    *,
    has_weights: bool,
    samples: SamplesFile | None,
) -> Table:
    """Return what `model.new` is called with, but for the metadata; `sample` is a function that gives one."""
    slots = Table(
        (_numbers(plan.inputs), _numbers(plan.outputs)),
        ("inputs", "outputs"),
    )
    entries: dict[str, Expression] = {
        "inputs": Table(tuple(map(_port, graph.inputs))),
        "outputs": Table(tuple(map(_port, graph.outputs))),
        "steps": _steps(parts, has_weights=has_weights),
        "slots": slots,
        "scratch": _scratch(plan, workspace),
        "sample": sample,
    }
    if has_weights:
        entries["weights"] = Name(READ)
    states = [
        *map(partial(_state, graph), graph.states, plan.states),
        *(_slots(f"{name} sums", slots) for name, slots in workspace.kept.items()),
    ]
    if states:
        entries["states"] = Table(tuple(states))
    if workspace.changes is not None:
        entries["changes"] = Number(workspace.changes)
    if samples is not None:
        layers = Call(require(SAMPLES_FILE), tuple(map(Name, samples.requires)))
        entries["batch"] = call(f"{BATCH}.three", layers)
    return Table(tuple(entries.values()), tuple(entries))


def _scratch(plan: Plan, workspace: Workspace) -> Table:
    """Return the sizes of the tables that each session makes for itself, by kind and slot."""
    sizes = {
        "numbers": {**plan.scratch} | workspace.sizes["numbers"],
        "vectors": {**plan.lanes} | workspace.sizes["vectors"],
        "tables": workspace.sizes["tables"],
    }
    tables = {
        kind: Table(tuple(map(Number, own.values())), tuple(f"[{slot}]" for slot in own))
        for kind, own in sizes.items()
        if own
    }
    return Table(tuple(tables.values()), tuple(tables))


def _steps(parts: Sequence[Part], *, has_weights: bool) -> Expression:
    if len(parts) == 1:
        return parts[0].steps()
    calls = tuple(
        Call(require(f"layers/part{number}"), tuple(map(Name, part.shared(has_weights=has_weights))))
        for number, part in enumerate(parts, 1)
    )
    return call("model.join", Table(calls))


def _state(graph: Graph, state: State, slots: tuple[int, int]) -> Table:
    """Return a state's name, the slots of what it is and will be next, its size, and its first numbers."""
    described = _slots(state.name, slots)
    fields: dict[str, Expression] = {"size": Number(state.value.type.size)}
    initial = graph.constants[state.initial].ravel()
    if initial.any():
        fields["initial"] = _numbers([float(number) for number in initial])
    return Table((*described.items, *fields.values()), (*described.names, *fields))


def _slots(name: str, slots: tuple[int, int]) -> Table:
    """Return the name of a state, and the slots of what it is and will be next."""
    return Table((String(name), Number(slots[0]), Number(slots[1])), ("name", "slot", "next"))


def _port(port: Port) -> Table:
    type_ = port.value.type
    return Table(
        (String(port.name), _numbers(type_.shape), String(str(type_.dtype))), ("name", "shape", "dtype")
    )


def _numbers(values: Sequence[float]) -> Table:
    return Table(tuple(map(Number, values)))


def require(path: str) -> Call:
    """Return the call that brings a module of the same build."""
    return call("require", String(f"./{path}"))
