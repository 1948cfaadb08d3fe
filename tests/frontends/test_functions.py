"""Functions of a model's own: inlined, unless their name is one that ONNX Runtime has an operator for."""

from __future__ import annotations

import onnx
import pytest
from onnx import helper

from onnx2luau.compiler.errors import ModelError
from onnx2luau.frontends.onnx import import_model
from tests.cases import Case, floats, prove_reference

X = floats(1, 4)


def with_function(domain: str, name: str, called: str | None = None) -> onnx.ModelProto:
    """Return a model that calls a function, which negates, or another operator beside it."""
    opsets = [helper.make_opsetid("", 20)]
    body = [helper.make_node("Neg", ["a"], ["z"])]
    function = helper.make_function(domain, name, ["a"], ["z"], body, opsets)
    node = helper.make_node(called or name, ["x"], ["y"], domain="" if called else domain)
    port = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, X.shape)
    graph = helper.make_graph([node], "g", [port], [helper.make_empty_tensor_value_info("y")])
    own = [] if domain in ("", "ai.onnx") else [helper.make_opsetid(domain, 1)]
    return helper.make_model(graph, functions=[function], opset_imports=[*opsets, *own], ir_version=10)


# Operators with an importer, with a definition, without either, and one that a definition is made of.
@pytest.mark.parametrize(
    ("domain", "name", "called"),
    [
        ("", "Relu", None),
        ("ai.onnx", "Relu", None),
        ("", "Shrink", None),
        ("", "Mish", None),
        ("", "NonZero", None),
        ("", "Where", "Shrink"),
        ("ai.onnx.ml", "Normalizer", None),
    ],
)
def test_a_standard_name_is_refused(domain: str, name: str, called: str | None) -> None:
    with pytest.raises(ModelError, match=f"function '{name}' of its own, .* rename the function"):
        import_model(with_function(domain, name, called), "model")


@pytest.mark.parametrize("domain", ["com.microsoft", "com.microsoft.nchwc", "com.ms.internal.nhwc"])
def test_a_domain_of_onnx_runtime_is_refused(domain: str) -> None:
    with pytest.raises(ModelError, match=f"domain '{domain}', .* give the function another domain"):
        import_model(with_function(domain, "Gelu"), "model")


@pytest.mark.parametrize("domain", ["own", "definition", "com.microsofter", "pkg.onnxscript.torch_lib"])
@pytest.mark.parametrize("name", ["Relu", "Shrink", "Mine"])
def test_other_functions_are_inlined(name: str, domain: str) -> None:
    prove_reference(Case(f"{domain}.{name}", with_function(domain, name), {"x": X[None]}))
