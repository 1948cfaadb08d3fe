"""Turns the nodes of a graph into kernels, each with its name, its comment and its step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from onnx2luau.backends.luau.chain import SCHEDULE, Chain
from onnx2luau.backends.luau.emit.constants import Constants
from onnx2luau.backends.luau.emit.dispatch import emit, load_ops
from onnx2luau.backends.luau.emit.formula import formula
from onnx2luau.backends.luau.emit.kernel import Kernel, Program
from onnx2luau.backends.luau.emit.names import identifier
from onnx2luau.backends.luau.plan.memory import Plan
from onnx2luau.backends.luau.schedules import APART, fitting
from onnx2luau.backends.luau.syntax.nodes import (
    Blank,
    Comment,
    Constant,
    Expression,
    LocalFunction,
    Name,
    Number,
    Statement,
    String,
    Table,
)
from onnx2luau.compiler.ir.cost import Cost, cost_of
from onnx2luau.compiler.ir.graph import Node
from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.ops import op_name
from onnx2luau.compiler.ir.scalars import IDENTITY
from onnx2luau.compiler.ir.values import Value

SHAPES_SHOWN = 4
LONGEST_NAME = 100


@dataclass(frozen=True)
class Layer:
    """A kernel as it will stand in the module."""

    name: str
    node: Node
    schedule: str
    alternatives: tuple[str, ...]
    """Every schedule that would be right, the chosen one among them; none for light ops."""
    joined: tuple[str, ...]
    """The names of the layers that it computes together, if there are several."""
    known_as: tuple[str, ...]
    """Every name by which users may choose its schedule."""
    cost: Cost
    size: int
    """Bytes of its constants, as stored."""
    statements: tuple[Statement, ...]
    """Its constants, the function that loads them, and its own."""
    step: Expression
    """Its entry in the list of steps."""


def layer_names(nodes: Sequence[Node], taken: set[str]) -> dict[Value, str]:
    """Return a free name for the function of each layer, by its result."""
    return {node.result: identifier(_hint(node, taken), taken) for node in nodes}


def _hint(node: Node, taken: set[str]) -> str:
    """Return the part of a layer's name that tells it from others: exporters write scope/layer/operator."""
    parts = [part for part in node.layer.split("/") if part][-2:] or [op_name(node.op)]
    is_free = identifier(parts[0], set(taken)) == identifier(parts[0], set())
    return parts[0] if is_free else " ".join(parts)


def emit_layer(
    node: Node,
    program: Program,
    constants: Constants,
    taken: set[str],
) -> Layer:
    """Emit one node as a function of a session's tables."""
    load_ops()
    kernel = Kernel(node, program, constants, taken)
    name = kernel.kernel_name
    alternatives = fitting(op_name(node.op), node.op, kernel)
    joined: tuple[str, ...] = ()
    if isinstance(node.op, Chain):
        alternatives = (SCHEDULE, APART)
        joined = tuple(program.names[value] for value in node.op.values)
    emit(node.op, kernel)
    cost = _cost(node.op, program)
    comments = [Comment(line) for line in _comment(node, cost, kernel.schedule)]
    declarations, loads = constants.take()
    functions = kernel.functions(taken)
    load = ""
    if loads:
        load = identifier(f"load {name}", taken)
        functions = (LocalFunction(load, (), loads), *functions)
    first, *others = functions
    apart = [statement for function in others for statement in (Blank(), function)]
    statements = (Blank(), *comments, *declarations, first, *apart)
    return Layer(
        name,
        node,
        kernel.schedule,
        alternatives,
        joined,
        (name, node.layer, *joined, *(node.op.names if isinstance(node.op, Chain) else ())),
        cost,
        constants.take_size(),
        statements,
        _step(node, name, load, program.plan),
    )


def _cost(op: Op, program: Program) -> Cost:
    layers = op.layers if isinstance(op, Chain) else (op,)
    costs = [cost_of(layer, program.arrays) for layer in layers]
    return Cost(sum(cost.multiply_adds for cost in costs), sum(cost.parameters for cost in costs))


def _comment(node: Node, cost: Cost, schedule: str) -> list[str]:
    kind = f"{getattr(node.op, 'kind', '')} {op_name(node.op)}".strip()
    if isinstance(node.op, Chain):
        kind = f"dense {node.op.widths}"
    title = f"{short_name(node.layer) or 'unnamed'}: {_shapes(node.op)} -> {list(node.result.shape)}, {kind}"
    before = getattr(node.op, "before", IDENTITY)
    if before != IDENTITY:
        title += f" of {formula(before)}"
    activation = getattr(node.op, "activation", IDENTITY)
    if activation != IDENTITY:
        title += f" with {formula(activation)}"
    figures = []
    if cost.multiply_adds:
        figures.append(f"{cost.multiply_adds:,} multiply-adds")
    if cost.parameters:
        figures.append(f"{cost.parameters:,} parameters")
    if schedule:
        figures.append(f"schedule {schedule}")
    return [title, ", ".join(figures)] if figures else [title]


def _shapes(op: Op) -> str:
    # The operands after the first of a heavy op are its weights, which the second line counts.
    shown = op.operands[:1] if isinstance(op, Chain) or hasattr(op, "weight") else op.operands
    shapes = [str(list(value.shape)) for value in shown]
    return ", ".join(shapes[:SHAPES_SHOWN]) + (", ..." if len(shapes) > SHAPES_SHOWN else "")


def short_name(layer: str) -> str:
    """Return a layer's name for the module: whole, unless nobody would read it whole."""
    return layer if len(layer) <= LONGEST_NAME else layer[: LONGEST_NAME - 3] + "..."


def _step(node: Node, name: str, load: str, plan: Plan) -> Expression:
    fields: dict[str, Expression] = {
        "layer": String(short_name(node.layer)),
        "shape": Table(tuple(Number(extent) for extent in node.result.shape)),
        "slot": Number(plan.slots[node.result]),
    }
    if plan.in_lanes(node.result):
        fields["inLanes"] = Constant("true")
    if load:
        fields["load"] = Name(load)
    fields["run"] = Name(name)
    return Table(tuple(fields.values()), tuple(fields))
