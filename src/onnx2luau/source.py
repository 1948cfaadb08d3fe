"""Brings any accepted model to ONNX, and remembers where it came from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnx

from onnx2luau.compiler.errors import ModelError, UsageError
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.foreign import ACCEPTED, TORCH, way_out
from onnx2luau.frontends.onnx import external_files, load_model, select_outputs
from onnx2luau.graph_file import read_graph_file

if TYPE_CHECKING:
    from onnx2luau.frontends.keras import Converted

KERAS = (".keras", ".h5", ".hdf5")
TEXT = ".ir"


@dataclass(frozen=True)
class Source:
    """A model as ONNX. `name` is for messages and the build; `file` and `sha256` go into the manifest."""

    model: onnx.ModelProto
    name: str
    file: str
    sha256: str
    path: Path | None = None
    """The ONNX file itself, if the model came from one: ONNX Runtime reads it with its external data."""
    states: Mapping[str, str] = field(default_factory=dict)
    """Inputs that are states of the model, and the outputs that they are in the next prediction."""
    graph: Graph | None = None
    """The graph of a file in the textual form, as it was read; `model` is empty then."""


def read_source(model: object, outputs: Sequence[str] = (), *, allow_lambda: bool = False) -> Source:
    """Read a path, a Keras model or an onnx.ModelProto. ModelError says what is wrong.

    `outputs` are the tensors that are wanted of it; none: the outputs that it has.
    """
    source = _read(model, allow_lambda)
    if not outputs:
        return source
    if source.graph is not None:
        raise UsageError(f"{source.file} is a graph, whose outputs stand in it; change them there")
    wanted = list(dict.fromkeys([*outputs, *source.states.values()]))
    selected = select_outputs(source.model, wanted, source.name)
    return source if selected is source.model else replace(source, model=selected, path=None)


def _read(model: object, allow_lambda: bool) -> Source:
    if isinstance(model, str | Path):
        return _read_path(Path(model), allow_lambda)
    if isinstance(model, onnx.ModelProto):
        return _in_memory(model, model.graph.name or "model")
    modules = {each.__module__.partition(".")[0] for each in type(model).__mro__}
    if "torch" in modules:
        raise UsageError(TORCH)
    if "keras" in modules:
        converted = _convert_keras(model, allow_lambda)
        name = str(getattr(model, "name", "model"))
        return replace(_in_memory(converted.model, name), states=converted.states)
    kind = type(model).__name__
    raise UsageError(
        f"an object of type {kind} is not a model; give a path, a Keras model or an onnx.ModelProto"
    )


def _read_path(path: Path, allow_lambda: bool) -> Source:
    if path.suffix.lower() == TEXT:
        graph = read_graph_file(path)
        return replace(_source(onnx.ModelProto(), path), graph=graph)
    if _is_keras(path):
        converted = _convert_keras(path, allow_lambda)
        return replace(_source(converted.model, path), states=converted.states)
    return _source(load_model(path), path, path)


def _is_keras(path: Path) -> bool:
    """Whether a path is a Keras model or a SavedModel, not an ONNX file; UsageError when it is neither."""
    try:
        if not path.exists():
            raise UsageError(f"{path} does not exist")
        if not path.is_file() and not path.is_dir():
            raise UsageError(f"{path} is not a file or a folder; {ACCEPTED}")
        suffix = path.suffix.lower()
        if path.is_dir() and (path / "saved_model.pb").exists():
            return True
        if path.is_file() and suffix in (*KERAS, ".onnx"):
            return suffix in KERAS
        if path.is_file() and path.stat().st_size == 0:
            raise UsageError(f"{path} is empty; export or download the model again")
        raise UsageError(way_out(path))
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}") from None


def _convert_keras(model: Any, allow_lambda: bool) -> Converted:
    from onnx2luau.frontends.keras import convert  # noqa: PLC0415 - TensorFlow takes seconds to import

    return convert(model, allow_lambda=allow_lambda)


def _source(model: onnx.ModelProto, path: Path, onnx_path: Path | None = None) -> Source:
    files = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
    if onnx_path is not None:
        files += external_files(onnx.load(onnx_path, load_external_data=False), onnx_path)
    return Source(model, path.stem, path.name, _digest(files), onnx_path)


def _in_memory(model: onnx.ModelProto, name: str) -> Source:
    try:
        data = model.SerializeToString(deterministic=True)
    except ValueError:
        raise ModelError(
            f"{name} is larger than 2 GB; save it with external data and give its path"
        ) from None
    return Source(model, name, "", hashlib.sha256(data).hexdigest())


def _digest(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
