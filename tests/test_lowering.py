"""What keeps generated code within Luau's limits: the plan, outlining, files, the printer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import helper

from onnx2luau.backends.luau.emit.outline import outline
from onnx2luau.backends.luau.options import ENCODINGS, Options
from onnx2luau.backends.luau.plan.memory import make_plan
from onnx2luau.backends.luau.scheduling import schedule
from onnx2luau.backends.luau.syntax.arithmetic import call, plus, times
from onnx2luau.backends.luau.syntax.expressions import print_expression
from onnx2luau.backends.luau.syntax.facts import Facts, facts_of
from onnx2luau.backends.luau.syntax.nodes import (
    Binary,
    Call,
    Choice,
    Comment,
    Do,
    Expression,
    Local,
    Name,
    Number,
    Parameter,
    Statement,
    String,
    Table,
    Unary,
)
from onnx2luau.backends.luau.syntax.printer import print_statements
from onnx2luau.backends.luau.weights import WeightStore, encode_parts
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.compiler.passes import run_pipeline
from onnx2luau.frontends.onnx import import_model
from tests.cases import Case, case, floats, luau_text, make_model, prove, write_build
from tests.networks import Network
from tests.stylua import assert_formatted

SCRIPTS = Path(__file__).parent / "luau"


def chain(length: int) -> Case:
    """Return small layers, one after another."""
    network = Network((1, 5), 0)
    for _ in range(length):
        network.dense(5, True)
        network.add("Tanh")
    return Case("chain", network.model(), {"x": network.input[None]})


def many_operands(count: int, known: int = 0, operator: str = "Concat", **attributes: int) -> Case:
    """Return one layer of many tensors, some of which are constants: every other one while there are any."""
    tensors = {f"x{i}": floats(1, 2, seed=i) for i in range(count)}
    constants = dict(
        list(tensors.items())[1 : 2 * known : 2] if known < count // 2 else list(tensors.items())[1:]
    )
    inputs = {name: array for name, array in tensors.items() if name not in constants}
    node = helper.make_node(operator, list(tensors), ["y"], **attributes)
    model = make_model([node], inputs, ["y"], constants)
    return Case("many operands", model, {name: array[None] for name, array in inputs.items()})


@pytest.mark.parametrize(
    "tested",
    [
        chain(3),
        chain(90),
        many_operands(400, axis=1),
        many_operands(61, 60, axis=1),
        many_operands(62, 61, axis=1),
        many_operands(301, 300, axis=1),
        many_operands(500, 200, axis=1),
        many_operands(1500, 700, axis=1),
        many_operands(300, operator="Sum"),
        many_operands(300, 149, operator="Max"),
    ],
    ids=[
        "few",
        "layers",
        "operands",
        "constants",
        "more",
        "many",
        "both",
        "more than a file holds",
        "sum",
        "maximum",
    ],
)
def test_size_is_no_limit(tested: Case, tmp_path: Path, client: Lune) -> None:
    prove(tested, tmp_path, client)
    for path in tmp_path.rglob("*.luau"):
        assert len(path.read_text()) < 200_000
    assert_formatted(tmp_path)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_weights_are_divided_among_files(encoding: str, tmp_path: Path, client: Lune) -> None:
    network = Network((1, 300), 1)
    network.dense(400, True)
    prove(
        Case("wide", network.model(), {"x": network.input[None]}),
        tmp_path,
        client,
        Options(encoding=encoding),
    )
    parts = sorted((tmp_path / "weights").iterdir())
    assert len(parts) > 2
    for path in parts:
        assert len(path.read_text()) < 200_000
    assert_formatted(tmp_path)


def test_each_statement_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer that is cut into many functions takes no longer a statement than one that is not."""
    seen: list[Statement] = []

    def counted(statement: Statement) -> Facts:
        seen.append(statement)
        return facts_of(statement)

    monkeypatch.setattr("onnx2luau.backends.luau.emit.outline.facts_of", counted)
    x = Name("x")
    body = [Local((Parameter(f"v{i}"),), (plus(x, i),)) for i in range(3000)]
    parts = outline("many", (), [Local((Parameter("x"),), (Number(1),))], body, set())
    assert len(parts) > 10
    assert len(seen) == len(body)


@pytest.mark.parametrize("mode", ["edge", "reflect", "wrap"])
def test_a_pad_of_many_axes_is_short(mode: str, tmp_path: Path) -> None:
    """Its code grows with the number of axes, not with the number of regions that they divide a border into."""
    sizes = []
    for rank in (3, 5, 7):
        tested = case("Pad", floats(*[3] * rank), np.ones(2 * rank, np.int64), constant=(1,), mode=mode)
        graph = run_pipeline(import_model(tested.model, "padded"))
        write_build(graph, Options("client"), tested.samples, tmp_path / str(rank))
        sizes.append(len(luau_text(tmp_path / str(rank))))
    assert sizes[1] < 3 * sizes[0]
    assert sizes[2] < 3 * sizes[1]


