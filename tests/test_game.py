"""The game without a screen: loading, proving, reading once a frame, explaining."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper

from onnx2luau import compile as compile_model
from onnx2luau.backends.lune.lune import Lune
from tests.cases import floats, make_model

PLAY = Path(__file__).parent / "luau" / "play"
SEVEN = [[8, 7, 20, 7, 16, 14, 13, 22]]


GAME = Path(__file__).parents[1] / "game" / "play" / "game"


def play(client: Lune, case: str) -> Any:
    return client.call(PLAY / "game.luau", {"case": case, "game": str(GAME)})


def test_a_model_is_loaded_and_proved_before_it_reads(client: Lune) -> None:
    result = play(client, "loading")
    states = result["states"]
    assert states[0] == "loading"
    assert states[-1] == "ready"
    assert states == sorted(states)
    assert result["selfTests"] == 1
    assert result["predictions"] == 0


def test_a_digit_is_read_in_the_frame_after_it_was_drawn(client: Lune) -> None:
    result = play(client, "reading")
    assert result["answer"]["digit"] == 7
    assert result["predictions"] == 1
    assert result["sum"] == pytest.approx(1, abs=1e-12)
    assert not result["isThinking"]
    # The seed divided by 255 twice: what the model read was never above 0.004.
    assert result["same"]
    assert 0.9 < result["largest"] <= 1


def test_a_frame_predicts_once_at_most(client: Lune) -> None:
    assert play(client, "oneAFrame") == {"most": 1, "idle": 0}


def test_a_stroke_tells_the_session_what_changed(client: Lune) -> None:
    result = play(client, "incremental")
    assert 20 < result["sets"] < 120
    assert result["changed"] >= result["sets"]


def test_a_new_drawing_is_read_as_a_whole(client: Lune) -> None:
    assert play(client, "whole") == {"sets": 0, "digit": 8}


def test_an_explanation_that_is_broken_off_leaves_nothing_behind(client: Lune) -> None:
    plain, disturbed = play(client, "explaining")
    assert max(plain) == 1
    np.testing.assert_allclose(disturbed, plain, atol=1e-9)


def test_a_slow_model_is_read_in_slices(client: Lune) -> None:
    result = play(client, "sliced")
    assert result["thinking"] == [True] * 4 + [False]
    assert result["first"] == 3
    assert result["last"] == 5
    assert result["steps"] >= 15


def test_an_empty_canvas_is_not_read(client: Lune) -> None:
    result = play(client, "cleared")
    assert result["isEmpty"]
    assert result["probabilities"] == [0.1] * 10
    assert not result["isThinking"]
    assert result["predictions"] == 0


def test_a_model_may_read_other_units(client: Lune) -> None:
    assert play(client, "units") < 1e-12


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (
            "otherModel",
            "Model a is not the model that this place was made with: its hash is 01234567, not right",
        ),
        ("otherWeights", "Model a does not compute here what it should (worst error 0.25)"),
        ("doesNotOpen", "there is no such module"),
        ("notANumber", "Model a answered with what is no number"),
    ],
)
def test_a_broken_place_says_so_and_reads_nothing(case: str, words: str, client: Lune) -> None:
    result = play(client, case)
    assert result["state"] == "broken"
    assert result["trouble"].startswith(words)
    assert result["predictions"] <= (case == "notANumber")


def test_models_can_be_switched(client: Lune) -> None:
    result = play(client, "choosing")
    assert result["loading"] == "loading"
    assert result["broken"] == "broken"
    assert result["again"] == "ready"
    assert result["digit"] == 3
    assert result["selfTests"] == 1
    assert result["others"] == 0
    assert not result["ok"]
    assert "there is no model c in this game" in result["problem"]


def test_the_threshold_decides_what_is_sure(client: Lune) -> None:
    assert play(client, "threshold") == [True, False]


def test_answers_are_those_of_numpy(client: Lune) -> None:
    logits = np.random.default_rng(5).normal(0, 6, (40, 10))
    shares = np.exp(logits - logits.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    for outputs, is_distribution in ((logits, False), (shares * 0.999, True)):
        results = client.call(
            PLAY / "answer.luau",
            {"outputs": outputs.tolist(), "isDistribution": is_distribution, "threshold": 0.6},
        )
        for right, result in zip(shares, results, strict=True):
            first, second = np.argsort(right)[::-1][:2]
            answer = result["answer"]
            assert result["isRead"]
            np.testing.assert_allclose(result["shares"], right, 1e-12)
            assert (answer["digit"], answer["runnerUp"]) == (first, second)
            assert answer["confidence"] == pytest.approx(right[first])
            assert answer["runnerUpConfidence"] == pytest.approx(right[second])
            assert answer["margin"] == pytest.approx(right[first] - right[second])
            assert answer["entropy"] == pytest.approx(-(right * np.log2(right)).sum())
            assert answer["isSure"] == (right[first] >= 0.6)
            np.testing.assert_allclose(result["odds"], np.log(right / (1 - right)), 1e-6, 1e-9)


def test_an_output_of_zeros_is_no_distribution(client: Lune) -> None:
    arguments = {"outputs": [[0.0] * 10], "isDistribution": True, "threshold": 0.6}
    assert not client.call(PLAY / "answer.luau", arguments)[0]["isRead"]


@pytest.mark.parametrize(("centring", "patch"), [("none", 1), ("none", 2), ("centre", 1), ("fit", 1)])
def test_the_heat_map_is_what_leaving_a_patch_out_changes(
    centring: str, patch: int, client: Lune, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, weights = dense_model(tmp_path_factory)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    result = client.call(
        PLAY / "heat.luau",
        {
            "model": client.require_path(folder / "Model.luau", PLAY),
            "hash": manifest["source"]["sha256"],
            "strokes": SEVEN,
            "centring": centring,
            "patch": patch,
        },
    )
    assert not result["isShownBefore"]
    assert not result["isStale"]
    assert result["again"]
    assert not result["off"]
    heat = np.array(result["heat"])
    assert np.abs(heat).max() == pytest.approx(1)
    if centring != "none":
        return
    # The last stroke is one more dot, far from the digit.
    pixels = np.array(result["pixels"]).reshape(28, 28)
    pixels[:6, :6] = 0

    def odds(picture: Any) -> float:
        hidden = np.maximum(picture.ravel() @ weights[0] + weights[1], 0)
        logits = hidden @ weights[2] + weights[3]
        others = np.delete(logits, result["digit"])
        return float(logits[result["digit"]] - np.log(np.exp(others).sum()))

    expected = np.zeros((28, 28))
    for row in range(0, 28, patch):
        for column in range(0, 28, patch):
            without = pixels.copy()
            without[row : row + patch, column : column + patch] = 0
            expected[row : row + patch, column : column + patch] = odds(pixels) - odds(without)
    expected[pixels == 0] = 0
    np.testing.assert_allclose(heat.reshape(28, 28), expected / np.abs(expected).max(), atol=2e-3)


def dense_model(factory: pytest.TempPathFactory) -> tuple[Path, list[Any]]:
    """A small network with random weights, as ONNX and as arrays."""
    weights = [
        floats(784, 24, seed=1) / 8,
        floats(24, seed=2),
        floats(24, 10, seed=3) / 2,
        floats(10, seed=4),
    ]
    nodes = [
        helper.make_node("Gemm", ["x", "w", "b"], ["h"]),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("Gemm", ["r", "v", "c"], ["l"]),
        helper.make_node("Softmax", ["l"], ["y"]),
    ]
    constants = dict(zip("wbvc", weights, strict=True))
    folder = factory.mktemp("heat") / "model"
    compile_model(make_model(nodes, {"x": floats(1, 784)}, ["y"], constants), folder, verify=False)
    return folder, [each.astype(np.float64) for each in weights]
