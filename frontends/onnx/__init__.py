"""ONNX models to graphs."""

from onnx2luau.frontends.onnx.external import external_files
from onnx2luau.frontends.onnx.importer import import_model
from onnx2luau.frontends.onnx.load import load_model
from onnx2luau.frontends.onnx.selection import select_outputs

__all__ = ["external_files", "import_model", "load_model", "select_outputs"]
