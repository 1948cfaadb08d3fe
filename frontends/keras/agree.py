"""The proof of a translation: ONNX Runtime and Keras give the same answers on the same inputs."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import nullcontext
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
from .source import Call, Source

_ROUNDS = 3
Array = np.ndarray[Any, Any]
Feed = dict[str, Array]
_NODE = re.compile(r"node\. Name:'([^']+)'")
"""How ONNX Runtime names the node at which it fails: "hidden/Reshape", so with its layer."""
_HALF = 4 * float(np.finfo(np.float16).eps)
"""What a few roundings to float16 may cost, in proportion."""


class WrongTranslationError(ModelError):
    """tf2onnx made an ONNX model that fails, or gives other answers than Keras."""


def check(source: Source, model: onnx.ModelProto, tolerance: Tolerance) -> None:
    """Compare the ONNX model with the Keras model on a few seeded samples.

    Where it has states, they are samples too at first, and then what each of the two made of them itself.

    Raises WrongTranslationError that names the output and the worst error where they differ.
    """
    session = _session(source, model)
    if _computes_in_half(model):
        tolerance = Tolerance(max(tolerance.absolute, _HALF), max(tolerance.relative, _HALF))
    names = [output.name for output in model.graph.output]
    feeds = list(samples(model, rounds=_ROUNDS))
    for feed in feeds:
        expected = _keras_answers(source, [feed])[0]
        _compare(source, names, expected, _onnx_answers(source, session, feed), tolerance)
    if source.states:
        _check_in_a_row(source, session, names, feeds, tolerance)


def _check_in_a_row(
    source: Source, session: Any, names: Sequence[str], feeds: Sequence[Feed], tolerance: Tolerance
) -> None:
    """Compare predictions in a row: Keras keeps its states, and ONNX Runtime is given its own again."""
    split = len(names) - source.states
    pasts = [i.name for i in source.inputs[-source.states :]]
    states = [np.zeros_like(feeds[0][past]) for past in pasts]
    for feed, expected in zip(feeds, _keras_answers(source, feeds, remembers=True), strict=True):
        answers = _onnx_answers(source, session, feed | dict(zip(pasts, states, strict=True)))
        states = answers[split:]
        _compare(source, names[:split], expected, answers[:split], tolerance)


def _compare(
    source: Source, names: Sequence[str], expected: list[Array], answers: list[Array], tolerance: Tolerance
) -> None:
    if len(expected) != len(answers):
        raise WrongTranslationError(
            f"{source.where}: tf2onnx made {len(answers)} outputs of {len(expected)}; "
            "please report it with the model"
        )
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


def _onnx_answers(source: Source, session: Any, feed: Feed) -> list[Array]:
    try:
        return [np.asarray(answer) for answer in session.run(None, feed)]
    except Exception as error:
        node = _NODE.search(str(error))
        place = f"stops at the node {node[1]!r}" if node else "stops"
        why = f"ONNX Runtime {place} in what tf2onnx made ({reason(error)}); please report it with the model"
        raise WrongTranslationError(f"{source.where}: {why}") from error


def _keras_answers(source: Source, feeds: Sequence[Feed], *, remembers: bool = False) -> list[list[Array]]:
    """Return Keras's answers to each feed, which it remembers or is given the states of."""
    tf = packages.tensorflow()
    try:
        with packages.quiet():
            try:
                return _called(source, feeds, remembers, lambda call: call)
            except tf.errors.OpError:
                # TensorFlow runs channels-first convolutions on a CPU only when compiled
                return _called(source, feeds, remembers, lambda call: tf.function(call, jit_compile=True))
    except ModelError:
        raise
    except Exception as error:
        why = f"Keras can't run the model on a random sample ({reason(error)})"
        raise ModelError(f"{source.where}: {why}") from error


def _called(
    source: Source, feeds: Sequence[Feed], remembers: bool, made: Callable[[Call], Call]
) -> list[list[Array]]:
    tf = packages.tensorflow()
    inputs = source.inputs[: len(source.inputs) - source.states] if remembers else source.inputs
    opened = source.remembering() if remembers and source.remembering else nullcontext(source.call)
    with opened as call:
        function = made(call)
        rows = [[tf.constant(feed[i.name], i.dtype) for i in inputs] for feed in feeds]
        return [[np.asarray(answer) for answer in function(row)] for row in rows]


def _wrong(source: Source, output: str, fault: str) -> WrongTranslationError:
    return WrongTranslationError(
        f"{source.where}: tf2onnx translated it wrongly: the output {output!r} differs between Keras and "
        f"ONNX Runtime, {fault}; please report it with the model"
    )
