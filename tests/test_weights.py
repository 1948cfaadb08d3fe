"""Weights in fewer digits: what is rounded, what stays, and that storage changes nothing."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from onnx2luau import compile as compile_to_luau
from onnx2luau.backends.luau.options import ENCODINGS, WEIGHTS
from onnx2luau.backends.luau.weights import WeightStore, encode_parts
from onnx2luau.backends.luau.weights.store import reduced
from onnx2luau.backends.lune.lune import Lune
from tests.cases import Array, floats, make_model
from tests.command_line import onnx2luau
from tests.networks import Network

SCRIPTS = Path(__file__).parent / "luau"
RUNTIME = Path(__file__).parents[1] / "runtime_luau"
READERS = {"base64": "base64.luau", "table": "literals.luau"}

LARGEST = np.finfo(np.float32).max
ROUNDED = {
    "normal": floats(7, 50),
    "rows of other sizes": floats(5, 9) * np.array([[1e-30], [1e-3], [1], [1e5], [1e30]], "f4"),
    "a row of zeros": np.concatenate([floats(2, 6), np.zeros((1, 6), "f4")]),
    "zeros": np.zeros((2, 3), "f4"),
    "minus zero": np.array([[-0.0, 1.0], [-0.0, -0.0]], "f4"),
    "huge rows": np.array([[LARGEST, -LARGEST, 1e38], [1, -LARGEST, 0]], "f4"),
    "rows of two": floats(4, 2),
    "convolution": floats(6, 3, 3, 3),
}
KEPT = {
    "infinite": np.array([[1, np.inf], [2, 3]], "f4"),
    "undefined": np.array([[1, 2], [np.nan, 3]], "f4"),
    "only undefined": np.full((2, 2), np.nan, "f4"),
    "one column": floats(6, 1),
    "near zero": np.array([[1e-40, 2e-40, 0], [1, 2, 3]], "f4"),
    "a vector": floats(6),
    "no columns": np.zeros((3, 0), "f4"),
}


def stored(array: Array, precision: str, encoding: str, folder: Path, lune: Lune) -> tuple[str, Array]:
    """Return the format of an array, and what Luau reads of it after other arrays."""
    store = WeightStore(precision, encoding)
    store.add(floats(3), reducible=False)
    store.add(reduced(floats(3, 5), precision), reducible=True)
    entry = store.add(array, reducible=True)
    folder.mkdir(parents=True)
    (text,) = encode_parts(store)
    (folder / "part1.luau").write_text(text)
    arguments = {
        "reader": lune.require_path(RUNTIME / READERS[encoding], SCRIPTS),
        "part": lune.require_path(folder / "part1.luau", SCRIPTS),
        "entries": [vars(entry)],
    }
    (texts,) = lune.call(SCRIPTS / "storage.luau", arguments)
    return entry.format, np.array([float(each) for each in texts]).reshape(array.shape)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("name", ROUNDED)
def test_int8_is_what_numpy_says(name: str, encoding: str, tmp_path: Path, client: Lune) -> None:
    matrix = ROUNDED[name]
    rounded = reduced(matrix, "int8")
    rows = matrix.reshape(len(matrix), -1).astype(np.float64)
    steps = np.abs(rows).max(axis=1, keepdims=True) / 127
    # Half a step, and what the shortened scale takes away from the largest number.
    assert (np.abs(rounded.reshape(rows.shape) - rows) <= steps * (0.5 + 127 * 2**-16)).all()
    for each in rounded.reshape(rows.shape):
        assert len(np.unique(np.abs(each))) <= 128
    assert np.array_equal(reduced(rounded, "int8"), rounded)
    format_, got = stored(rounded, "int8", encoding, tmp_path / "weights", client)
    assert format_ == "int8"
    np.testing.assert_array_equal(got, rounded.astype(np.float64))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("name", KEPT)
def test_int8_leaves_alone_what_it_would_spoil(
    name: str, encoding: str, tmp_path: Path, client: Lune
) -> None:
    matrix = KEPT[name]
    assert reduced(matrix, "int8") is matrix
    format_, got = stored(matrix, "int8", encoding, tmp_path / "weights", client)
    assert format_ == "f32"
    np.testing.assert_array_equal(got, matrix.astype(np.float64))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("largest", [65504.0, 65505.0, 65520.0, 7e4, 3e38, np.inf])
def test_halves_hold_what_fits(largest: float, encoding: str, tmp_path: Path, client: Lune) -> None:
    """A matrix with one number that a half can't hold stays as it is, all of it."""
    matrix = floats(4, 6, scale=60.0)
    matrix[2, 3] = -largest
    rounded = reduced(matrix, "f16")
    format_, got = stored(rounded, "f16", encoding, tmp_path / "weights", client)
    assert format_ == ("f16" if largest == 65504 else "f32")
    right = matrix.astype(np.float16) if largest == 65504 else matrix
    np.testing.assert_array_equal(got, right.astype(np.float64))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("precision", ["f16", "int8"])
def test_storage_never_rounds(precision: str, encoding: str, tmp_path: Path, client: Lune) -> None:
    matrix = floats(4, 6)
    format_, got = stored(matrix, precision, encoding, tmp_path / "weights", client)
    assert format_ == "f32"
    np.testing.assert_array_equal(got, matrix.astype(np.float64))


