"""A graph as the files of a build: the module users require, its layers, weights, sample and runtime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from onnx2luau.backends.luau.chain import is_beginning, join_chains, name_of, tiny_chains
from onnx2luau.backends.luau.emit.constants import PACKING, READ, ROWS, TAPS, Constants
from onnx2luau.backends.luau.emit.kernel import Program
from onnx2luau.backends.luau.lanes import tensors_in_lanes
from onnx2luau.backends.luau.options import Options
from onnx2luau.backends.luau.plan.memory import make_plan, with_own_outputs
from onnx2luau.backends.luau.plan.workspace import Workspace
from onnx2luau.backends.luau.syntax.arithmetic import call
from onnx2luau.backends.luau.syntax.nodes import (
    Blank,
    Comment,
    Directive,
    Expression,
    FunctionExpression,
    Local,
    Name,
    Number,
    Parameter,
    Return,
    Statement,
    String,
    Table,
    TypeAlias,
)
from onnx2luau.backends.luau.syntax.printer import print_statements
from onnx2luau.backends.luau.triple import Triple, emit_triple
from onnx2luau.backends.luau.weights import WeightStore, encode_parts
from onnx2luau.backends.luau.write.description import BATCH, TRIPLE, describe, require
from onnx2luau.backends.luau.write.layers import Layer, layer_names
from onnx2luau.backends.luau.write.parts import LARGEST_FILE, RESERVED, Part, emit_parts
from onnx2luau.backends.luau.write.sample import Sample, sample_function, sample_store
from onnx2luau.compiler.errors import ModelError, UsageError
from onnx2luau.compiler.ir.density import expected_densities
from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.values import Value

ALWAYS = ("incremental", "inputs", "loading", "network", "pacing", "session")
"""What runtime/model.luau needs."""
EXPORTED = ("Model", "Session", "Input", "Output", "Port", "Step")
"""Types of runtime/model.luau for users' annotations; a module hands on only what it exports itself."""


@dataclass(frozen=True)
class Module:
    """Everything about a build but the figures of its verification."""

    layers: tuple[Layer, ...]
    files: Mapping[str, str]
    """Text by path, without Model.luau."""
    options: Options
    declarations: tuple[Statement, ...]
    description: Table

    def model_file(self, title: Sequence[str], metadata: Mapping[str, str | int | float | bool]) -> str:
        """Return Model.luau: `title` are the lines of its header, `metadata` what users can ask it for."""
        native = [Directive("!native")] if self.options.target == "server" else []
        directives = [Directive("!strict"), *native, Directive("!optimize 2")]
        header: list[Statement] = [*directives, *map(Comment, title), Blank()]
        values = tuple(_literal(value) for value in metadata.values())
        described = Table(
            (*self.description.items, Table(values, tuple(metadata))), (*self.description.names, "metadata")
        )
        result = Return((call("model.new", described),))
        return checked(print_statements([*header, *self.declarations, Blank(), result]), "Model.luau")


