"""Plain, stable names and one canonical order, so that the same model gives the same bytes.

tf2onnx numbers what it makes with counters of the process and keeps TensorFlow's long scopes. Here a node is
called after its layer and its kind ("hidden/MatMul"), a tensor after the node that makes it, and a constant
after its first use ("hidden/MatMul.B", B being the operand's name in the ONNX specification).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import onnx
from onnx import helper

from .order import bodies, captured, in_order
from .scopes import Labeller


def renamed(
    model: onnx.ModelProto, label: Labeller, name: str, inputs: Sequence[str], outputs: Sequence[str]
) -> onnx.ModelProto:
    """Return the model with the given input and output names, in canonical order and without dead nodes."""
    tensors = dict(zip((i.name for i in model.graph.input), inputs, strict=True))
    tensors.update(zip((o.name for o in model.graph.output), outputs, strict=True))
    graph = _Renaming(label, taken=[*inputs, *outputs]).graph(model.graph, tensors, "")
    graph.name = name
    return helper.make_model(
        graph,
        ir_version=model.ir_version,
        opset_imports=[helper.make_opsetid("", o.version) for o in model.opset_import if not o.domain],
        producer_name="onnx2luau",
    )


class _Fresh:
    """Hands out each name once; the second "x" is "x_1"."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._used = set(taken)
        self._counts: dict[str, int] = {}

    def __call__(self, wanted: str) -> str:
        choice = wanted
        while choice in self._used:
            self._counts[wanted] = self._counts.get(wanted, 0) + 1
            choice = f"{wanted}_{self._counts[wanted]}"
        self._used.add(choice)
        return choice


class _Renaming:
    """Writes graphs anew."""

    def __init__(self, label: Labeller, taken: Iterable[str]) -> None:
        self._label = label
        self._nodes = _Fresh(())
        self._tensors = _Fresh(taken)

    def graph(self, old: onnx.GraphProto, tensors: dict[str, str], layer: str) -> onnx.GraphProto:
        """Return the graph renamed; `tensors` maps the old names known so far and learns the others.

        layer: the label of the node that holds the graph, for nodes that know none themselves.
        """
        constants = {tensor.name: tensor for tensor in old.initializer}
        new = onnx.GraphProto()
        nodes = in_order(old)
        for node, label in zip(nodes, self._layers(nodes, layer), strict=True):
            name = self._nodes(f"{label}/{node.op_type}".lstrip("/"))
            for operand, wanted in _operands(node, name):
                if operand in constants and operand not in tensors:
                    tensors[operand] = self._tensors(wanted)
                    new.initializer.append(_constant(constants[operand], tensors[operand]))
            for port, output in enumerate(node.output):
                if output and output not in tensors:
                    tensors[output] = self._tensors(f"{name}:{port}" if port else name)
            new.node.append(self._node(node, name, tensors, label))
        for output in old.output:
            if output.name in constants and output.name not in tensors:
                tensors[output.name] = self._tensors(f"{layer}/constant".lstrip("/"))
                new.initializer.append(_constant(constants[output.name], tensors[output.name]))
        new.input.extend(_value(value, tensors) for value in old.input)
        new.output.extend(_value(value, tensors) for value in old.output)
        return new

    def _node(self, old: onnx.NodeProto, name: str, tensors: dict[str, str], layer: str) -> onnx.NodeProto:
        new = onnx.NodeProto(op_type=old.op_type, name=name)
        new.input.extend(tensors.get(operand, operand) for operand in old.input)
        new.output.extend(tensors.get(output, output) for output in old.output)
        new.attribute.extend(sorted(old.attribute, key=lambda attribute: attribute.name))
        for body in bodies(new):
            inner = dict(tensors)
            inner.update((value.name, self._tensors(f"{name}/input")) for value in body.input)
            body.CopyFrom(self.graph(body, inner, layer))
            body.name = name
        return new

    def _layers(self, nodes: Sequence[onnx.NodeProto], enclosing: str) -> list[str]:
        """Return the nodes' labels; one that has none takes its producer's, or else its first user's."""
        by_output: dict[str, str] = {}
        labels = [self._label(node.name) for node in nodes]
        for index, node in enumerate(nodes):
            if labels[index] is None:
                labels[index] = next((by_output[i] for i in node.input if i in by_output), None)
            label = labels[index]
            if label is not None:
                by_output.update((output, label) for output in node.output)
        by_input: dict[str, str] = {}
        for index, node in reversed(list(enumerate(nodes))):
            label = labels[index]
            if label is None:
                label = next((by_input[o] for o in node.output if o in by_input), enclosing)
            labels[index] = label
            by_input.update((operand, label) for operand in node.input)
        return [label or enclosing for label in labels]


def _operands(node: onnx.NodeProto, name: str) -> list[tuple[str, str]]:
    """Return the operands, and what a constant first used there is to be called."""
    formal = [operand.name for operand in onnx.defs.get_schema(node.op_type).inputs]
    formal += formal[-1:] * len(node.input)  # the last may stand for any number of them
    named = [(operand, f"{name}.{slot}") for operand, slot in zip(node.input, formal, strict=False)]
    return named + [(outer, f"{name}.outer") for outer in captured(node)]


def _constant(tensor: onnx.TensorProto, name: str) -> onnx.TensorProto:
    new = onnx.TensorProto()
    new.CopyFrom(tensor)
    new.name = name
    new.ClearField("doc_string")
    return new


def _value(value: onnx.ValueInfoProto, tensors: dict[str, str]) -> onnx.ValueInfoProto:
    new = onnx.ValueInfoProto(name=tensors[value.name])
    new.type.CopyFrom(value.type)
    return new
