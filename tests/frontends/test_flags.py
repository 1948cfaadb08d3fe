"""Attributes that are truth values: 0 and 1 are read as ONNX Runtime reads them, all else is refused by name."""

from __future__ import annotations

import onnx
import pytest
from onnx import helper

from onnx2luau.compiler.errors import ModelError
from onnx2luau.frontends.onnx import import_model
from onnx2luau.frontends.onnx.registry import all_importers
from tests.cases import Case, prove_reference
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
