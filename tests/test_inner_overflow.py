"""Numbers too large for singles inside an expression: seen, unless generated code limits them as well."""

from __future__ import annotations

import numpy as np
import pytest

from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.text import parse
from onnx2luau.proof.inner_overflow import InnerOverflow

LARGE = 1e30
FREE = [
    # A square that a root brings back: doubles go on, singles are infinite.
    "sqrt(mul($0, $0))",
    # The expectation of a square less the square of an expectation.
    "sqrt(sub(mul($0, $0), mul($1, $1)))",
    "log(mul($0, $0))",
    "add(sub(mul($0, $1), mul($0, $1)), 1.0)",
]
LIMITED = [
    # What is stored, and what a quotient is computed of, is infinite in both.
    "mul($0, $0)",
    "div(1.0, mul($0, $0))",
    "div(mul($0, $0), mul($1, $1))",
    "sqrt(to_f32(mul($0, $0)))",
]


def overflows(body: str, size: float) -> bool:
    operands = "%x, %z" if "$1" in body else "%x"
    graph = parse(
        f"""graph "one expression" {{
            input %x : f32[2] = "x"
            input %z : f32[2] = "z"
            %y = pointwise(body=({body}), inputs=[{operands}], dtype=!f32) : f32[2]
            output "y" = %y
        }}"""
    )
    [node] = graph.nodes
    assert isinstance(node.op, Pointwise)
    array = np.array([1.0, size], np.float32)
    return InnerOverflow(graph).happens(node.op, node.result, dict.fromkeys(node.op.inputs, array))


@pytest.mark.parametrize("body", FREE)
def test_doubles_that_go_on_are_seen(body: str) -> None:
    assert overflows(body, LARGE)
    assert not overflows(body, 3.0)


@pytest.mark.parametrize("body", LIMITED)
def test_what_overflows_as_singles_do_is_none(body: str) -> None:
    assert not overflows(body, LARGE)


def test_infinity_that_was_given_is_none() -> None:
    assert not overflows("sqrt(mul($0, $0))", np.inf)


@pytest.mark.parametrize(
    "body",
    [
        "neg(gt($0, 1.0))",
        "sub(is_nan($0), eq($0, $1))",
        "mul(not($0), and($0, $1))",
        "pow(lt($0, 2.0), -1.0)",
    ],
)
def test_truth_values_are_numbers(body: str) -> None:
    assert not overflows(body, LARGE)