def test_integers_and_scales_can_be_read() -> None:
    store = WeightStore("int8", "table")
    store.add(np.array([[127, -64], [0, 254]], "f4"), reducible=True)
    (text,) = encode_parts(store)
    assert "127, -64, 0, 127, 1, 2" in text


def test_equal_matrices_are_stored_once() -> None:
    store = WeightStore("int8")
    matrix = reduced(floats(3, 4), "int8")
    assert store.add(matrix, reducible=True) == store.add(matrix.copy(), reducible=True)
    assert len(store.arrays) == 2


@pytest.mark.parametrize("has_service", [True, False])
def test_roblox_decodes_by_its_own_service(has_service: bool, client: Lune) -> None:
    numbers = floats(400)
    stream = numbers.astype("<f4").tobytes()
    stream += bytes(-len(stream) % 3)
    parts = [base64.b64encode(stream[start : start + 600]).decode() for start in range(0, len(stream), 600)]
    arguments = {
        "reader": str(RUNTIME / "base64.luau"),
        "parts": parts,
        "count": len(numbers),
        "hasService": has_service,
    }
    answer = client.call(SCRIPTS / "encoding_service.luau", arguments)
    assert answer["calls"] == (len(parts) if has_service else 0)
    np.testing.assert_array_equal(np.array(answer["numbers"], float), numbers.astype(np.float64))


def test_every_half_is_read(tmp_path: Path, client: Lune) -> None:
    halves = np.arange(65536, dtype=np.uint16).view(np.float16)
    finite = halves[np.isfinite(halves)].astype("f4").reshape(2, -1)
    format_, got = stored(finite, "f16", "base64", tmp_path / "weights", client)
    assert format_ == "f16"
    np.testing.assert_array_equal(got, finite.astype(np.float64))
    assert np.array_equal(np.signbit(got), np.signbit(finite))


def test_the_sample_is_stored_as_the_weights_are(tmp_path: Path) -> None:
    network = Network((1, 40), 0)
    network.dense(3, True)
    sizes = {}
    for weights in WEIGHTS:
        folder = tmp_path / weights
        build = compile_to_luau(network.model(), folder, weights=weights, inputs=network.input[None])
        assert build.manifest.verification is not None
        assert build.manifest.verification["agrees"]
        sizes[weights] = (folder / "sample" / "part1.luau").stat().st_size
    assert sizes["f16"] < sizes["f32"] - 40 * 2
    assert sizes["int8"] < sizes["f16"] - 40


@pytest.fixture
def close_call(tmp_path: Path) -> list[str | Path]:
    """Return the arguments to compile a model of two nearly equal answers, with four samples and their labels.

    Half of the samples ask for the two answers apart, which rounding makes one; then the first one counts.
    """
    apart = {"w": np.array([[1, 1], [0.5, 0.5001]], "f4")}
    node = helper.make_node("MatMul", ["x", "w"], ["y"], name="out/MatMul")
    onnx.save(make_model([node], {"x": floats(1, 2)}, ["y"], apart), tmp_path / "close.onnx")
    np.save(tmp_path / "x.npy", np.array([[1, 0], [0, 1], [0, 2], [2, 0]], "f4"))
    np.save(tmp_path / "labels.npy", np.array([0, 1, 1, 1]))
    return ["compile", tmp_path / "close.onnx", "-o", tmp_path / "build", "--inputs", tmp_path / "x.npy"]


@pytest.mark.parametrize("weights", ["f16", "int8"])
def test_what_rounding_costs_is_reported(weights: str, close_call: list[str | Path], tmp_path: Path) -> None:
    options = (*close_call, "--labels", tmp_path / "labels.npy", "--weights", weights)
    done = onnx2luau(*options, "--max-drop", "50")
    assert done.status == 0, done.trouble
    assert "on 4 samples" in done.output
    assert "2 answers changed" in done.output
    assert "accuracy 25.00%, of ONNX Runtime 75.00%" in done.output
    figures = json.loads((tmp_path / "build" / "manifest.json").read_text())["verification"]
    assert (figures["answers_changed"], figures["accuracy"], figures["oracle_accuracy"]) == (2, 0.25, 0.75)
    # The weight that moved most: 0.5 or 0.5001, times 2 in the third sample.
    moved = {"f16": 1e-4, "int8": 64 / 127 - 0.5}[weights]
    assert figures["worst_absolute"] == pytest.approx(2 * moved, rel=0.01)


@pytest.mark.parametrize("weights", ["f16", "int8"])
@pytest.mark.parametrize("has_labels", [True, False])
def test_a_drop_beyond_the_limit(
    has_labels: bool, weights: str, close_call: list[str | Path], tmp_path: Path
) -> None:
    labels = ("--labels", tmp_path / "labels.npy") if has_labels else ()
    failed = onnx2luau(*close_call, *labels, "--weights", weights, "--max-drop", "49")
    assert failed.status == 1
    what = "of accuracy lost" if has_labels else "of the answers changed"
    assert failed.error == (
        f"with {weights} weights 50 % {what}, more than --max-drop 49 allows; nothing was written"
    )
    assert not (tmp_path / "build").exists()
