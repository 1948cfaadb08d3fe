"""A SavedModel folder as a Source: its serving signature, without the Keras layers that made it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from onnx2luau.compiler.errors import ModelError

from . import packages
from .reason import reason
from .source import Source, static_input

_SERVING = "serving_default"
_REACHES_OUT = {"ReadFile", "WriteFile", "MatchingFiles", "PyFunc", "PyFuncStateless", "EagerPyFunc"}


def from_folder(path: Path) -> Source:
    """Load the folder's serving signature.

    Raises ModelError where the folder is no SavedModel, is damaged, has no single signature to serve, or
    where its graph would read or write files.
    """
    tf = packages.tensorflow()
    _refuse_side_effects(path)
    try:
        with packages.quiet():
            loaded = tf.saved_model.load(str(path))
    except Exception as error:
        why = f"TensorFlow can't load the SavedModel ({reason(error)}); export it again"
        raise ModelError(f"{path}: {why}") from error
    function = _signature(path, dict(loaded.signatures))
    specs = function.structured_input_signature[1]
    outputs = sorted(function.structured_outputs)

    def call(values: Sequence[Any], _alive: Any = loaded) -> list[Any]:
        # The default argument keeps the variables alive, which the signature only refers to weakly.
        result = function(**dict(zip(specs, values, strict=True)))
        return [result[name] for name in outputs]

    return Source(
        where=str(path),
        name=path.resolve().name,
        call=call,
        inputs=tuple(
            static_input(str(path), name, _sizes(spec.shape), spec.dtype.name) for name, spec in specs.items()
        ),
        outputs=tuple(outputs),
        known_scopes=_layer_scopes([v.name.split("/")[:-1] for v in function.variables]),
    )


def _sizes(shape: Any) -> list[int | None] | None:
    return None if shape.rank is None else list(shape.as_list())


def _layer_scopes(paths: list[list[str]]) -> frozenset[str]:
    """Return the scopes of the variables without the model's own, which is around all of them."""
    if len({path[0] for path in paths if path}) == 1 and all(len(path) > 1 for path in paths):
        paths = [path[1:] for path in paths]
    return frozenset(scope for path in paths for scope in path)


def _signature(path: Path, signatures: dict[str, Any]) -> Any:
    if _SERVING in signatures:
        return signatures[_SERVING]
    if len(signatures) == 1:
        return next(iter(signatures.values()))
    if not signatures:
        raise ModelError(f"{path}: it has no signature to serve; export it with model.export(...)")
    raise ModelError(
        f"{path}: the SavedModel has several signatures ({', '.join(sorted(signatures))}) and none is called "
        f"{_SERVING}; export one of them under that name"
    )


def _refuse_side_effects(path: Path) -> None:
    """Read the graph as data and refuse operators that reach beyond it; loading would already run some."""
    file = path / "saved_model.pb"
    if not file.is_file():
        raise ModelError(f"{path}: not a SavedModel folder; it has no saved_model.pb")
    proto = packages.import_quietly("tensorflow.core.protobuf.saved_model_pb2").SavedModel()
    try:
        proto.ParseFromString(file.read_bytes())
    except Exception as error:
        raise ModelError(f"{path}: saved_model.pb is damaged; export the model again") from error
    for node in _nodes(proto):
        if node.op in _REACHES_OUT:
            raise ModelError(
                f"{path}: the node {node.name!r} ({node.op}) reaches files or Python code outside the model; "
                "export the model without it"
            )


def _nodes(saved: Any) -> Iterator[Any]:
    for meta in saved.meta_graphs:
        yield from meta.graph_def.node
        for function in meta.graph_def.library.function:
            yield from function.node_def
