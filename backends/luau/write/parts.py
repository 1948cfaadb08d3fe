"""Divides the layers of a model among files, so that each keeps within Luau's limits."""

from __future__ import annotations

from dataclasses import dataclass, field

from onnx2luau.backends.luau.emit.constants import PACKING, READ, ROWS, SPECIAL, TAPS, Constants
from onnx2luau.backends.luau.emit.kernel import Program
from onnx2luau.backends.luau.emit.pace import PACING
from onnx2luau.backends.luau.options import Options
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
from onnx2luau.backends.luau.weights import WeightStore
from onnx2luau.backends.luau.write.layers import Layer, emit_layer

LARGEST_FILE = 200_000
"""Characters; a script's source in Roblox holds fewer."""
MOST_CHARACTERS = 180_000
MOST_LOCALS = 170
"""A function holds 200: kernels, what loads them, and their tables."""
TYPES = dict.fromkeys((READ, PACKING, ROWS.module, TAPS.module, SPECIAL, PACING), "any")
RESERVED = {"model", "batch", "base64", "literals", "tensors", "Tensors", *TYPES}


@dataclass
class Part:
    """Some layers, with the constants that only they use."""

    constants: Constants
    layers: list[Layer] = field(default_factory=list)

    @property
    def requires(self) -> set[str]:
        """Runtime modules that the kernels call."""
        return self.constants.requires

    def statements(self) -> list[Statement]:
        """Return everything up to the last kernel."""
        inner = (statement for layer in self.layers for statement in layer.statements)
        return [_TENSORS, *self.constants.written_notes(), *inner]

    def steps(self) -> Table:
        """Return the list of steps."""
        return Table(tuple(layer.step for layer in self.layers))

    def shared(self, *, has_weights: bool) -> tuple[str, ...]:
        """Return the names of what a file of layers is called with."""
        return (*([READ] if has_weights else []), *sorted(self.requires))

    def file(self, options: Options, *, has_weights: bool) -> str:
        """Return this part as a module: a function that is given the weights and returns the steps."""
        native = [Directive("!native")] if options.target == "server" else []
        parameters = tuple(Parameter(name, TYPES[name]) for name in self.shared(has_weights=has_weights))
        inner = [statement for layer in self.layers for statement in layer.statements]
        body = (*inner[1:], Blank(), Return((self.steps(),)))
        return print_statements(
            [
                Directive("!strict"),
                *native,
                Directive("!optimize 2"),
                Comment("Layers, written by onnx2luau. Model.luau requires this file."),
                Blank(),
                _TENSORS,
                _STEP,
                *self.constants.written_notes(),
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
    "load: (() -> ())?",
    "run: (Tensors) -> ()",
)
_STEP = TypeAlias("Step", "".join(["{\n", *(f"\t{each},\n" for each in _FIELDS), "}"]))
"""That of runtime/network.luau, which files in another folder can't name; type checkers compare the two."""


def emit_parts(program: Program, store: WeightStore) -> list[Part]:
    """Emit every layer, in order; one part means that all fit into Model.luau itself."""
    taken = RESERVED | set(program.names.values())
    parts = [Part(Constants(program.arrays, store, taken))]
    length = count = 0
    for node in program.plan.nodes:
        before = set(taken)
        layer = emit_layer(node, program, parts[-1].constants, taken)
        size, own = len(print_statements(layer.statements)), _locals(layer)
        if parts[-1].layers and (length + size > MOST_CHARACTERS or count + own > MOST_LOCALS):
            # Emitted again, since the constants it shares with others are locals of another file now.
            taken &= before
            parts.append(Part(Constants(program.arrays, store, taken)))
            layer = emit_layer(node, program, parts[-1].constants, taken)
            length = count = 0
        parts[-1].layers.append(layer)
        length += size
        count += _locals(layer)
    return parts


def _locals(layer: Layer) -> int:
    return sum(isinstance(statement, Local | LocalFunction) for statement in layer.statements)
