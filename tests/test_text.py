"""The textual form: what does not parse is shown with line, column and caret."""

from __future__ import annotations

import pytest

from onnx2luau.compiler.ir.text import parse, print_graph
from onnx2luau.compiler.ir.text.parser import ParseError

GOOD = """graph "small" {
  input %x : f32[1,2] = "x"
  const %w : f32[3,2] = [1.0, 2.0, nan, -inf, 0.5, 6.0]
  %h = dense(x=%x, weight=%w, activation=(max($0, 0.0))) : f32[1,3] @ "layer \\"one\\"" as "h"
  %y = softmax(x=%h, axis=1) : f32[1,3]
  %v, %i = top_k(x=%y, count=2, axis=1) : f32[1,2], i64[1,2] @ "best" as "values", "places"
  output "y" = %y
  output "i" = %i
}
"""

MISTAKES = {
    "unknown op": ("softmax(", "softmix(", 5, 8, "there is no op 'softmix'; the ops are branch, concat,"),
    "unknown value": ("x=%h", "x=%g", 5, 18, "%g is not defined before this"),
    "defined twice": ("%y = ", "%h = ", 5, 3, "%h is defined twice"),
    "wrong type": ("weight=%w, activation=(max($0, 0.0))) : f32[1,3]", "weight=%w) : f32[1,4]", 4, 33, "this op makes f32[1,3]"),
    "bad axis": ("axis=1", "axis=4", 5, 8, "f32[1,3] has no axis 4"),
    "bad attribute": ("axis=1", "axes=1", 5, 8, "softmax has no field 'axes'; it has x, axis, log"),
    "missing field": ("x=%h, axis=1", "x=%h", 5, 8, "softmax needs axis"),
    "wrong kind": ("axis=1", 'axis="1"', 5, 8, "softmax can't take this axis: it is of the wrong kind"),
    "unknown function": ("max($0", "maxi($0", 4, 43, "there is no scalar function 'maxi'"),
    "arity": ("max($0, 0.0)", "max($0)", 4, 43, "'max' takes 2 arguments, not 1"),
    "too few numbers": ("1.0, 2.0, nan", "nan", 3, 25, "f32[3,2] has 6 elements, but 4 are given"),
    "grammar": ("input %x :", "input %x", 2, 12, "this does not fit the grammar"),
    "bad base64": ("[1.0, 2.0, nan, -inf, 0.5, 6.0]", 'base64 "!!"', 3, 25, "this is not base64 of whole elements"),
    "elided": ("[1.0, 2.0, nan, -inf, 0.5, 6.0]", "...", 3, 25, "this text leaves out the data of a constant"),
    "cut short": ("  output \"y\" = %y\n  output \"i\" = %i\n}\n", "", 6, 84, "this does not fit the grammar"),
    "a result too few": ("%v, %i = top_k", "%i = top_k", 6, 3, "this op makes 2 values"),
    "a result too many": ("%y = softmax", "%y, %z = softmax", 5, 3, "this op makes 1 values"),
    "a type too few": ("f32[1,2], i64[1,2]", "f32[1,2]", 6, 43, "this op makes f32[1,2], i64[1,2]"),
    "two results of a name": ("%v, %i =", "%v, %v =", 6, 7, "%v is defined twice"),
}  # fmt: skip


def test_round_trip() -> None:
    graph = parse(GOOD)
    assert print_graph(graph) == GOOD
    assert parse(print_graph(graph)) == graph


def test_large_constants_round_trip() -> None:
    numbers = ", ".join(str(i / 7) for i in range(34))
    graph = parse(GOOD.replace("f32[3,2] = [1.0, 2.0, nan, -inf, 0.5, 6.0]", f"f32[17,2] = [{numbers}]").replace("f32[1,3]", "f32[1,17]"))  # fmt: skip
    text = print_graph(graph)
    assert "base64" in text
    assert parse(text) == graph
    assert "..." in print_graph(graph, elide=True)


@pytest.mark.parametrize("name", sorted(MISTAKES))
def test_mistake(name: str) -> None:
    old, new, line, column, reason = MISTAKES[name]
    assert old in GOOD
    with pytest.raises(ParseError) as caught:
        parse(GOOD.replace(old, new))
    message = str(caught.value)
    assert message.startswith(f"line {line}, column {column}: {reason}")
    _, shown, caret = message.split("\n")
    assert shown == GOOD.replace(old, new).splitlines()[line - 1]
    assert caret == " " * (column - 1) + "^"
