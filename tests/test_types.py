"""Luau's type checker has nothing to say against builds, and finds the mistakes that are put into them."""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from onnx import helper

from onnx2luau.backends.luau.options import ENCODINGS, TARGETS, WEIGHTS, Options
from onnx2luau.backends.luau.schedules import schedules
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.compiler.passes import run_pipeline
from onnx2luau.frontends.onnx import import_model
from tests import test_conv_schedules, test_dense_schedules, test_ops
from tests.cases import Case, floats, make_model, write_build
from tests.luau_types import type_problems
from tests.networks import Network
from tests.test_tiny_networks import BRAIN, network

USER = Path(__file__).parent / "luau" / "types" / "user.luau"


def several_files() -> Case:
    """Return so many layers that no file holds them all."""
    deep = Network((1, 4), 0)
    for _ in range(90):
        deep.dense(4, with_bias=True)
        deep.add("Softmax", axis=1)
    return Case("several files", deep.model(), {"x": deep.input[None]})


def several_ports() -> Case:
    """Return two inputs and two outputs, one of each of truth values."""
    nodes = [
        helper.make_node("Add", ["left", "left"], ["twice"]),
        helper.make_node("Not", ["flags"], ["others"]),
    ]
    inputs = {"left": floats(4), "flags": np.array([True, False])}
    samples = {name: array[None] for name, array in inputs.items()}
    return Case("several ports", make_model(nodes, inputs, ["twice", "others"]), samples)


def tiny() -> Case:
    """Return layers that are lines of code, for three samples at once too."""
    return Case("tiny", network(BRAIN, last="Softmax"), {"x": floats(1, 1, BRAIN[0])})


def first_of_each(cases: list[Case]) -> Iterator[Case]:
    """Yield one case of each operator."""
    yield from {tested.name.partition("-")[0]: tested for tested in reversed(cases)}.values()


def spread() -> Iterator[tuple[str, Case, Options]]:
    """Yield every kind of build: operators, schedules, targets, formats, several files, several ports."""
    for target in TARGETS:
        for tested in (*first_of_each(test_ops.CASES), several_files(), several_ports()):
            yield f"{target} {tested.name}", tested, Options(target)
        for schedule, tested in test_dense_schedules.PAIRS[:: 3 if target == "client" else 5]:
            options = Options(target, schedules={test_dense_schedules.LAYER: schedule})
            yield f"{target} {schedule} {tested.name}", tested, options
        for schedule, cases in test_conv_schedules.CASES.items():
            for tested in cases[::3]:
                options = Options(target, schedules={test_conv_schedules.LAYER: schedule})
                yield f"{target} {schedule} {tested.name}", tested, options
        for weights in WEIGHTS:
            for encoding in ENCODINGS:
                yield f"{target} tiny {weights} {encoding}", tiny(), Options(target, weights, encoding)


def write(tested: Case, options: Options, folder: Path) -> None:
    """Compile a case to a folder, without the proof."""
    write_build(run_pipeline(import_model(tested.model, tested.name)), options, tested.samples, folder)


def test_builds(tmp_path: Path) -> None:
    used: dict[str, set[str]] = defaultdict(set)
    for number, (name, tested, options) in enumerate(spread()):
        folder = tmp_path / f"{number} {re.sub(r'[^a-zA-Z0-9 ]', '', name)}"
        write(tested, options, folder)
        for schedule in options.schedules.values():
            used[options.target].add(schedule)
        # One runtime for all, since it is the same, and looking at it takes longer than looking at a build.
        shutil.copytree(folder / "runtime", tmp_path / "runtime", dirs_exist_ok=True)
        shutil.rmtree(folder / "runtime")
        (folder / "runtime").symlink_to(tmp_path / "runtime")
    for target in TARGETS:
        assert used[target] == {*schedules("dense"), *schedules("conv")}
    assert list(tmp_path.glob("*/layers/part2.luau"))
    assert list(tmp_path.glob("*/layers/samples.luau"))
    assert type_problems(tmp_path) == []


