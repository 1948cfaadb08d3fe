"""A file's config as plain values: everything that it would have Keras make is known to be harmless."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from onnx2luau.compiler.errors import ModelError

from . import packages
from .classes import CLASSES, FUNCTIONS, NOTATION

_CODE = frozenset({"Lambda", "__lambda__"})
_DEEPEST = 200
"""How many levels of lists and objects a config may have; models in models have a few dozen."""
_REGISTER = "register it with @keras.saving.register_keras_serializable() and convert from Python"


def refuse_code(path: Path, config: Any) -> None:
    """Raise ModelError that names the first layer of a config that holds Python code."""
    for layer, described in _objects(path, config):
        name = described["class_name"]
        if isinstance(name, str) and name in _CODE:
            raise ModelError(
                f"{path}: the layer {layer!r} holds Python code (a lambda), which would run on loading; "
                "if you trust the file, allow it with --allow-lambda"
            )


def refuse_unknown(path: Path, config: Any) -> None:
    """Raise ModelError that names the first class or function of a config that is not known to be harmless.

    Known are Keras's own on our list, and what the user has registered in this process. Lambda layers are
    left to `refuse_code`.
    """
    for layer, described in _objects(path, config):
        name = described["class_name"]
        if name == "function":
            _refuse_function(path, described)
        elif not (_is_notation(name) or _is_registered(name, described.get("registered_name"))):
            _refuse_class(path, layer, described)
        inner = described.get("config")
        if isinstance(inner, dict) and isinstance(inner.get("vocabulary"), str):
            raise ModelError(
                f"{path}: the layer {layer!r} would read its vocabulary from another file "
                f"({inner['vocabulary']!r}); build the layer with the vocabulary itself, and save it again"
            )


def _is_notation(name: Any) -> bool:
    return isinstance(name, str) and name in NOTATION | _CODE


def _refuse_function(path: Path, described: dict[str, Any]) -> None:
    name = described.get("config")
    if _is_registered(name, described.get("registered_name")):
        return
    if not (isinstance(name, str) and name in FUNCTIONS and _is_of_keras(described, "builtins")):
        raise ModelError(f"{path}: the model uses {name!r}, a function that Keras doesn't have; {_REGISTER}")


def _refuse_class(path: Path, layer: str, described: dict[str, Any]) -> None:
    name, registered = described["class_name"], described.get("registered_name")
    if not (isinstance(name, str) and name in CLASSES):
        if isinstance(described.get("module"), str) and _is_of_keras(described):
            raise ModelError(
                f"{path}: the layer {layer!r} needs Keras's class {name!r}, which isn't among those "
                "that only compute (others can load files or run code); build the model without it"
            )
        raise ModelError(f"{path}: the model uses {name!r}, a class that Keras doesn't have; {_REGISTER}")
    if not _is_of_keras(described) or registered not in (None, name):
        origin = f"module {described.get('module')!r}, registered as {registered!r}"
        raise ModelError(
            f"{path}: the model uses a class {name!r} that is not Keras's own ({origin}); {_REGISTER}"
        )


def _is_of_keras(described: dict[str, Any], *others: str) -> bool:
    """Tell whether an object's module is Keras or one inside it; files of old don't name one."""
    module = described.get("module")
    return module is None or (isinstance(module, str) and module.partition(".")[0] in {"keras", *others})


def _is_registered(*names: Any) -> bool:
    registered = packages.keras().saving.get_registered_object
    return any(isinstance(name, str) and registered(name) is not None for name in names)


def _objects(path: Path, config: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each object that Keras would make, outer ones first, with the name of the layer it is in."""
    waiting: list[tuple[Any, str, int]] = [(config, "", 0)]
    while waiting:
        value, layer, depth = waiting.pop()
        if depth > _DEEPEST:
            raise ModelError(
                f"{path}: its config is nested more than {_DEEPEST} levels deep, as no model is; "
                "save the model again with model.save(...)"
            )
        if isinstance(value, dict):
            inner = value.get("config")
            if isinstance(inner, dict) and isinstance(inner.get("name"), str):
                layer = inner["name"]
            if "class_name" in value:
                yield layer, value
            below = list(value.values())
        elif isinstance(value, list):
            below = value
        else:
            continue
        waiting.extend((each, layer, depth + 1) for each in reversed(below) if isinstance(each, dict | list))
