"""The proof of a translation: ONNX Runtime and Keras give the same answers on the same inputs."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import onnx

from onnx2luau.compiler.agreement import compare
from onnx2luau.compiler.agreement.tolerance import Tolerance
from onnx2luau.compiler.errors import ModelError
from onnx2luau.compiler.onnx_runtime import onnxruntime

from . import packages
from .reason import reason
from .samples import samples
from .source import Source

_ROUNDS = 3
_NODE = re.compile(r"node\. Name:'([^']+)'")
"""How ONNX Runtime names the node at which it fails: "hidden/Reshape", so with its layer."""
_HALF = 4 * float(np.finfo(np.float16).eps)
"""What a few roundings to float16 may cost, in proportion."""


class WrongTranslationError(ModelError):
    """tf2onnx made an ONNX model that fails, or gives other answers than Keras."""


def check(source: Source, model: onnx.ModelProto, tolerance: Tolerance) -> None:
    """Compare the ONNX model with the Keras model on a few seeded samples.

    Raises WrongTranslationError that names the output and the worst error where they differ.
    """
    session = _session(source, model)
    if _computes_in_half(model):
        tolerance = Tolerance(max(tolerance.absolute, _HALF), max(tolerance.relative, _HALF))
    for feed in samples(model, rounds=_ROUNDS):
        expected, answers = _keras_answers(source, feed), _onnx_answers(source, session, feed)
        if len(expected) != len(answers):
            raise WrongTranslationError(
                f"{source.where}: tf2onnx made {len(answers)} outputs of {len(expected)}; "
                "please report it with the model"
            )
        names = [output.name for output in model.graph.output]
        for name, want, got in zip(names, expected, answers, strict=True):
            if want.shape != got.shape:
                raise _wrong(source, name, f"its shape is {got.shape} instead of {want.shape}")
            found = compare({name: got[None]}, {name: want[None]}, tolerance=tolerance)
            if not found.agrees:
                raise _wrong(source, name, f"it is off by {found.worst_absolute:.3g}")


def _computes_in_half(model: onnx.ModelProto) -> bool:
    """Tell a model with a mixed_float16 policy; Keras and ONNX Runtime round its steps differently."""
    half = onnx.TensorProto.FLOAT16
    casts = (a.i for n in model.graph.node if n.op_type == "Cast" for a in n.attribute if a.name == "to")
    return half in casts or any(tensor.data_type == half for tensor in model.graph.initializer)


def _session(source: Source, model: onnx.ModelProto) -> Any:
    runtime = onnxruntime()
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    try:
        return runtime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
    except Exception as error:
        why = f"ONNX Runtime can't run what tf2onnx made ({reason(error)}); please report it with the model"
        raise WrongTranslationError(f"{source.where}: {why}") from error


def _onnx_answers(
    source: Source, session: Any, feed: dict[str, np.ndarray[Any, Any]]
) -> list[np.ndarray[Any, Any]]:
    try:
        return [np.asarray(answer) for answer in session.run(None, feed)]
    except Exception as error:
        node = _NODE.search(str(error))
        place = f"stops at the node {node[1]!r}" if node else "stops"
        why = f"ONNX Runtime {place} in what tf2onnx made ({reason(error)}); please report it with the model"
        raise WrongTranslationError(f"{source.where}: {why}") from error


def _keras_answers(source: Source, feed: dict[str, np.ndarray[Any, Any]]) -> list[np.ndarray[Any, Any]]:
    tf = packages.tensorflow()
    try:
        with packages.quiet():
            values = [tf.constant(feed[i.name], i.dtype) for i in source.inputs]
            try:
                answers = source.call(values)
            except (
                tf.errors.OpError
            ):  # TensorFlow runs channels-first convolutions on a CPU only when compiled
                answers = tf.function(source.call, jit_compile=True)(values)
            return [np.asarray(y) for y in answers]
    except Exception as error:
        why = f"Keras can't run the model on a random sample ({reason(error)})"
        raise ModelError(f"{source.where}: {why}") from error


def _wrong(source: Source, output: str, fault: str) -> WrongTranslationError:
    return WrongTranslationError(
        f"{source.where}: tf2onnx translated it wrongly: the output {output!r} differs between Keras and "
        f"ONNX Runtime, {fault}; please report it with the model"
    )
