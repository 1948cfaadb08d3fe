"""A keras.Model in memory as a Source: its inputs, its outputs and the labels of its layers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from onnx2luau.compiler.errors import ModelError

from . import packages
from .source import Input, Source, distinct, static_input
from .stateful import is_understood, keeps, with_states


def from_model(model: Any, where: str) -> Source:
    """Describe a built keras.Model. Raises ModelError where its inputs or its layers can't be compiled."""
    keras = packages.keras()
    labelled = tuple(_labels(model, keras))
    for layer, label in labelled:
        _refuse(where, layer, label)
    arguments = _arguments(model, where, keras)
    tensors = [pair for pair in keras.tree.flatten_with_path(arguments) if pair[1] is not None]
    names = distinct(
        _keys(path) or _plain(tensor.name or "_".join(map(str, path))) for path, tensor in tensors
    )

    def call(values: Sequence[Any]) -> list[Any]:
        given = keras.tree.pack_sequence_as(arguments, list(values))
        result = model(*given, training=False)
        return [output for output in keras.tree.flatten(result) if output is not None]

    source = Source(
        where=where,
        name=str(model.name),
        call=call,
        inputs=tuple(_input(where, name, spec) for name, (_, spec) in zip(names, tensors, strict=True)),
        outputs=_outputs(model, arguments, keras),
        layers=labelled,
    )
    return with_states(source, labelled)


def _refuse(where: str, layer: Any, label: str) -> None:
    """Raise ModelError for a layer that no translation can do justice to."""
    if label and keeps(layer) and not is_understood(layer) and not hasattr(layer, "layers"):
        raise ModelError(
            f"{where}: the layer {label!r} keeps a state from one prediction to the next (stateful=True) of "
            "which nothing is known; build it of Keras's recurrent layers, or with stateful=False"
        )
    if getattr(layer, "compute_dtype", None) == "bfloat16":
        raise ModelError(
            f"{where}: the layer {label!r} computes in bfloat16, which ONNX Runtime can't; "
            "build it with the float32 dtype policy and load the weights into it"
        )


def _arguments(model: Any, where: str, keras: Any) -> list[Any]:
    """Return the positional arguments of a call, as a structure of symbolic tensors."""
    if isinstance(model, keras.Sequential) and model.built:
        return [model.inputs[0]]
    structure = getattr(model, "_inputs_struct", None)
    if structure is not None:
        return [structure]
    shapes = getattr(model, "_build_shapes_dict", None)
    if not model.built or not shapes:
        raise ModelError(
            f"{where}: the model has no input shape yet; "
            "give it a keras.Input, or call it once, before converting"
        )
    # A subclassed model records only the shapes that its first call came with, an argument each.
    return [
        keras.KerasTensor((None, *shape[1:]), dtype=model.input_dtype, name=argument.removesuffix("_shape"))
        if _is_shape(shape)
        else _refuse_structure(where, argument)
        for argument, shape in shapes.items()
    ]


def _is_shape(value: Any) -> bool:
    return isinstance(value, tuple | list) and all(size is None or isinstance(size, int) for size in value)


def _refuse_structure(where: str, argument: str) -> Any:
    name = argument.removesuffix("_shape")
    raise ModelError(
        f"{where}: the argument {name!r} of this subclassed model is a structure of tensors; "
        "wrap the model in a functional keras.Model with one keras.Input a tensor"
    )


def _input(where: str, name: str, tensor: Any) -> Input:
    if getattr(tensor, "sparse", False) or getattr(tensor, "ragged", False):
        raise ModelError(f"{where}: the input {name!r} is sparse or ragged; build it as a dense keras.Input")
    return static_input(where, name, tensor.shape, str(tensor.dtype))


def _outputs(model: Any, arguments: list[Any], keras: Any) -> tuple[str, ...]:
    """Return the keys of a dictionary of outputs, or else the names of the output layers."""
    if isinstance(model, keras.Sequential):
        return (str(model.layers[-1].name),) if model.layers else ()
    if hasattr(model, "output_names"):
        structure, names = model._outputs_struct, [str(name) for name in model.output_names]
    else:
        structure, names = model.compute_output_spec(*arguments), []
    paths = [path for path, tensor in keras.tree.flatten_with_path(structure) if tensor is not None]
    names = names if len(names) == len(paths) else ["output"] * len(paths)
    return tuple(_keys(path) or name for path, name in zip(paths, names, strict=True))


def _keys(path: Sequence[Any]) -> str:
    """Return the keys that lead to a tensor, "" where no dictionary does: {"a": [x, y]} has a_0 and a_1."""
    first = next((at for at, key in enumerate(path) if isinstance(key, str)), len(path))
    return "_".join(map(str, path[first:]))


def _plain(name: str) -> str:
    """Drop the port a TensorFlow tensor's name ends with ("pixels:0")."""
    return re.sub(r":\d+$", "", name)


def _labels(parent: Any, keras: Any, path: str = "") -> Iterator[tuple[Any, str]]:
    """Yield `parent` with an empty label, and every layer below it once with the path of names to it."""
    seen: set[int] = {id(parent)}
    yield parent, path
    waiting = [(parent, path)]
    while waiting:
        above, path = waiting.pop(0)
        for layer in above._flatten_layers(include_self=False, recursive=False):
            if id(layer) in seen:
                continue
            seen.add(id(layer))
            label = f"{path}/{_stable_name(layer, above, keras)}".lstrip("/")
            waiting.append((layer, label))
            yield layer, label


def _stable_name(layer: Any, above: Any, keras: Any) -> str:
    """Return the layer's name, without a number that counts the layers of the process.

    A file stores the names of a model's layers, but a layer that makes others inside (attention makes a
    softmax) may leave their names to Keras, which counts: "softmax", and "softmax_1" when it is loaded again.
    """
    name = str(layer.name)
    if isinstance(above, keras.Sequential) or hasattr(above, "output_names"):
        return name
    automatic = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(layer).__name__).lower()
    return automatic if re.fullmatch(rf"{re.escape(automatic)}_\d+", name) else name
