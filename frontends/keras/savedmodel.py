"""A SavedModel folder as a Source: its serving signature, without the Keras layers that made it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from onnx2luau.compiler.errors import ModelError

from . import packages
from .files import refuse_folder
from .purity import refuse_impure
from .reason import reason
from .source import Source, static_input

_SERVING = "serving_default"


def from_folder(path: Path) -> Source:
    """Load the folder's serving signature.

    Raises ModelError where the folder is not a SavedModel, is damaged, has no single signature to serve, or
    where its graph has operations that do more than compute.
    """
    tf = packages.tensorflow()
    refuse_impure(path, _parsed(path))
    try:
        with packages.quiet():
            loaded = tf.saved_model.load(str(path))
    except Exception as error:
        why = f"TensorFlow can't load the SavedModel ({reason(error)}); export it again"
        raise ModelError(f"{path}: {why}") from error
    try:
        return _described(path, loaded)
    except ModelError:
        raise
    except Exception as error:  # a damaged one may be anything that TensorFlow can load
        why = f"what TensorFlow loads is not a model ({reason(error)}); export it again"
        raise ModelError(f"{path}: {why}") from error


def _described(path: Path, loaded: Any) -> Source:
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


def _parsed(path: Path) -> Any:
    """Return the folder's saved_model.pb as data, before TensorFlow makes anything of it."""
    file = path / "saved_model.pb"
    if not file.is_file():
        raise ModelError(f"{path}: not a SavedModel folder; it has no saved_model.pb")
    refuse_folder(path)
    proto = packages.import_quietly("tensorflow.core.protobuf.saved_model_pb2").SavedModel()
    try:
        proto.ParseFromString(file.read_bytes())
    except Exception as error:
        raise ModelError(f"{path}: saved_model.pb is damaged; export the model again") from error
    if len(proto.meta_graphs) != 1 or not proto.meta_graphs[0].HasField("object_graph_def"):
        raise ModelError(
            f"{path}: a SavedModel of TensorFlow 1, which runs its own start-up code when it is loaded; "
            f"if you trust it, convert it with python -m tf2onnx.convert --saved-model {path} "
            "--output model.onnx, and compile that"
        )
    return proto
