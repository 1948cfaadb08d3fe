"""The TinyMNIST example: its commands on a few hundred digits, and the models that come with it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.command_line import PATIENCE

FOLDER = Path(__file__).parents[2] / "examples" / "tinymnist"
MODELS = ("mnist256", "mnist64", "mnist_cnn")
KILOBYTE = 1000


def start(script: str, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(FOLDER / script), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        env={**os.environ, **environment},
    )


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def card_of(model: Path) -> dict[str, Any]:
    return json.loads(model.with_suffix(".json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data file of 600 digits to train on and 200 to test with."""
    digits = np.load(FOLDER / "digits.npz")
    x, y = digits["x"], digits["y"]
    path = tmp_path_factory.mktemp("data") / "few.npz"
    np.savez(path, x_train=x[:600], y_train=y[:600], x_test=x[600:800], y_test=y[600:800])
    return path


@pytest.fixture(scope="module")
def trained(few: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    model = tmp_path_factory.mktemp("dense") / "small.keras"
    done = start("train.py", "--data", few, "--hidden", 12, "--epochs", 1, "--seed", 3, "--output", model)
    assert done.returncode == 0, done.stderr
    assert "Written (rows) and read (columns)" in done.stdout
    return model


@pytest.fixture(scope="module")
def broken_tensorflow(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder for PYTHONPATH in which importing TensorFlow fails as if it were not installed."""
    folder = tmp_path_factory.mktemp("without")
    (folder / "tensorflow.py").write_text("raise ImportError('No module named tensorflow')\n")
    return str(folder)


def assert_refused(done: subprocess.CompletedProcess[str], status: int, *words: str) -> None:
    assert done.returncode == status, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


def test_training_leaves_model_card_and_pictures_and_nothing_else(trained: Path) -> None:
    assert {path.name for path in trained.parent.iterdir()} == {
        "small.keras",
        "small.json",
        "small_confusion.png",
        "small_training.png",
    }
    for picture in trained.parent.glob("*.png"):
        assert picture.read_bytes().startswith(b"\x89PNG")


def test_card_tells_what_was_trained_and_how_well(trained: Path) -> None:
    card = card_of(trained)
    confusion = np.array(card["confusion"])
    assert card["model_sha256"] == sha256(trained)
    assert card["options"]["hidden"] == 12
    assert card["seed"] == 3
    assert card["parameters"] == 784 * 12 + 12 + 12 * 10 + 10
    assert (card["train_digits"], card["validation_digits"], card["test_digits"]) == (550, 50, 200)
    assert confusion.shape == (10, 10)
    assert confusion.sum() == 200
    assert card["accuracy"] == pytest.approx(np.trace(confusion) / 200)
    assert card["epochs"] == card["best_epoch"] == 1
    assert len(card["history"]["val_loss"]) == 1
    assert set(card["versions"]) == {"python", "tensorflow", "keras", "numpy"}


def test_training_layers_are_not_saved(few: Path, tmp_path: Path) -> None:
    model = tmp_path / "cnn.keras"
    options = ["--cnn", "--augment", "--dropout", 0.2, "--epochs", 1]
    done = start("train.py", "--data", few, *options, "--output", model)
    assert done.returncode == 0, done.stderr
    assert layers(model) == layers(FOLDER / "mnist_cnn.keras")
    assert "hidden" not in card_of(model)["options"]


def test_compare_shows_both_sizes_and_the_same_seed_gives_the_same_figures(few: Path, trained: Path) -> None:
    options = ["--small", 12, "--large", 16, "--epochs", 1, "--seed", 3]
    done = start("compare.py", "--data", few, *options, COLUMNS="100")
    assert done.returncode == 0, done.stderr
    for shown in ("12 neurons", "16 neurons", "parameters", "training time", "points"):
        assert shown in done.stdout
    rows = {cells[0]: cells[1] for cells in table_cells(done.stdout)}
    card = card_of(trained)
    assert rows["test accuracy"] == f"{card['accuracy']:.2%}"
    for digit, share in enumerate(card["accuracy_by_digit"]):
        assert rows[f"digit {digit}"] == f"{share:.2%}"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--hidden", "many"], ["--hidden"]),
        (["--hidden", "0"], ["--hidden"]),
        (["--dropout", "1.5"], ["--dropout"]),
        (["--dropout", "nan"], ["--dropout"]),
        (["--epochs", "0"], ["--epochs"]),
        (["--depth", "2"], ["--depth"]),
        (["--cnn", "--hidden", "64"], ["--hidden", "--cnn"]),
        (["--output", "model.h5"], ["model.h5", ".keras"]),
        (["--output", "nowhere/model.keras"], ["nowhere"]),
        (["--data", "absent.npz"], ["absent.npz"]),
        (["--data", str(FOLDER / "train.py")], ["train.py", "npz"]),
        (["--data", str(FOLDER / "digits.npz")], ["digits.npz", "x_train"]),
    ],
)
def test_wrong_arguments_get_one_sentence(arguments: list[str], words: list[str]) -> None:
    assert_refused(start("train.py", *arguments), 2, *words)


def test_data_of_another_shape_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "flat.npz"
    x, y = np.zeros((4, 784), np.uint8), np.zeros(4, np.uint8)
    np.savez(path, x_train=x, y_train=y, x_test=x, y_test=y)
    assert_refused(start("train.py", "--data", path), 2, "x_train", "[4, 784]")


def test_help_does_not_import_tensorflow(broken_tensorflow: str) -> None:
    for script in ("train.py", "compare.py", "make_digits.py"):
        done = start(script, "--help", PYTHONPATH=broken_tensorflow)
        assert done.returncode == 0, done.stderr
        assert "--data" in done.stdout


def test_missing_tensorflow_says_what_to_install(few: Path, tmp_path: Path, broken_tensorflow: str) -> None:
    output = tmp_path / "model.keras"
    done = start("train.py", "--data", few, "--output", output, PYTHONPATH=broken_tensorflow)
    assert_refused(done, 3, 'pip install "onnx2luau[train]"')
    assert not list(tmp_path.iterdir())


def test_make_digits_keeps_the_test_digits(few: Path, tmp_path: Path) -> None:
    done = start("make_digits.py", "--data", few, "--output", tmp_path / "digits.npz")
    assert done.returncode == 0, done.stderr
    made, whole = np.load(tmp_path / "digits.npz"), np.load(few)
    np.testing.assert_array_equal(made["x"], whole["x_test"])
    np.testing.assert_array_equal(made["y"], whole["y_test"])


def test_digits_are_the_mnist_test_digits() -> None:
    digits = np.load(FOLDER / "digits.npz")
    assert set(digits.files) == {"x", "y"}
    assert digits["x"].dtype == digits["y"].dtype == np.uint8
    assert digits["x"].shape == (10_000, 28, 28)
    assert digits["y"][:5].tolist() == [7, 2, 1, 0, 4]
    assert np.bincount(digits["y"]).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert (FOLDER / "digits.npz").stat().st_size < 1700 * KILOBYTE


@pytest.mark.parametrize("name", MODELS)
def test_models_are_the_ones_their_cards_describe(name: str) -> None:
    card = card_of(FOLDER / f"{name}.keras")
    assert card["model"] == f"{name}.keras"
    assert card["model_sha256"] == sha256(FOLDER / f"{name}.keras")


@pytest.mark.parametrize("name", MODELS)
def test_models_hold_no_optimiser(name: str) -> None:
    h5py = pytest.importorskip("h5py")
    with zipfile.ZipFile(FOLDER / f"{name}.keras") as archive:
        assert not json.loads(archive.read("config.json")).get("compile_config")
        with archive.open("model.weights.h5") as stream, h5py.File(stream) as weights:
            assert "optimizer" not in weights
            held = 0

            def add(_: str, item: Any) -> None:
                nonlocal held
                held += getattr(item, "size", 0)

            weights.visititems(add)
    assert held == card_of(FOLDER / f"{name}.keras")["parameters"]


@pytest.mark.parametrize("name", MODELS)
def test_models_read_the_digits_as_their_cards_say(name: str) -> None:
    keras = pytest.importorskip("keras")
    digits = np.load(FOLDER / "digits.npz")
    model = keras.saving.load_model(FOLDER / f"{name}.keras")
    x = (digits["x"].astype(np.float32) / 255).reshape(-1, *model.input_shape[1:])
    read = model.predict(x, batch_size=1000, verbose=0).argmax(axis=1)
    confusion = np.zeros((10, 10), np.int64)
    np.add.at(confusion, (digits["y"].astype(np.int64), read), 1)
    # Two answers may be so close that another processor's rounding turns one of them.
    assert np.abs(confusion - card_of(FOLDER / f"{name}.keras")["confusion"]).sum() <= 4


@pytest.mark.parametrize(("name", "least"), [("mnist256", 0.98), ("mnist64", 0.97), ("mnist_cnn", 0.988)])
def test_models_are_accurate(name: str, least: float) -> None:
    assert card_of(FOLDER / f"{name}.keras")["accuracy"] >= least


def test_the_convolutional_network_is_small() -> None:
    bytes_as_f16 = 2 * card_of(FOLDER / "mnist_cnn.keras")["parameters"]
    assert bytes_as_f16 <= 120 * KILOBYTE


def test_pictures_are_small() -> None:
    pictures = list(FOLDER.glob("*.png"))
    assert len(pictures) == 2 * len(MODELS)
    for picture in pictures:
        assert picture.stat().st_size < 60 * KILOBYTE


@pytest.mark.parametrize("name", MODELS)
def test_the_readme_gives_the_figures_of_the_cards(name: str) -> None:
    card = card_of(FOLDER / f"{name}.keras")
    rows = [
        line for line in (FOLDER / "README.md").read_text("utf-8").splitlines() if f"| `{name}` |" in line
    ]
    assert any(f"{card['accuracy']:.2%}" in row and f"{card['parameters']:,}" in row for row in rows)


def table_cells(printed: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("│").split("│")]
        for line in printed.splitlines()
        if line.startswith("│")
    ]


def layers(model: Path) -> list[str]:
    with zipfile.ZipFile(model) as archive:
        config = json.loads(archive.read("config.json"))
    return [layer["config"]["name"] for layer in config["config"]["layers"]]
