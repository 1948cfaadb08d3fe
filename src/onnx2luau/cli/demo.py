"""onnx2luau demo: the shipped digit model, compiled and proved on 10,000 digits."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from onnx2luau.backends.luau.options import Options
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.backends.lune.tools import LUNE
from onnx2luau.cli import parameters as p
from onnx2luau.cli.console import say, show, stages, table
from onnx2luau.compiler.errors import DisagreementError, UsageError
from onnx2luau.compiler.ir.graph import Port
from onnx2luau.compiler.ir.types import Array
from onnx2luau.driver import Compiled, compile_model
from onnx2luau.packaged import packaged
from onnx2luau.request import Request
from onnx2luau.samples.samples import Samples, select

# The same place in a clone and in an installed package.
EXAMPLE = packaged("examples/tinymnist")
SHADES = " .:-=+*#%@"


def command(
    output: Annotated[
        Path | None,
        typer.Option("--to", "-o", help="Where to keep the build; a temporary folder otherwise."),
    ] = None,
    model: Annotated[str, typer.Option(help="mnist256, mnist64 or mnist_cnn.")] = "mnist256",
    target: Annotated[p.Target, typer.Option(help="client: interpreter; server: native code.")] = "client",
) -> None:
    """Compile the shipped Keras digit model and prove it on 10,000 real digits."""
    LUNE.require()
    path, digits = EXAMPLE / f"{model}.keras", EXAMPLE / "digits.npz"
    if not path.is_file() or not digits.is_file():
        known = ", ".join(sorted(each.stem for each in EXAMPLE.glob("*.keras")))
        raise UsageError(f"there is no digit model {model!r}; there are {known or 'none here'}")
    with np.load(digits, allow_pickle=False) as data:
        images, labels = data["x"], data["y"]
    if output is not None:
        _demo(path, output, images, labels, target)
        return
    with tempfile.TemporaryDirectory(prefix="onnx2luau-") as scratch:
        _demo(path, Path(scratch) / model, images, labels, target)


def _demo(model: Path, folder: Path, images: Array, labels: Array, target: p.Target) -> None:
    say(f"{model.name} -> ONNX -> Luau -> Lune, on {len(images):,} digits")

    def pixels(ports: Sequence[Port]) -> Samples:
        (port,) = ports
        return {port.name: (images.astype(np.float32) / 255).reshape(len(images), *port.value.shape)}

    with stages() as progress:
        request = Request(
            model=model, options=Options(target=target), inputs=pixels, label_source=labels, progress=progress
        )
        compiled = compile_model(request, folder)
    with Lune(target) as lune:
        first = select(request.samples_for(compiled.graph), slice(0, 1))
        answer = lune.run(folder, first, 1, compiled.manifest.work)
    _digit(images[0], next(iter(answer.values())).ravel())
    _report(compiled)


def _digit(image: Array, probabilities: Array) -> None:
    """Draw one digit beside the network's answer."""
    rows = ["".join(SHADES[int(v) * 9 // 255] * 2 for v in row[2:26]) for row in image[3:25]]
    bars = [f"{digit} {'#' * round(share * 24):24} {share:6.1%}" for digit, share in enumerate(probabilities)]
    for index, row in enumerate(rows):
        beside = index - (len(rows) - len(bars)) // 2
        say(f"  {row}  {bars[beside] if 0 <= beside < len(bars) else ''}".rstrip())


def _report(compiled: Compiled) -> None:
    assert compiled.verification is not None  # noqa: S101 - Lune was required before
    manifest, figures = compiled.manifest, compiled.verification.against_oracle
    summary = table(
        f"{manifest.name} on {figures.samples:,} digits", "", "generated Luau", "ONNX Runtime", right="12"
    )
    summary.add_row("accuracy", f"{figures.accuracy:.2%}", f"{figures.oracle_accuracy:.2%}")
    summary.add_row("answers changed", f"{figures.answers_changed:,}", "")
    summary.add_row("worst absolute error", f"{figures.worst_absolute:.3g}", "")
    summary.add_row("worst relative error", f"{figures.worst_relative:.3g}", "")
    summary.add_row("parameters", f"{manifest.parameters:,}", "")
    summary.add_row("multiply-adds", f"{manifest.multiply_adds:,}", "")
    summary.add_row("size on disk", f"{manifest.bytes / 1e6:.2f} MB", "")
    show(summary)
    if figures.answers_changed or figures.accuracy != figures.oracle_accuracy:
        raise DisagreementError(f"{figures.answers_changed:,} answers differ from ONNX Runtime's")
    say(f"the generated Luau agrees with ONNX Runtime on all {figures.samples:,} digits")
