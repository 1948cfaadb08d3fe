"""Plays a game under Lune before it is handed over: real digits are drawn, and each model reads them."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from onnx2luau.backends.lune.lune import Lune
from onnx2luau.compiler.errors import DisagreementError, UsageError
from onnx2luau.game.digits import Pixels, load_digits
from onnx2luau.game.entries import Entry
from onnx2luau.game.folder import Game
from onnx2luau.game.sources import PLAY_SCRIPT

DRAWN = 1000
LEAST = 0.8
"""The share of digits to be read: a trained model reads far more, and one misled about pixels far fewer."""
TRIED = 300
ALIKE = 0.02
"""Accuracies that differ by less say nothing: what multiplies pixels may keep answers, and make them rash."""
USUAL = (
    Pixels(0, 1),
    Pixels(0, 255),
    Pixels(-1, 1),
    Pixels(-0.4242, 2.8215),
    Pixels(-0.5, 0.5),
    Pixels(1, 0),
    Pixels(255, 0),
    Pixels(1, -1),
)
"""What models are trained to read; the fourth has MNIST's mean 0 and deviation 1."""


@dataclass(frozen=True)
class Trial:
    """How a model reads digits themselves, given certain pixels."""

    accuracy: float
    loss: float
    """The mean negative log-likelihood of the right digit."""


def prove(game: Game) -> list[float]:
    """Return the share of drawn digits that each model reads.

    DisagreementError when a build fails its self-test here, UsageError when a model does not read digits.
    """
    images, labels = load_digits(DRAWN)
    with tempfile.TemporaryDirectory(prefix="onnx2luau-") as scratch, Lune() as lune:
        files = {"digits": Path(scratch) / "digits.bin", "labels": Path(scratch) / "labels.bin"}
        files["digits"].write_bytes(images.tobytes())
        files["labels"].write_bytes(labels.astype(np.uint8).tobytes())
        shares = []
        for entry in game.entries:
            if not lune.self_test(game.shared / "models" / entry.name, entry.manifest.work):
                raise DisagreementError(f"{entry.title} fails its self-test; compile it again")
            arguments = {
                "settings": lune.require_path(game.shared / "settings.luau", PLAY_SCRIPT.parent),
                "model": entry.name,
                **{name: str(path) for name, path in files.items()},
            }
            result = lune.call(PLAY_SCRIPT, arguments)
            share = result["right"] / result["digits"]
            if share < LEAST:
                raise UsageError(advice(game.entries, entry, share, lune))
            shares.append(share)
    return shares


def advice(entries: Sequence[Entry], entry: Entry, share: float, lune: Lune) -> str:
    """Return what is wrong with a model that reads too few digits, and which pixels it should be given."""
    found = f"{entry.title} reads {share:.1%} of the digits when they are drawn, and {LEAST:.0%} are needed"
    trials = {pixels: _try(entry, pixels, lune) for pixels in (entry.pixels, *USUAL)}
    if trials[entry.pixels].accuracy >= LEAST:
        return (
            f"{found}; it reads {trials[entry.pixels].accuracy:.1%} of the digits themselves, so the "
            "drawing is too much for it: train it on digits that are moved and drawn in different ways"
        )
    most = max(trial.accuracy for trial in trials.values())
    if most < LEAST:
        return (
            f"{found}; no usual range of pixels helps, so it may have been trained on something else than "
            "upright digits (--no-verify takes it all the same)"
        )
    alike = [pixels for pixels, trial in trials.items() if trial.accuracy >= most - ALIKE]
    best = min(alike, key=lambda pixels: trials[pixels].loss)
    chosen = [best if each == entry else each.pixels for each in entries]
    return (
        f"{found}; this model reads pixels from {best.paper:g} (empty) to {best.ink:g} (full): "
        f"pass {_options(chosen)}"
    )


def _try(entry: Entry, pixels: Pixels, lune: Lune) -> Trial:
    images, labels = load_digits(TRIED)
    (port,) = entry.manifest.input_ports()
    pictures = pixels.read(images).reshape(len(images), *port.value.shape)
    answers = lune.run(entry.build, {port.name: pictures}, len(images), entry.manifest.work)
    outputs = next(iter(answers.values())).reshape(len(images), -1)
    logits = np.log(np.maximum(outputs, 1e-30)) if entry.is_distribution else outputs
    logits = logits - logits.max(1, keepdims=True)
    likelihood = logits[np.arange(len(labels)), labels] - np.log(np.exp(logits).sum(1))
    return Trial(float(np.mean(outputs.argmax(1) == labels)), float(-likelihood.mean()))


def _options(chosen: Sequence[Pixels]) -> str:
    """Return the options for these pixels, once if all models read the same."""
    shown = chosen[:1] if len(set(chosen)) == 1 else chosen
    papers = [f"--paper {pixels.paper:g}" for pixels in shown]
    inks = [f"--ink {pixels.ink:g}" for pixels in shown]
    needed = [
        *(papers if any(p.paper != 0 for p in shown) else []),
        *(inks if any(p.ink != 1 for p in shown) else []),
    ]
    return " ".join(needed)