@pytest.fixture(scope="module")
def brain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a build in `brain`."""
    folder = tmp_path_factory.mktemp("types")
    weights = {"w0": floats(12, 8), "b0": floats(8, seed=1), "w1": floats(8, 2, seed=2)}
    nodes = [
        helper.make_node("Gemm", ["senses", "w0", "b0"], ["h"], name="hidden/Gemm"),
        helper.make_node("Relu", ["h"], ["r"], name="hidden/Relu"),
        helper.make_node("MatMul", ["r", "w1"], ["actions"], name="actions/MatMul"),
    ]
    model = make_model(nodes, {"senses": floats(1, 12)}, ["actions"], weights)
    options = Options(schedules={"hidden": "registers", "actions": "registers"})
    write(Case("brain", model, {"senses": floats(1, 1, 12)}), options, folder / "brain")
    return folder


MISTAKES = [
    ("Model.luau", "local a1: vector = ", "local a1: number = ", "got 'vector'"),
    ("Model.luau", "y[1] = a1.x", "y[1] = a1", "got 'vector'"),
    ("Model.luau", "y[1] = a1.x", "y[1] = a1.w", "Key 'w' not found"),
    ("Model.luau", "actionsSums(x, y)", "actionsSums(y, x)", "got '{number}'"),
    ("Model.luau", 'dtype = "f32"', "dtype = 32", "got 'number'"),
    ("Model.luau", "changes or x", "changes", "got '{number}?'"),
    ("Model.luau", "slots = {", "slot = {", "slots"),
    ("Model.luau", "model.new(", "model.make(", "Key 'make' not found"),
    ("Model.luau", "packing.vectors(8", 'packing.vectors("8"', "got 'string'"),
    ("Model.luau", "run = actions }", "run = 3 }", "got 'number'"),
    ("Model.luau", "./runtime/packing", "./runtime/packed", "Unknown require"),
    ("Model.luau", "model.Session", "model.Sessions", "Unknown type 'model.Sessions'"),
    ("Model.luau", "--!strict", "--!nocheck", "hides mistakes"),
    ("runtime/session.luau", "elseif not thread then", "elseif thread then", "got 'nil'"),
    ("runtime/loading.luau", "isDone = true", "isdone = true", "isdone"),
    ("runtime/inputs.luau", "return size\n", 'return "size"\n', "got 'string'"),
    ("runtime/network.luau", "check.sizeOf(port)", "check.sizeOf(port.name)", "got 'string'"),
    ("runtime/packing.luau", " :: { { vector } }", "", "got '{unknown}'"),
]


@pytest.mark.parametrize(("module", "right", "wrong", "message"), MISTAKES)
def test_mistakes_in_a_build_are_found(
    module: str, right: str, wrong: str, message: str, brain: Path, tmp_path: Path
) -> None:
    shutil.copytree(brain / "brain", tmp_path / "brain")
    path = tmp_path / "brain" / module
    text = path.read_text("ascii")
    assert right in text
    path.write_text(text.replace(right, wrong), "ascii", newline="\n")
    problems = type_problems(tmp_path)
    assert any(str(path) in problem and message in problem for problem in problems), problems


def test_a_user_has_types_for_everything(brain: Path, lunes: dict[str, Lune]) -> None:
    script = brain / "user.luau"
    shutil.copyfile(USER, script)
    assert type_problems(brain) == []
    for lune in lunes.values():
        used = lune.call(script, {})
        assert used["text"] == "senses: 1 x 12 f32actions: 1 x 2 f32"
        assert used["layers"] == ["hidden/Gemm: 8", "actions/MatMul: 2"]


MISUSES = [
    ('Brain.predict("1 2 3")', "Expected this to be 'buffer | {number}', but got 'string'"),
    ('Brain.predict({ "1" })', "Expected this to be 'number', but got 'string'"),
    ("Brain.predict()", "Function expects 1 argument, but none are specified"),
    ("Brain:predict({ 1 })", "Function expects 1 argument, but 2 are specified"),
    ("Brain.guess({ 1 })", "Key 'guess' not found in table 'Model'"),
    ("Brain.predictBatch({ 1, 2 })", "Expected this to be 'buffer | {number}', but got 'number'"),
    ("Brain.run({ 1, 2 })", "Expected this to be 'buffer | {number}', but got 'number'"),
    ("session.predict({ 1 })", "Function expects 2 arguments, but only 1 is specified"),
    ('session:step("0.002")', "Expected this to be 'number', but got 'string'"),
    ('session:set("a", 1)', "Expected this to be 'number', but got 'string'"),
    ("session:forget()", "Key 'forget' not found in table 'Session'"),
    ("local x: number = session:step(0.002)[1]", "Value of type 'Output?' could be nil"),
    ("local x: Brain.Output = session:step(0.002)", "Expected this to be 'Output', but got 'Output?'"),
    ("local x: Brain.Network = nil", "Unknown type 'Brain.Network'"),
    ("local x: Brain.Session = Brain", "Expected this to be 'Session', but got 'Model'"),
    ("local x: string = Brain.inputs[1].shape", "Expected this to be 'string', but got '{number}'"),
    ("local x: number = Brain.selfTest()", "Expected this to be 'number', but got 'boolean'"),
]


@pytest.mark.parametrize(("line", "message"), MISUSES)
def test_misuse_of_a_build_is_found(line: str, message: str, brain: Path, tmp_path: Path) -> None:
    shutil.copytree(brain / "brain", tmp_path / "brain")
    script = tmp_path / "user.luau"
    lines = [
        'local Brain = require("./brain/Model")',
        "local session: Brain.Session = Brain.session()",
        line,
        "return session",
    ]
    script.write_text("\n".join(lines), "ascii")
    problems = type_problems(script)
    assert any(f"{script}:3:" in problem and message in problem for problem in problems), problems
