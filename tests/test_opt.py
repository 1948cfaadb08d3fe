"""onnx2luau opt: passes over a graph in its textual form, as people write and read it."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import onnx
import pytest
from onnx import helper

import onnx2luau as package
from onnx2luau.builds.manifest import read_manifest
from onnx2luau.compiler import passes
from onnx2luau.compiler.errors import DisagreementError
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.text import parse, print_graph
from onnx2luau.compiler.passes import run_pipeline
from onnx2luau.frontends.onnx import import_model
from tests.cases import floats, make_model
from tests.command_line import onnx2luau

TEXT = """graph "small" {
  input %x : f32[2] = "x"
  const %a : f32[2] = [1.0, 2.0]
  %b = pointwise(body=(neg($0)), inputs=[%a], dtype=!f32) : f32[2]
  %c = pointwise(body=(add($0, $1)), inputs=[%x, %b], dtype=!f32) : f32[2]
  %d = pointwise(body=(exp($0)), inputs=[%c], dtype=!f32) : f32[2]
  output "c" = %c
}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "small.ir"
    path.write_text(TEXT)
    return path


def test_passes_in_the_order_that_is_asked_for(file: Path) -> None:
    folded = onnx2luau("opt", file, "--pass", "fold_constants").output
    assert "const %b_folded : f32[2] = [-1.0, -2.0]" in folded
    assert "%d = " in folded
    both = onnx2luau("opt", file, "--pass", "fold_constants", "--pass", "remove_dead_code").output
    assert "%a" not in both
    assert "%d = " not in both
    assert parse(onnx2luau("opt", file).output) == run_pipeline(parse(TEXT))


def test_a_model_goes_through_text(tmp_path: Path) -> None:
    nodes = [helper.make_node("MatMul", ["x", "w"], ["h"]), helper.make_node("Relu", ["h"], ["y"])]
    model = make_model(nodes, {"x": floats(1, 8)}, ["y"], {"w": floats(8, 5)})
    onnx.save(model, tmp_path / "model.onnx")
    shown = onnx2luau("inspect", tmp_path / "model.onnx", "--weights").output
    (tmp_path / "model.ir").write_text(shown)
    done = onnx2luau("opt", tmp_path / "model.ir", "-o", tmp_path / "again.ir")
    assert done.status == 0, done.trouble
    assert done.output == ""
    graph = parse((tmp_path / "again.ir").read_text())
    assert print_graph(graph) == print_graph(run_pipeline(import_model(model, "model")))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("neg($0)", "nag($0)"), "small.ir, line 4, column 24: there is no scalar function 'nag'"),
        (("[1.0, 2.0]", "..."), "this text leaves out the data of a constant, so it can't be read back"),
        (("graph", "grph"), "small.ir, line 1, column 1: this does not fit the grammar"),
        (("[1.0, 2.0]", "[1.0]"), "f32[2] has 2 elements, but 1 are given"),
        (("(neg($0))", "(" + "neg(" * 50_000 + "$0" + ")" * 50_001), "its expressions are too deep"),
    ],
)
def test_a_mistake_is_told_with_its_place(change: tuple[str, str], sentence: str, file: Path) -> None:
    file.write_text(TEXT.replace(*change))
    done = onnx2luau("opt", file)
    assert done.status == 2
    assert sentence in done.error
    assert done.output == ""


def test_files_that_are_no_graphs(tmp_path: Path) -> None:
    for name in ("absent.ir", "a" * 5000, "."):
        assert onnx2luau("opt", name, cwd=tmp_path).status == 2
    os.mkfifo(tmp_path / "pipe.ir")
    assert "is not a regular file" in onnx2luau("opt", tmp_path / "pipe.ir").error
    (tmp_path / "bytes.ir").write_bytes(b"\xff\xfe")
    assert "it is not text" in onnx2luau("opt", tmp_path / "bytes.ir").error
    assert "there is no pass 'magic'" in onnx2luau("opt", tmp_path / "bytes.ir", "--pass", "magic").error


def test_a_graph_is_compiled_and_proved_against_the_reference(file: Path, tmp_path: Path) -> None:
    done = onnx2luau("compile", file, "-o", tmp_path / "b")
    assert done.status == 0, done.trouble
    assert "against the numpy reference on" in done.output
    manifest = read_manifest(tmp_path / "b")
    assert manifest.source["file"] == "small.ir"
    assert manifest.verification is not None
    assert manifest.verification["oracle"].startswith("numpy ")
    assert "-- Against the numpy reference on " in (tmp_path / "b" / "Model.luau").read_text()
    for wish in ([], ["--layers"]):
        checked = onnx2luau("verify", file, tmp_path / "b", *wish)
        assert checked.status == 0, checked.trouble
        assert "ONNX Runtime" not in checked.output
    # What it computes is another one's.
    other = tmp_path / "other.ir"
    other.write_text(TEXT.replace("neg($0)", "abs($0)"))
    assert "the build does not agree: output 'c'" in onnx2luau("verify", other, tmp_path / "b").trouble
    tuned = onnx2luau("compile", file, "-o", tmp_path / "b", "--tune")
    assert tuned.status == 0, tuned.trouble


