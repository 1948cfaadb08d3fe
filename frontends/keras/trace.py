"""A Source to ONNX, as tf2onnx leaves it: traced by TensorFlow, frozen, translated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import onnx

from onnx2luau.compiler.errors import ModelError

from . import mends, packages, recurrent
from .reason import reason
from .scopes import Labeller, by_scope, by_token, unmistakable
from .source import Source
from .steady import steady

OPSET = 18
"""The newest opset tf2onnx writes."""


@dataclass(frozen=True)
class Translation:
    """tf2onnx's model, and the layer each of its node names stands for."""

    model: onnx.ModelProto
    label: Labeller


def translate(source: Source, *, move_transposes: bool = True) -> Translation:
    """Trace and translate a model.

    move_transposes: let tf2onnx push the transposes around convolutions on until they cancel.

    Raises ModelError where the model can't be traced, or uses operators that ONNX or tf2onnx doesn't have.
    """
    label = by_token(source.layers) if source.layers else by_scope(source.known_scopes)
    frozen = _freeze(source)
    try:
        model = _onnx(frozen, move_transposes, forgiving=False)
    except Exception:
        try:
            model = _onnx(frozen, move_transposes, forgiving=True)
        except Exception as error:
            raise ModelError(
                f"{source.where}: tf2onnx can't translate the model ({reason(error)})"
            ) from error
    return Translation(_known_operators(source, model, label), label)


def _onnx(frozen: Any, move_transposes: bool, forgiving: bool) -> onnx.ModelProto:
    """Run the steps of tf2onnx's from_graph_def, which doesn't let one choose among its optimizers.

    forgiving: go on where an optimizer fails. It costs a copy of all weights before each of them.
    """
    with packages.quiet(), steady():
        return _steps(frozen, move_transposes, forgiving)


def _steps(frozen: Any, move_transposes: bool, forgiving: bool) -> onnx.ModelProto:
    tf, tf2onnx = packages.tensorflow(), packages.tf2onnx()
    inputs = [tensor.name for tensor in frozen.inputs]
    outputs = [tensor.name for tensor in frozen.outputs]
    optimizers = dict(tf2onnx.optimizer._get_optimizers())
    if not move_transposes:
        del optimizers["optimize_transpose"]
    with tf.device("/cpu:0"):
        with tf.Graph().as_default():
            graph_def = _opened(frozen.graph.as_graph_def(add_shapes=True))
            graph_def = tf2onnx.tf_loader.tf_optimize(inputs, outputs, graph_def)
        with tf.Graph().as_default() as graph:
            tf.import_graph_def(graph_def, name="")
            translated = tf2onnx.tfonnx.process_tf_graph(
                graph,
                continue_on_error=True,  # what it can't translate is found and named afterwards
                opset=OPSET,
                custom_op_handlers=dict(mends.HANDLERS),
                input_names=inputs,
                output_names=outputs,
            )
        optimized = tf2onnx.optimizer.optimize_graph(
            translated, catch_errors=forgiving, optimizers=optimizers
        )
        model: onnx.ModelProto = optimized.make_model("")
    return model


def _opened(graph_def: Any) -> Any:
    """Let TensorFlow unfold the functions marked for XLA, which a SavedModel has for grouped convolutions."""
    nodes = [*graph_def.node, *(n for function in graph_def.library.function for n in function.node_def)]
    for marked in [*nodes, *graph_def.library.function]:
        for mark in ("_XlaMustCompile", "_noinline"):
            marked.attr.pop(mark, None)
    return graph_def


def _freeze(source: Source) -> Any:
    """Return the model as one concrete function whose variables and captured values are constants."""
    tf = packages.tensorflow()
    freezing = packages.import_quietly("tensorflow.python.framework.convert_to_constants")
    signature = [tf.TensorSpec(i.shape, i.dtype, name=f"input_{n}") for n, i in enumerate(source.inputs)]
    function = tf.function(lambda *values: source.call(values), autograph=False)
    try:
        with packages.quiet(), unmistakable(source.layers), _inline(tf), recurrent.marked():
            traced = function.get_concrete_function(*signature)
            # Control flow stays whole: tf2onnx knows loops, not the primitive operators they are made of.
            return freezing.convert_variables_to_constants_v2(
                traced, lower_control_flow=False, aggressive_inlining=True
            )
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(f"{source.where}: TensorFlow can't trace the model ({reason(error)})") from error


@contextmanager
def _inline(tf: Any) -> Iterator[None]:
    """Trace functions inside the model as plain code.

    Keras wraps grouped convolutions in a function for XLA, which would stay a closed box in the graph.
    """
    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)


def _known_operators(source: Source, model: onnx.ModelProto, label: Labeller) -> onnx.ModelProto:
    """Pass the model on if all its nodes are standard; tf2onnx leaves in what it can't translate."""
    for node in every_node(model.graph):
        if node.domain or not onnx.defs.has(node.op_type):
            layer = label(node.name)
            place = f"the layer {layer!r}" if layer else "an operation outside all layers"
            raise ModelError(
                f"{source.where}: {place} uses TensorFlow's {node.op_type}, which ONNX doesn't have; "
                "move it out of the model into the preparation of its input, or use another layer"
            )
    return model


def every_node(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    """Yield the nodes of a graph and of the graphs inside its loops and branches."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from every_node(attribute.g)
