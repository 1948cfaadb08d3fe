"""Divides the layers of a model among files, so that each keeps within Luau's limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from onnx2luau.backends.luau.emit.constants import READ
from onnx2luau.backends.luau.emit.reserved import TYPES
from onnx2luau.backends.luau.syntax.nodes import (
    Blank,
    Comment,
    Directive,
    FunctionExpression,
    Local,
    LocalFunction,
    Parameter,
    Return,
    Statement,
    Table,
    TypeAlias,
)
from onnx2luau.backends.luau.syntax.printer import print_statements
from onnx2luau.backends.luau.write.layers import Layer
from onnx2luau.compiler.errors import ModelError

LARGEST_FILE = 200_000
"""Characters; a script's source in Roblox holds fewer."""
MOST_CHARACTERS = 180_000
MOST_LOCALS = 170
"""A function holds 200: kernels, what loads them, and their tables."""


@dataclass
class Part:
    """Some layers, with the constants that they use."""

    layers: list[Layer] = field(default_factory=list)
    declared: set[str] = field(default_factory=set)
    """The names of the constants that stand in it."""
    loads: set[str] = field(default_factory=set)
    """The names of the layers that bring a function which loads constants."""
    inner: list[Statement] = field(default_factory=list)
    length: int = 0
    count: int = 0
    """How many locals it declares."""

    @property
    def requires(self) -> set[str]:
        """Runtime modules that the kernels call."""
        return {module for layer in self.layers for module in layer.needs.requires}

    def add(self, layer: Layer) -> bool:
        """Append a layer, with the constants that none before it has brought; tell whether there is room."""
        own = [each for name, each in layer.needs.constants.items() if name not in self.declared]
        loads = tuple(statement for each in own for statement in each.loads)
        written: list[Statement] = [LocalFunction(layer.load_name, (), loads)] if loads else []
        declarations = [each.declaration for each in own]
        statements = [Blank(), *layer.comments, *declarations, *_apart([*written, *layer.statements])]
        size = len(print_statements(statements))
        count = sum(isinstance(statement, Local | LocalFunction) for statement in statements)
        if layer.kernel.bodies and (size > MOST_CHARACTERS or count > MOST_LOCALS):
            raise ModelError(
                f"the body of the layer {layer.kernel.layer!r} is too large for one file: "
                f"{size:,} characters and {count:,} functions and tables; make fewer and larger layers of it"
            )
        if self.layers and (self.length + size > MOST_CHARACTERS or self.count + count > MOST_LOCALS):
            return False
        self.layers.append(layer)
        self.declared |= {each.name for each in own}
        self.loads |= {layer.name} if loads else set()
        self.inner += statements
        self.length += size
        self.count += count
        return True

    def head(self) -> list[Statement]:
        """Return what stands before the kernels: the type of what they are given, and notes for readers."""
        notes = {note for layer in self.layers for note in layer.needs.notes}
        comments: list[Statement] = [Blank(), *map(Comment, sorted(notes))]
        return [_TENSORS, *(comments if notes else [])]

    def statements(self) -> list[Statement]:
        """Return everything up to the last kernel."""
        return [*self.head(), *self.inner]

    def steps(self) -> Table:
        """Return the list of steps."""
        return Table(tuple(layer.step(loads=layer.name in self.loads) for layer in self.layers))

    def shared(self, *, has_weights: bool) -> tuple[str, ...]:
        """Return the names of what a file of layers is called with."""
        return (*([READ] if has_weights else []), *sorted(self.requires))

    def file(self, target: str, *, has_weights: bool) -> str:
        """Return this part as a module: a function that is given the weights and returns the steps."""
        parameters = tuple(Parameter(name, TYPES[name]) for name in self.shared(has_weights=has_weights))
        body = (*self.inner[1:], Blank(), Return((self.steps(),)))
        return print_statements(
            [
                *directives(target),
                Comment("Layers, written by onnx2luau. Model.luau requires this file."),
                Blank(),
                *self.head()[:1],
                _STEP,
                *self.head()[1:],
                Blank(),
                Return((FunctionExpression(parameters, body, "{ Step }"),)),
            ]
        )


_TENSORS = TypeAlias("Tensors", "{ any }")
_FIELDS = (
    "layer: string",
    "shape: { number }",
    "slot: number",
    "inLanes: boolean?",
    "start: number?",
    "load: (() -> ())?",
    "run: (Tensors) -> ()",
)
_STEP = TypeAlias("Step", "".join(["{\n", *(f"\t{each},\n" for each in _FIELDS), "}"]))
"""That of runtime/network.luau, which files in another folder can't name; type checkers compare the two."""


def divided(layers: Sequence[Layer]) -> list[Part]:
    """Return the layers in order, in as few files as they fit into; one means Model.luau itself."""
    parts = [Part()]
    for layer in layers:
        if not parts[-1].add(layer):
            parts.append(Part())
            parts[-1].add(layer)
    return parts


def _apart(statements: Sequence[Statement]) -> list[Statement]:
    """Return functions with a line between them and what follows."""
    result: list[Statement] = []
    for statement in statements:
        if result and isinstance(result[-1], LocalFunction):
            result.append(Blank())
        result.append(statement)
    return result


def directives(target: str) -> list[Statement]:
    """Return what Luau is told about a file of kernels."""
    native = [Directive("!native")] if target == "server" else []
    return [Directive("!strict"), *native, Directive("!optimize 2")]
