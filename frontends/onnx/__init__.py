"""ONNX models to graphs."""

from onnx2luau.frontends.onnx.importer import import_model
from onnx2luau.frontends.onnx.load import load_model

__all__ = ["import_model", "load_model"]
