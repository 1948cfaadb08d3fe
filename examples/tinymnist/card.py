"""The card: a JSON file beside a model with all its figures and what it was made from."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from data import Digits
from experiment import Trained
from files import replacing, sha256
from recipe import Recipe

PACKAGES = ("keras", "numpy")


def write(path: Path, trained: Trained, digits: Digits, model: Path) -> None:
    """Write the card of the network saved in the file `model`."""
    text = json.dumps(_card(trained, digits, model), indent=2)
    with replacing(path) as written:
        written.write_text(_matrix_in_rows(text) + "\n", encoding="utf-8")


def _card(trained: Trained, digits: Digits, model: Path) -> dict[str, Any]:
    figures, course = trained.figures, trained.course
    return {
        "model": model.name,
        "model_sha256": sha256(model),
        "data_sha256": digits.sha256(),
        "train_digits": len(digits.x_train) - digits.held_back(),
        "validation_digits": digits.held_back(),
        "test_digits": len(digits.x_test),
        "options": _options(trained.recipe),
        "seed": trained.recipe.seed,
        "parameters": trained.parameters,
        "accuracy": figures.accuracy,
        "accuracy_by_digit": figures.by_digit,
        "confusion": figures.confusion.tolist(),
        "epochs": course.epochs,
        "best_epoch": course.best_epoch,
        "best_val_loss": course.history["val_loss"][course.best_epoch - 1],
        "seconds": round(course.seconds, 1),
        "history": course.history,
        "versions": _versions(),
    }


def _options(recipe: Recipe) -> dict[str, Any]:
    # The seed has its own place, and the convolutional network's layers have one size only.
    elsewhere = {"seed", "hidden"} if recipe.cnn else {"seed"}
    return {name: value for name, value in asdict(recipe).items() if name not in elsewhere}


def _versions() -> dict[str, str]:
    import tensorflow  # noqa: PLC0415 - its package is called tensorflow-cpu or otherwise on some machines

    found = {package: metadata.version(package) for package in PACKAGES}
    return {"python": platform.python_version(), "tensorflow": tensorflow.__version__, **found}


def _matrix_in_rows(text: str) -> str:
    """Put each innermost list on one line, as a person would write a matrix."""
    lines: list[str] = []
    gathering = False
    for line in text.splitlines():
        bare = line.strip()
        if gathering:
            lines[-1] += bare if bare.startswith("]") or lines[-1].endswith("[") else f" {bare}"
            gathering = not bare.startswith("]")
            continue
        lines.append(line)
        gathering = bare.endswith("[") and bare != '"confusion": ['
    return "\n".join(lines)
