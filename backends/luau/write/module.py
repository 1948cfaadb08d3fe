"""A program as the files of a build: the module users require, its layers, weights, sample and runtime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from onnx2luau.backends.luau.emit.constants import PACKING, READ, ROWS, TAPS, Constants
from onnx2luau.backends.luau.emit.reserved import RESERVED
from onnx2luau.backends.luau.options import Options
from onnx2luau.backends.luau.plan.memory import make_plan
from onnx2luau.backends.luau.plan.workspace import Workspace
from onnx2luau.backends.luau.program import Program, all_kernels
from onnx2luau.backends.luau.syntax.arithmetic import call
from onnx2luau.backends.luau.syntax.nodes import (
    Blank,
    Comment,
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
from onnx2luau.backends.luau.weights import WeightStore, encode_parts
from onnx2luau.backends.luau.write.description import BATCH, SAMPLES_FILE, describe, require
from onnx2luau.backends.luau.write.layers import Layer, emit_layers
from onnx2luau.backends.luau.write.parts import LARGEST_FILE, Part, directives, divided
from onnx2luau.backends.luau.write.sample import Sample, sample_function, sample_store
from onnx2luau.backends.luau.write.samples import emit_samples
from onnx2luau.compiler.errors import ModelError

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
    target: str
    declarations: tuple[Statement, ...]
    description: Table

    def model_file(self, title: Sequence[str], metadata: Mapping[str, str | int | float | bool]) -> str:
        """Return Model.luau: `title` are the lines of its header, `metadata` what users can ask it for."""
        header: list[Statement] = [*directives(self.target), *map(Comment, title), Blank()]
        values = tuple(_literal(value) for value in metadata.values())
        described = Table(
            (*self.description.items, Table(values, tuple(metadata))), (*self.description.names, "metadata")
        )
        result = Return((call("model.new", described),))
        return checked(print_statements([*header, *self.declarations, Blank(), result]), "Model.luau")


def emit_module(program: Program, options: Options, sample: Sample) -> Module:
    """Write a program out. The same program, options and sample give the same files."""
    plan = make_plan(program)
    workspace = Workspace(plan.next_slot)
    store = WeightStore(options.weights, options.encoding)
    taken = RESERVED | {kernel.name for kernel in all_kernels(program)}
    constants = Constants(store, taken)
    layers = emit_layers(program, plan, workspace, constants, taken)
    parts = divided(layers)
    samples_file = None if program.samples is None else emit_samples(program.samples, plan)
    own_sample = sample_store(sample, options)
    reader = "literals" if options.encoding == "table" else "base64"
    called = {name for part in parts for name in part.requires}
    if samples_file is not None:
        called |= {BATCH, *samples_file.requires}
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
            f"layers/part{i}.luau": checked(
                part.file(program.target, has_weights=bool(texts["weights"])), "layers"
            )
            for i, part in enumerate(parts, 1)
        }
    if samples_file is not None:
        files[f"{SAMPLES_FILE}.luau"] = samples_file.text
    declarations = (
        *(Local((Parameter(name),), (require(f"runtime/{name}"),)) for name in runtime),
        Blank(),
        *(TypeAlias(name, f"model.{name}", exported=True) for name in EXPORTED),
        *_weights(reader, len(texts["weights"])),
        *_kernels(parts),
    )
    sample_reader = _open(reader, "sample", len(texts["sample"]))
    description = describe(
        program.graph,
        plan,
        workspace,
        parts,
        sample_function(sample, own_sample, sample_reader),
        has_weights=bool(texts["weights"]),
        samples=samples_file,
    )
    return Module(tuple(layers), files, program.target, declarations, description)


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
