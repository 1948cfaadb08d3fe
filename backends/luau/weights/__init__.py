"""The numbers of a model as Luau modules of fewer than 200,000 characters."""

from onnx2luau.backends.luau.weights.encode import encode_parts
from onnx2luau.backends.luau.weights.store import Entry, WeightStore, reduced

__all__ = ["Entry", "WeightStore", "encode_parts", "reduced"]
