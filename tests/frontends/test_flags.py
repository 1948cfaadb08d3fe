"""Attributes that are truth values: 0 and 1 are read as ONNX Runtime reads them, all else is refused by name."""

from __future__ import annotations

from functools import partial

import numpy as np
import onnx
import pytest
from onnx import helper

from onnx2luau.compiler.errors import ModelError
from onnx2luau.frontends.onnx import import_model
from onnx2luau.frontends.onnx.expand import FLAGS as DEFINED_FLAGS
from onnx2luau.frontends.onnx.expand import MODES, has_definition
from onnx2luau.frontends.onnx.registry import all_importers, find
from tests.cases import Case, case, floats, prove_reference
from tests.test_ops import CASES

FLAGS = [
    (importer.operator, name)
    for importer in all_importers()
    for name, parameter in importer.attributes.items()
    if bool in importer.kinds(parameter)
]
ELSEWHERE = {"training_mode", "transA", "transB"}
"""What is refused for training, and what needs other shapes, as the cases of Gemm have."""


def with_flag(operator: str, name: str, value: int) -> Case:
    """Return a case of the operator with the attribute set, of an old opset so that any ONNX Runtime knows it."""
    fitting = [
        each
        for each in CASES
        if len(each.model.graph.node) == 1
        and each.model.graph.node[0].op_type == operator
        and each.model.opset_import[0].version >= 18
        and each.samples
        and name in onnx.defs.get_schema(operator, each.model.opset_import[0].version, "").attributes
    ]
    case = min(fitting, key=lambda each: each.model.opset_import[0].version)
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    node = model.graph.node[0]
    kept = [each for each in node.attribute if each.name != name]
    del node.attribute[:]
    node.attribute.extend([*kept, helper.make_attribute(name, value)])
    for port in model.graph.output:
        port.type.tensor_type.ClearField("shape")
    return Case(f"{operator} {name}={value}", model, case.samples)


@pytest.mark.parametrize(("operator", "name"), FLAGS)
def test_what_is_neither_0_nor_1_is_refused(operator: str, name: str) -> None:
    for value in (2, -1, 2**40):
        case = with_flag(operator, name, value)
        with pytest.raises(ModelError, match=rf"its attribute '{name}' is {value}\)"):
            import_model(case.model, "model")


@pytest.mark.parametrize(("operator", "name"), [flag for flag in FLAGS if flag[1] not in ELSEWHERE])
def test_0_and_1_are_read_as_onnx_runtime_reads_them(operator: str, name: str) -> None:
    for value in (0, 1):
        prove_reference(with_flag(operator, name, value))


def _reduced(operator: str, name: str, flag: int) -> Case:
    return case(operator, np.abs(floats(2, 3, 4)), np.array([1]), constant=(1,), **{name: flag})


Q, K, V = (floats(1, 2, 3, 4, seed=seed) for seed in (3, 4, 5))
TABLE = floats(1, 3, 2, seed=6)
DEFINED = {
    ("Attention", "is_causal"): lambda flag: case("Attention", Q, K, V, opset=23, is_causal=flag),
    ("RotaryEmbedding", "interleaved"): lambda flag: case(
        "RotaryEmbedding", Q, TABLE, TABLE, opset=23, interleaved=flag
    ),
    **{
        (operator, name): partial(_reduced, operator, name)
        for operator in ("ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceSumSquare")
        for name in ("keepdims", "noop_with_empty_axes")
    },
    ("CastLike", "saturate"): lambda flag: case("CastLike", np.array([1, 0, 3]), floats(1), saturate=flag),
}
"""Operators that are expanded by their definition, with each of their flags."""
ONLY_FOR_FLOAT8 = ("CastLike", "saturate"), 0
NUMBERS = {"stash_type", "output_datatype", "rotary_embedding_dim", *MODES}
"""Attributes of these operators that are 0 or 1 when they are left out, but no flags."""


def test_every_flag_of_a_definition_is_known() -> None:
    found = {
        (schema.name, name)
        for schema in onnx.defs.get_all_schemas()
        if not schema.domain and has_definition(schema.name) and find("", schema.name) is None
        for name, attribute in schema.attributes.items()
        if attribute.default_value.type == onnx.AttributeProto.INT and attribute.default_value.i in (0, 1)
    }
    assert {name for _, name in found} - NUMBERS == DEFINED_FLAGS
    assert set(DEFINED) <= found


@pytest.mark.parametrize(("operator", "name"), DEFINED)
def test_flags_of_definitions(operator: str, name: str) -> None:
    for value in (2, -1, 2**40):
        with pytest.raises(ModelError, match=rf"its attribute '{name}' is {value}\)"):
            import_model(DEFINED[operator, name](value).model, "model")
    for value in (0, 1):
        if ((operator, name), value) != ONLY_FOR_FLOAT8:  # which ONNX Runtime refuses elsewhere
            prove_reference(DEFINED[operator, name](value))


@pytest.mark.parametrize("mode", [-1, 4, 2**40])
def test_modes_of_definitions(mode: int) -> None:
    model = case("Attention", Q, K, V, opset=23, qk_matmul_output_mode=mode).model
    with pytest.raises(ModelError, match=rf"its attribute 'qk_matmul_output_mode' is {mode}\)"):
        import_model(model, "model")
