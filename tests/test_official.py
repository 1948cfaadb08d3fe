"""Some of ONNX's backend tests, and what the campaign over all of them tells of a wrong answer."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from onnx2luau.backends.lune.lune import Lune
from tests.cases import floats, make_model
from tests.official.suite import Official, file_tests, node_modules, node_tests
from tests.official.trial import FAULTS, PASS, REFUSED, WRONG, tried

SEED, MODULES, TESTS = 12, 30, 60


def test_some_of_the_suite(client: Lune, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    tests = [*node_tests(chance.sample(node_modules(), MODULES)), *file_tests("simple")]
    outcomes = [tried(test, client, tmp_path) for test in chance.sample(tests, TESTS)]
    assert [each for each in outcomes if each.result in FAULTS] == []
    assert sum(each.result == PASS for each in outcomes) >= TESTS // 4


def relu(right: onnx.ModelProto | None = None) -> Official:
    x = floats(2, 3)
    model = right or make_model([helper.make_node("Relu", ["x"], ["y"])], {"x": x}, ["y"])
    return Official("relu", "node", model, [([x], [np.maximum(x, 0)])], 1e-3, 1e-7)


def test_a_right_answer_passes(client: Lune, tmp_path: Path) -> None:
    outcome = tried(relu(), client, tmp_path)
    assert (outcome.result, outcome.feeding) == (PASS, "as it is")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("right", "reason"),
    [
        (np.maximum(floats(2, 3), 0) + np.float32(0.01), "y: 6 of 6 differ"),
        (np.maximum(floats(2, 3), 0)[:, :, None], "y: shape (2, 3), right is (2, 3, 1)"),
        (np.full((2, 3), np.nan, np.float32), "y: 6 of 6 differ"),
    ],
)
def test_a_wrong_answer_is_seen(right: np.ndarray, reason: str, client: Lune, tmp_path: Path) -> None:
    test = relu()
    outcome = tried(replace(test, data=[(test.data[0][0], [right])]), client, tmp_path)
    assert outcome.result == WRONG
    assert outcome.reason.startswith(reason)


def test_a_refusal_tells_why(client: Lune, tmp_path: Path) -> None:
    model = make_model([helper.make_node("Unique", ["x"], ["y"])], {"x": floats(2, 3)}, ["y"])
    outcome = tried(relu(model), client, tmp_path)
    assert outcome.result == REFUSED
    assert "Unique" in outcome.reason


def test_shapes_are_made_constants_where_they_have_to_be(client: Lune, tmp_path: Path) -> None:
    x, shape = floats(2, 3), np.array([3, 2])
    model = make_model([helper.make_node("Reshape", ["x", "s"], ["y"])], {"x": x, "s": shape}, ["y"])
    outcome = tried(
        Official("reshape", "node", model, [([x, shape], [x.reshape(3, 2)])], 1e-3, 1e-7), client, tmp_path
    )
    assert (outcome.result, outcome.feeding) == (PASS, "integers known")