def emit_module(
    graph: Graph, options: Options, sample: Sample, densities: Mapping[Value, float] | None = None
) -> Module:
    """Compile a graph. The same graph, options, sample and densities give the same files.

    `densities` are the shares of each layer's inputs that are not zero, if they were counted.
    """
    graph = with_own_outputs(graph)
    names = layer_names(graph.nodes, set(RESERVED))
    in_lanes = tensors_in_lanes(graph, options, names)
    chains = tiny_chains(graph, in_lanes)
    plan = make_plan(join_chains(graph, chains, options, names), in_lanes)
    store = WeightStore(options.weights, options.encoding)
    workspace = Workspace(plan.next_slot)
    expected = expected_densities(graph) | dict(densities or {})
    program = Program(plan, workspace, options, graph.constants, names, expected)
    parts = emit_parts(program, store)
    triple = _triple(graph, chains, program, store)
    _check_schedules(options, parts, chains)
    own_sample = sample_store(sample, options)
    reader = "literals" if options.encoding == "table" else "base64"
    called = {name for part in parts for name in part.requires}
    if triple is not None:
        called |= {BATCH, *triple.requires}
    runtime = ["model", reader, *sorted(called)]
    # The others of its kind are made with it.
    packers = {PACKING} if called & {ROWS.module, TAPS.module} else set()
    needed = sorted({*runtime, *ALWAYS, *packers})
    texts = {"weights": encode_parts(store), "sample": encode_parts(own_sample)}
    files = {
        f"{folder}/part{number}.luau": checked(text, folder)
        for folder, modules in texts.items()
        for number, text in enumerate(modules, 1)
    }
    files |= {f"runtime/{name}.luau": runtime_file(name) for name in needed}
    if len(parts) > 1:
        files |= {
            f"layers/part{i}.luau": checked(part.file(options, has_weights=bool(texts["weights"])), "layers")
            for i, part in enumerate(parts, 1)
        }
    if triple is not None:
        files[f"{TRIPLE}.luau"] = triple.file
    declarations = (
        *(Local((Parameter(name),), (require(f"runtime/{name}"),)) for name in runtime),
        Blank(),
        *(TypeAlias(name, f"model.{name}", exported=True) for name in EXPORTED),
        *_weights(reader, len(texts["weights"])),
        *_kernels(parts),
    )
    sample_reader = _open(reader, "sample", len(texts["sample"]))
    description = describe(
        graph,
        program,
        parts,
        sample_function(sample, own_sample, sample_reader),
        has_weights=bool(texts["weights"]),
        triple=triple,
    )
    layers = tuple(layer for part in parts for layer in part.layers)
    return Module(layers, files, options, declarations, description)


def _triple(
    graph: Graph, chains: Sequence[Sequence[Node]], program: Program, store: WeightStore
) -> Triple | None:
    """Return how three samples are computed at once, if the model begins with tiny layers."""
    if len(graph.inputs) != 1 or len(graph.outputs) != 1 or graph.uses()[graph.inputs[0].value] != 1:
        return None
    x = graph.inputs[0].value
    first = next((chain for chain in chains if chain[0].op.operands[0] == x), None)
    if first is None or not is_beginning(first, program.plan.nodes):
        return None
    return emit_triple(first, program, Constants(graph.constants, store, set(RESERVED)))


def _check_schedules(options: Options, parts: Sequence[Part], chains: Sequence[Sequence[Node]]) -> None:
    """Raise UsageError for a schedule that is wanted for no layer: a misspelt name must not pass unseen."""
    heavy = [layer for part in parts for layer in part.layers if layer.schedule]
    known = {name for layer in heavy for name in layer.known_as} | set(map(name_of, chains))
    for wanted in options.schedules:
        if wanted not in known:
            names = ", ".join(layer.name for layer in heavy) or "none"
            raise UsageError(f"there is no layer {wanted!r} to choose a schedule for; there are {names}")


def runtime_file(name: str) -> str:
    """Return the text of a module of runtime_luau."""
    return resources.files("onnx2luau").joinpath("runtime_luau", f"{name}.luau").read_text("utf-8")


def checked(text: str, what: str) -> str:
    """Return a file's text if Roblox can hold it; ModelError otherwise."""
    if len(text) >= LARGEST_FILE:
        raise ModelError(
            f"{what} would have {len(text):,} characters, and a script in Roblox holds fewer than "
            f"{LARGEST_FILE:,}; give the model's inputs and outputs shorter names"
        )
    return text


def _weights(reader: str, count: int) -> list[Statement]:
    if not count:
        return []
    return [Blank(), Local((Parameter(READ),), (_open(reader, "weights", count),))]


def _open(reader: str, folder: str, count: int) -> Expression:
    # Each is required when it is read, which takes its time.
    modules = (Return((require(f"{folder}/part{number}"),)) for number in range(1, count + 1))
    return call(f"{reader}.open", Table(tuple(FunctionExpression((), (module,)) for module in modules)))


def _kernels(parts: Sequence[Part]) -> list[Statement]:
    if len(parts) == 1:
        return [Blank(), *parts[0].statements()]
    return []


def _literal(value: str | int | float | bool) -> Expression:
    if isinstance(value, bool):
        return Name("true" if value else "false")
    return String(value) if isinstance(value, str) else Number(value)
