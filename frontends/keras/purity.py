"""SavedModels as data: nothing of one is loaded before all its operations are known to be harmless."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from onnx2luau.compiler.errors import ModelError

from .operations import PURE, SAVING


def refuse_impure(path: Path, saved: Any) -> None:
    """Raise ModelError that names the first node of a parsed SavedModel that does more than compute.

    All functions count, called or not: TensorFlow runs initialisers while it loads, and evaluates what looks
    constant while it builds a graph. Only the functions that nothing but the saver's nodes call, which
    neither loading nor predicting runs, may also hold the operations that read and write checkpoints.
    """
    meta = saved.meta_graphs[0]
    saving = _saving_only(meta)
    for node in meta.graph_def.node:
        _refuse(path, node, PURE, "")
    for function in meta.graph_def.library.function:
        name = function.signature.name
        for node in function.node_def:
            _refuse(path, node, PURE | SAVING if name in saving else PURE, f" of the function {name!r}")


def _refuse(path: Path, node: Any, allowed: frozenset[str], where: str) -> None:
    if node.op not in allowed:
        raise ModelError(
            f"{path}: the node {node.name!r}{where} uses TensorFlow's {node.op}, which isn't among the "
            "operations that only compute (others can reach files, print or run code); "
            "export the model without it"
        )


def _saving_only(meta: Any) -> set[str]:
    """Return the names of the functions that can only be called to save or restore the variables."""
    functions = {function.signature.name: function.node_def for function in meta.graph_def.library.function}
    saver = {meta.saver_def.save_tensor_name.partition(":")[0], meta.saver_def.restore_op_name}
    saving = _reached([node for node in meta.graph_def.node if node.name in saver], functions)
    others = [node for node in meta.graph_def.node if node.name not in saver]
    others += [node for name in functions.keys() - saving for node in functions[name]]
    served = _reached(others, functions)
    named = _of_objects(meta.object_graph_def) & saving
    served |= named | _reached([node for name in named for node in functions[name]], functions)
    return saving - served


def _of_objects(objects: Any) -> set[str]:
    """Return the names of the functions that the Python objects of a SavedModel have as methods."""
    names = set(objects.concrete_functions)
    for node in objects.nodes:
        names.update(node.function.concrete_functions)
        names.add(node.bare_concrete_function.concrete_function_name)
    return names


def _reached(nodes: Iterable[Any], functions: dict[str, Any]) -> set[str]:
    """Return the names of the functions that the nodes call, and those that these call."""
    found: set[str] = set()
    waiting = [name for node in nodes for name in _called(node)]
    while waiting:
        name = waiting.pop()
        if name in functions and name not in found:
            found.add(name)
            waiting.extend(called for node in functions[name] for called in _called(node))
    return found


def _called(node: Any) -> Iterator[str]:
    yield node.op
    for attribute in node.attr.values():
        yield attribute.func.name
        yield from (function.name for function in attribute.list.func)
