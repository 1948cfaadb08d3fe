"""Turns the kernels of a program into functions, each with its name, its comment and its step."""

from __future__ import annotations

from dataclasses import dataclass

from onnx2luau.backends.luau.emit.constants import Constants, Needs
from onnx2luau.backends.luau.emit.formula import formula
from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.names import identifier
from onnx2luau.backends.luau.plan.bodies import BodyPlan, plan_body
from onnx2luau.backends.luau.plan.memory import Plan
from onnx2luau.backends.luau.plan.workspace import Workspace
from onnx2luau.backends.luau.program import Kernel, Lanes, Layout, Program, View
from onnx2luau.backends.luau.syntax.nodes import (
    Comment,
    Constant,
    Expression,
    LocalFunction,
    Name,
    Number,
    String,
    Table,
)
from onnx2luau.compiler.ir.bodied import Bodied
from onnx2luau.compiler.ir.cost import Cost, cost_of
from onnx2luau.compiler.ir.scalars import IDENTITY

SHAPES_SHOWN = 4
LONGEST_NAME = 100


@dataclass(frozen=True)
class Layer:
    """A kernel as it will stand in the module."""

    kernel: Kernel
    schedule: str
    """The chosen one; none where there is only one way."""
    cost: Cost
    comments: tuple[Comment, ...]
    statements: tuple[LocalFunction | Comment, ...]
    """Its functions, its own the last; before them those of its bodies, with comments."""
    needs: Needs
    load_name: str
    """Free for the function that loads its constants."""
    shape: Expression
    slot: int
    layout: Layout
    """Of its result."""

    @property
    def name(self) -> str:
        """The name of its function."""
        return self.kernel.name

    @property
    def size(self) -> int:
        """Bytes of its constants, as stored."""
        return self.needs.size

    def step(self, *, loads: bool) -> Expression:
        """Return its entry in the list of steps; `loads`: whether a function loads its constants."""
        fields: dict[str, Expression] = {
            "layer": String(short_name(self.kernel.layer)),
            "shape": self.shape,
            "slot": Number(self.slot),
        }
        if isinstance(self.layout, Lanes):
            fields["inLanes"] = Constant("true")
        if isinstance(self.layout, View):
            fields["start"] = Number(self.layout.start)
        if loads:
            fields["load"] = Name(self.load_name)
        fields["run"] = Name(self.name)
        return Table(tuple(fields.values()), tuple(fields))


def emit_layers(
    program: Program, plan: Plan, workspace: Workspace, constants: Constants, taken: set[str]
) -> list[Layer]:
    """Emit every kernel of a program as a function of a session's tables."""
    emitter = _Emitter(workspace, constants, taken)
    return [_layer(program, kernel, plan, emitter) for kernel in program.kernels]


@dataclass(frozen=True)
class _Emitter:
    """What all kernels of a build are emitted with."""

    workspace: Workspace
    constants: Constants
    taken: set[str]

    def statements(self, program: Program, kernel: Kernel, plan: Plan) -> tuple[LocalFunction | Comment, ...]:
        """Return the functions of a kernel, after those of its bodies."""
        bodies = tuple(self._body(body, kernel, program, plan) for body in kernel.bodies)
        inner = [
            statement
            for body in bodies
            for each in body.program.kernels
            for statement in (
                *map(Comment, _comment(each, body.program)),
                *self.statements(body.program, each, body.plan),
            )
        ]
        site = program.site(kernel)
        f = KernelFunction(kernel, site, plan, self.workspace, self.constants, self.taken, bodies)
        kernel.match.emit(f)
        return (*inner, *f.functions(self.taken))

    def _body(self, body: Program, kernel: Kernel, outside: Program, plan: Plan) -> BodyPlan:
        op = kernel.last.op
        captured = op.captured if isinstance(op, Bodied) else ()
        ports = body.graph.inputs[len(body.graph.inputs) - len(captured) :]
        shared = {
            port.value: value
            for port, value in zip(ports, captured, strict=True)
            if value not in outside.graph.constants
        }
        return plan_body(body, kernel.name, shared, plan, self.workspace)


def _layer(program: Program, kernel: Kernel, plan: Plan, emitter: _Emitter) -> Layer:
    statements = emitter.statements(program, kernel, plan)
    schedule = kernel.schedule if kernel.alternatives else ""
    cost = _cost(kernel, program)
    result = kernel.last.result
    return Layer(
        kernel,
        schedule,
        cost,
        tuple(map(Comment, _comment(kernel, program))),
        statements,
        emitter.constants.take(),
        identifier(f"load {kernel.name}", emitter.taken),
        Table(tuple(map(Number, result.shape))),
        plan.slots[result],
        program.layout(result),
    )


def _cost(kernel: Kernel, program: Program) -> Cost:
    costs = [cost_of(node.op, program.graph.constants) for node in kernel.nodes]
    return Cost(sum(cost.multiply_adds for cost in costs), sum(cost.parameters for cost in costs))


def _comment(kernel: Kernel, program: Program) -> list[str]:
    cost = _cost(kernel, program)
    shape = list(kernel.last.result.shape)
    title = f"{short_name(kernel.layer) or 'unnamed'}: {_shapes(kernel, program)} -> {shape}, {_kind(kernel)}"
    figures = []
    if cost.multiply_adds:
        figures.append(f"{cost.multiply_adds:,} multiply-adds")
    if cost.parameters:
        figures.append(f"{cost.parameters:,} parameters")
    if kernel.alternatives:
        figures.append(f"schedule {kernel.schedule}")
    return [title, ", ".join(figures)] if figures else [title]


def _kind(kernel: Kernel) -> str:
    """Return what a kernel does, as people would say it."""
    if len(kernel.nodes) > 1:
        return kernel.kind
    op = kernel.last.op
    text = f"{getattr(op, 'kind', '')} {kernel.kind}".strip()
    before = getattr(op, "before", IDENTITY)
    if before != IDENTITY:
        text += f" of {formula(before)}"
    activation = getattr(op, "activation", IDENTITY)
    if activation != IDENTITY:
        text += f" with {formula(activation)}"
    return text


def _shapes(kernel: Kernel, program: Program) -> str:
    # What trained layers read besides is weights, which the second line counts.
    is_heavy = any(node.op.weights for node in kernel.nodes)
    shown = [value for value in kernel.reads if not is_heavy or value not in program.graph.constants]
    shapes = [str(list(value.shape)) for value in shown or kernel.reads[:1]]
    return ", ".join(shapes[:SHAPES_SHOWN]) + (", ..." if len(shapes) > SHAPES_SHOWN else "")


def short_name(layer: str) -> str:
    """Return a layer's name for the module: whole, unless nobody would read it whole."""
    return layer if len(layer) <= LONGEST_NAME else layer[: LONGEST_NAME - 3] + "..."
