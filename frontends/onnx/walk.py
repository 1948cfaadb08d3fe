"""Every message inside a model, however deep: subgraphs, functions and attributes hold nodes and tensors."""

from __future__ import annotations

from collections.abc import Iterator

import onnx
from google.protobuf.message import Message

from onnx2luau.compiler.errors import ModelError


def messages(root: Message) -> Iterator[Message]:
    """Yield a message and all messages inside it."""
    waiting = [root]
    while waiting:
        message = waiting.pop()
        yield message
        for field, value in message.ListFields():
            if field.message_type is not None:
                waiting.extend([value] if isinstance(value, Message) else value)


def nodes(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    """Yield the nodes of a graph and of the graphs in their attributes."""
    for node in graph.node:
        yield from nodes_of(node)


def nodes_of(node: onnx.NodeProto) -> Iterator[onnx.NodeProto]:
    """Yield a node and the nodes of the graphs in its attributes."""
    yield node
    for attribute in node.attribute:
        for inner in ([attribute.g] if attribute.HasField("g") else []) + list(attribute.graphs):
            yield from nodes(inner)


def check_text(model: onnx.ModelProto, name: str) -> None:
    """Refuse names that are not text, which the onnx library hands over as bytes."""
    for message in messages(model):
        for field, value in message.ListFields():
            if field.type != field.TYPE_STRING:
                continue
            for text in [value] if isinstance(value, str | bytes) else value:
                if isinstance(text, bytes):
                    raise ModelError(
                        f"{name} is not a valid ONNX model: a {field.name} in it is not text "
                        f"({text[:40]!r}); export it again"
                    )
