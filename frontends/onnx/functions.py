"""A model's own functions, put in the place of their calls after a look at how much that will be."""

from __future__ import annotations

from collections.abc import Iterable

import onnx
import onnx.inliner

from onnx2luau.compiler.errors import ModelError
from onnx2luau.frontends.onnx.budget import MOST_BYTES, MOST_NODES
from onnx2luau.frontends.onnx.library import asking_onnx
from onnx2luau.frontends.onnx.walk import nodes, nodes_of

DEEPEST = 100
"""How many functions may lie inside each other; the library inlines them by recursion."""

RUNTIME_DOMAINS = ("com.microsoft", "com.ms")
"""Domains, with those inside of them, whose operators are ONNX Runtime's own."""

Key = tuple[str, str, str]


def inline_functions(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    """Return the model without functions of its own; ModelError names the function that prevents it."""
    if not model.functions:
        return model
    for function in model.functions:
        _check_name(function, name)
    _Sizes(model, name).check(nodes(model.graph))
    with asking_onnx(f"{name}: onnx can't inline the model's own functions"):
        return onnx.inliner.inline_local_functions(model)


def _check_name(function: onnx.FunctionProto, model: str) -> None:
    """Refuse a name that ONNX Runtime knows already: it prefers what it has to a function of the model."""
    if onnx.defs.has(function.name, "" if function.domain == "ai.onnx" else function.domain):
        raise ModelError(
            f"{model} defines a function {function.name!r} of its own, which is the name of a standard "
            "operator, and ONNX Runtime computes that one instead; rename the function"
        )
    if any(f"{function.domain}.".startswith(f"{domain}.") for domain in RUNTIME_DOMAINS):
        raise ModelError(
            f"{model} defines a function {function.name!r} in the domain {function.domain!r}, whose "
            "operators are ONNX Runtime's own; give the function another domain"
        )


class _Sizes:
    """How many nodes and bytes each function is, with those that it calls."""

    def __init__(self, model: onnx.ModelProto, name: str) -> None:
        self.name = name
        self.functions = {_key_of(function): function for function in model.functions}
        self.known: dict[Key, tuple[int, int]] = {}

    def check(self, called: Iterable[onnx.NodeProto]) -> None:
        """Refuse functions that call themselves, lie too deep, or become too much when they are inlined."""
        count, size = 0, 0
        for node in called:
            more, bytes_ = self._size_of(node, ())
            count, size = count + more, size + bytes_
            if count > MOST_NODES or size > MOST_BYTES:
                raise ModelError(
                    f"{self.name}: with the function {node.op_type!r} inlined the model has more than "
                    f"{MOST_NODES:,} nodes or {MOST_BYTES >> 20:,} MB; simplify it"
                )

    def _size_of(self, node: onnx.NodeProto, within: tuple[Key, ...]) -> tuple[int, int]:
        key = (node.domain, node.op_type, node.overload)
        function = self.functions.get(key)
        if function is None:
            return 1, sum(attribute.ByteSize() for attribute in node.attribute)
        if key in within:
            raise ModelError(f"{self.name}: the function {node.op_type!r} calls itself, so it never ends")
        if len(within) >= DEEPEST:
            raise ModelError(
                f"{self.name}: more than {DEEPEST} functions lie inside each other, down to "
                f"{node.op_type!r}; inline them when you export the model"
            )
        if key not in self.known:
            inner = [each for outer in function.node for each in nodes_of(outer)]
            sizes = [self._size_of(each, (*within, key)) for each in inner]
            self.known[key] = sum(count for count, _ in sizes), sum(size for _, size in sizes)
        return self.known[key]


def _key_of(function: onnx.FunctionProto) -> Key:
    return function.domain, function.name, function.overload