def test_scratch_is_reused() -> None:
    network = Network((1, 5), 0)
    for _ in range(20):
        network.dense(5, True)
        network.add("Softmax")
    graph = run_pipeline(import_model(network.model(), "chain"))
    assert len(make_plan(schedule(graph, Options())).scratch) == 2


def test_every_value_survives_storage(tmp_path: Path, client: Lune) -> None:
    """Extreme numbers come back as they are, in every format and encoding."""
    singles = np.array(
        [0, -0.0, 1e-45, 1.1754944e-38, 3.4028235e38, 0.1, -1 / 3, np.inf, -np.inf, np.nan], "f4"
    )
    halves = np.array([0, -0.0, 6e-8, 6.1e-5, 65504, 0.1, -1 / 3, 2048.5, np.nan], "f2").astype("f4")
    integers = np.array([0, -1, 2**24 + 1, 2**53 - 1, -(2**53 - 1)], np.int64)
    for encoding in ENCODINGS:
        store = WeightStore("f16", encoding)
        arrays = (singles, halves, integers)
        entries = [store.add(array, reducible=array is halves) for array in arrays]
        assert [entry.format for entry in entries] == ["f32", "f16", "f64"]
        folder = tmp_path / encoding
        folder.mkdir()
        for index, text in enumerate(encode_parts(store), 1):
            (folder / f"part{index}.luau").write_text(text)
        runtime = (
            Path(__file__).parents[1]
            / "runtime_luau"
            / {"table": "literals.luau"}.get(encoding, "base64.luau")
        )
        answer = client.call(
            SCRIPTS / "storage.luau",
            {
                "reader": client.require_path(runtime, SCRIPTS),
                "part": client.require_path(folder / "part1.luau", SCRIPTS),
                "entries": [vars(entry) for entry in entries],
            },
        )
        for array, texts in zip(arrays, answer, strict=True):
            got = np.array([float(text) for text in texts])
            np.testing.assert_array_equal(got, array.astype(np.float64), err_msg=encoding)
            assert (np.signbit(got) == np.signbit(array.astype(np.float64)))[~np.isnan(got)].all()


X, Y = Name("x"), Name("y")


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (Binary("*", Binary("+", X, Y), Number(2)), "(x + y) * 2"),
        (Binary("-", X, Binary("-", Y, Number(1))), "x - (y - 1)"),
        (Binary("/", X, Binary("*", Y, X)), "x / (y * x)"),
        (Unary("-", Unary("-", X)), "-(-x)"),
        (Unary("-", Binary("+", X, Y)), "-(x + y)"),
        (Binary("^", Unary("-", X), Number(2)), "(-x) ^ 2"),
        (Binary("+", Choice(Binary("<", X, Y), X, Y), Number(1)), "(if x < y then x else y) + 1"),
        (Unary("not", Binary("and", X, Y)), "not (x and y)"),
        (Binary("-", X, Number(-1.5)), "x - -1.5"),
        (Number(float("inf")), "math.huge"),
        (Binary("*", Number(float("nan")), X), "0 / 0 * x"),
        (Number(1e300), "1e+300"),
        (Number(-0.0), "-0.0"),
        (String('a"b\\\n\x00\x7fé9'), '"a\\034b\\\\\\n\\000\\127\\195\\1699"'),
        (Table(()), "{}"),
        (Table((X, Number(1)), ("a", "b")), "{ a = x, b = 1 }"),
        (call("math.max", X, Number(0)), "math.max(x, 0)"),
        (plus(plus(X, 3), -3), "x"),
        (plus(times(X, 4), -1), "x * 4 - 1"),
        (plus(Number(2), Number(3)), "5"),
        (times(times(X, 2), 3), "x * 6"),
    ],
)
def test_expressions(expression: Expression, text: str) -> None:
    assert print_expression(expression) == text


def test_long_statements_break_as_stylua_breaks_them(tmp_path: Path) -> None:
    words = tuple(String("w" * 30 + str(i)) for i in range(6))
    statements = [
        Comment("a comment " * 30),
        Local((Parameter("a"),), (Table(words),)),
        Local((Parameter("b"),), (Call(Name("f"), words),)),
        Local((Parameter("c"),), (Call(Name("f"), (Table(words),)),)),
        Local(tuple(Parameter(f"d{i}") for i in range(4)), words[:4]),
        Do(Call(Name("print"), words)),
    ]
    (tmp_path / "long.luau").write_text(print_statements(statements))
    assert_formatted(tmp_path)