def test_a_pass_that_changes_the_meaning_is_found(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def turned(graph: Graph) -> Graph:
        return parse(print_graph(graph).replace("add($0", "sub($0"))

    monkeypatch.setattr(passes, "PIPELINE", (turned, *passes.PIPELINE))
    with pytest.raises(DisagreementError, match="does not agree with the numpy reference: output 'c'"):
        package.compile(file, tmp_path / "b")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["bench"], "small.ir is a graph, which ONNX Runtime can't run; bench its build or a model"),
        (["inspect", "--output", "c"], "small.ir is a graph, whose outputs stand in it; change them there"),
        (["inspect", "--dim", "n=3"], "small.ir is a graph, whose sizes stand in it; change them there"),
    ],
)
def test_what_a_graph_is_not_asked_for(words: list[str], sentence: str, file: Path) -> None:
    command, *options = words
    done = onnx2luau(command, file, *options)
    assert done.error == sentence
    assert done.status == 2


def graph_of(type_: str, node: str, *constants: str) -> str:
    """Return a graph of one node that makes %y."""
    lines = [f'input %x : {type_} = "x"', *constants, f"%y = {node}", 'output "y" = %y']
    return 'graph "g" {\n' + "\n".join(lines) + "\n}\n"


NEG = "pointwise(body=(neg($0)), inputs=[%x], dtype=!f32) : "
ONES = ",".join(["1"] * 70)
NAN = "const %w : f32[2,2] = [1.0, nan, 3.0, 4.0]"
REFUSED = {
    "a huge result": (graph_of("f32[1]", "expand(x=%x, shape=[1099511627776]) : f32[1099511627776]"), "%y is f32[1099511627776], more than the 67,108,864 elements"),
    "a huge input": (graph_of("f32[1099511627776]", f"{NEG}f32[1099511627776]"), "%x is f32[1099511627776], more than"),
    "many large tensors": (graph_of("f32[50000000]", f"{NEG}f32[50000000]"), "the network needs 100,000,000 numbers at once"),
    "many axes": (graph_of(f"f32[{ONES}]", f"{NEG}f32[{ONES}]"), "more than the 64 axes that are supported"),
    "half precision": (graph_of("f16[2]", "pointwise(body=(neg($0)), inputs=[%x], dtype=!f16) : f16[2]"), "%x is f16, which"),
    "no elements": (graph_of("f32[0]", f"{NEG}f32[0]"), "the input 'x' has no elements"),
    "spoilt weights": (graph_of("f32[1,2]", "dense(x=%x, weight=%w) : f32[1,2]", NAN), "the weights of 'y' hold NaN or infinity"),
    "a shape of fractions": (graph_of("f32[2]", "reshape(x=%x, shape=[2.0]) : f32[2]"), "reshape can't take this shape: it is of the wrong kind"),
    "a constant of names": (graph_of("f32[2]", f"{NEG}f32[2]", "const %c : f32[1] = [%x]"), "the data of a constant is a list of numbers"),
    "an unread operand": (graph_of("f32[2]", "pointwise(body=(2.0), inputs=[%x], dtype=!f32) : f32[2]"), "the operand $0 is not read"),
    "an activation of nothing": (graph_of("f32[1,2]", "dense(x=%x, weight=%w, activation=(1.0)) : f32[1,2]", NAN), "(1.0) is not a function of $0 alone"),
    "many inputs": ("graph \"g\" {\n" + "".join(f"input %x{i} : f32[1] = \"{i}\"\n" for i in range(1000)) + "output \"y\" = %x0\n}\n", "the model has 1,001 inputs and outputs"),
    "a long list": (graph_of("f32[2]", f"{NEG}f32[2]", f"const %c : f32[3000000] = [{'0,' * 2_999_999}0]"), "is too long; write large constants as base64"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_graphs_that_are_refused(name: str, file: Path, tmp_path: Path) -> None:
    """As models are, before memory is taken."""
    text, sentence = REFUSED[name]
    file.write_text(text)
    tracemalloc.start()
    with pytest.raises(package.Onnx2LuauError) as caught:
        package.compile(file, tmp_path / "b", verify=False)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sentence in str(caught.value)
    assert most < 2**28
    assert not (tmp_path / "b").exists()
