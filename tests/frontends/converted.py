"""Keras models as ONNX, without what is said of their states."""

from __future__ import annotations

from typing import Any

import onnx

from onnx2luau.frontends import keras


def convert(model: Any, **options: Any) -> onnx.ModelProto:
    """Return the ONNX model of a Keras model."""
    return keras.convert(model, **options).model
