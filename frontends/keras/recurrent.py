"""LSTM, GRU and SimpleRNN layers as the ONNX operators of these names.

TensorFlow traces a recurrent layer as a loop of small operators, which tf2onnx turns into an ONNX Loop. While
a model is traced, a layer that ONNX has an operator for leaves one marker in the graph instead: the operator
that TensorFlow keeps for GPUs, CudnnRNNV3, with its parameters laid out as ONNX wants them. It is never run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from . import packages

MARKER = "CudnnRNNV3"
_OPERATORS = {"lstm": "LSTM", "gru": "GRU", "rnn_tanh": "RNN", "rnn_relu": "RNN"}


@contextmanager
def marked() -> Iterator[None]:
    """Let recurrent layers leave markers for as long as the context lasts."""
    layers = packages.keras().layers
    classes = [layers.RNN, layers.LSTM, layers.GRU]
    originals = [cls.inner_loop for cls in classes]
    for cls, original in zip(classes, originals, strict=True):
        cls.inner_loop = _marking(original)
    try:
        yield
    finally:
        for cls, original in zip(classes, originals, strict=True):
            cls.inner_loop = original


def _marking(original: Callable[..., Any]) -> Callable[..., Any]:
    def inner_loop(layer: Any, sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
        mode = _mode(layer.cell)
        if mode is None or mask is not None or layer.unroll or sequences.dtype != "float32":
            return original(layer, sequences, initial_state, mask, training=training)
        return _mark(layer, mode, sequences, initial_state)

    return inner_loop


def _mode(cell: Any) -> str | None:
    """Return the marker's name for what the cell does, or None where ONNX has no operator for it."""
    keras = packages.keras()
    tanh, sigmoid, relu = keras.activations.tanh, keras.activations.sigmoid, keras.activations.relu
    if type(cell) is keras.layers.SimpleRNNCell:
        return {tanh: "rnn_tanh", relu: "rnn_relu"}.get(cell.activation)
    usual = (
        getattr(cell, "activation", None) is tanh and getattr(cell, "recurrent_activation", None) is sigmoid
    )
    if usual and type(cell) is keras.layers.LSTMCell:
        return "lstm"
    if usual and type(cell) is keras.layers.GRUCell:
        return "gru"
    return None


def _mark(layer: Any, mode: str, sequences: Any, initial_state: Any) -> tuple[Any, Any, list[Any]]:
    """Return the last output [batch, units], all outputs [batch, time, units] and the final states."""
    tf = packages.tensorflow()
    x = tf.transpose(sequences[:, ::-1] if layer.go_backwards else sequences, [1, 0, 2])
    states = [tf.convert_to_tensor(state)[tf.newaxis] for state in initial_state]
    y, h, c, _, _ = tf.raw_ops.CudnnRNNV3(
        input=x,
        input_h=states[0],
        input_c=states[-1],
        params=_parameters(layer.cell, mode),
        sequence_lengths=tf.fill([x.shape[1]], x.shape[0]),
        rnn_mode=mode,
        is_training=False,
        # The seed of a dropout that there is not; it carries when a GRU applies its reset gate.
        seed=int(getattr(layer.cell, "reset_after", False)),
    )
    final = [tf.squeeze(state, [0]) for state in (h, c)[: len(states)]]
    return final[0], tf.transpose(y, [1, 0, 2]), final


def _parameters(cell: Any, mode: str) -> Any:
    """Return ONNX's W [gates * units, inputs], R [gates * units, units], B [2 * gates * units] in one row."""
    tf = packages.tensorflow()
    order = [0, 3, 1, 2] if mode == "lstm" else [0, 1, 2] if mode == "gru" else [0]  # Keras: ifco, ONNX: iofc

    def gates(values: Any) -> list[Any]:
        parts = tf.split(tf.convert_to_tensor(values), len(order), axis=-1)
        return [tf.reshape(tf.transpose(parts[gate]), [-1]) for gate in order]

    zero = tf.zeros([len(order) * cell.units])
    bias = tf.convert_to_tensor(cell.bias) if cell.use_bias else zero
    both = [bias[0], bias[1]] if bias.shape.rank == 2 else [bias, zero]
    return tf.concat([part for v in (cell.kernel, cell.recurrent_kernel, *both) for part in gates(v)], axis=0)


def from_marker(graph: Any, node: Any, name: str, _args: Any) -> None:
    """Put ONNX's LSTM, GRU or RNN in the place of a marker (a tf2onnx handler)."""
    mode = node.get_attr_value("rnn_mode")
    mode = mode.decode() if isinstance(mode, bytes) else mode
    x, h, c, parameters = node.input[:4]
    steps, batch, inputs = graph.get_shape(x)
    units = graph.get_shape(h)[-1]
    gates = {"LSTM": 4, "GRU": 3, "RNN": 1}[_OPERATORS[mode]] * units
    y, y_h, y_c = node.output[:3]
    attributes: dict[str, Any] = {"hidden_size": units}
    if mode == "gru":
        attributes["linear_before_reset"] = node.get_attr_value("seed")
    if mode == "rnn_relu":
        attributes["activations"] = ["Relu"]
    dtype = graph.get_dtype(x)
    graph.remove_node(name)

    sizes = graph.make_const(f"{name}/sizes", np.array([gates * inputs, gates * units, 2 * gates], np.int64))
    split = graph.make_node("Split", [parameters, sizes.output[0]], output_count=3, name=f"{name}/split")
    shapes = [[1, gates, inputs], [1, gates, units], [1, 2 * gates]]
    weights = [
        _reshaped(graph, f"{name}/{i}", split.output[i], shape, dtype) for i, shape in enumerate(shapes)
    ]

    state = [batch, units]
    outputs = [f"{name}/y", y_h] + ([y_c] if mode == "lstm" else [])
    graph.make_node(
        _OPERATORS[mode],
        [x, *weights, "", h] + ([c] if mode == "lstm" else []),
        outputs=outputs,
        shapes=[[steps, 1, *state], [1, *state], [1, *state]][: len(outputs)],
        dtypes=[dtype] * len(outputs),
        name=name,
        attr=attributes,
    )
    axis = graph.make_const(f"{name}/axis", np.array([1], np.int64)).output[0]
    graph.make_node(
        "Squeeze",
        [outputs[0], axis],
        outputs=[y],
        shapes=[[steps, *state]],
        dtypes=[dtype],
        name=f"{name}/flat",
    )


def _reshaped(graph: Any, name: str, tensor: str, shape: list[int], dtype: int) -> str:
    target = graph.make_const(f"{name}/shape", np.array(shape, np.int64)).output[0]
    node = graph.make_node("Reshape", [tensor, target], name=name, shapes=[shape], dtypes=[dtype])
    return str(node.output[0])
