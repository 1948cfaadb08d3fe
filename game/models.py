"""The models named on the command line, each as a build for the client."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from onnx2luau.backends.lune.lune import Lune
from onnx2luau.backends.lune.tools import LUNE
from onnx2luau.builds.contents import MANIFEST
from onnx2luau.builds.described import check_described
from onnx2luau.builds.manifest import Manifest, read_manifest
from onnx2luau.compiler.errors import MissingToolError, UsageError
from onnx2luau.compiler.ir.graph import Port
from onnx2luau.compiler.ir.types import Array
from onnx2luau.driver import Compiled, compile_model
from onnx2luau.game.digits import Pixels, load_digits
from onnx2luau.game.entries import check_digit_model, check_inputs
from onnx2luau.game.output import is_game
from onnx2luau.progress import Progress
from onnx2luau.proof.oracle import oracle_for
from onnx2luau.request import Request
from onnx2luau.samples.samples import Samples, select

SAMPLES = 100
"""Digits on which a model is compiled and its outputs are looked at."""
SLACK = 1e-3
"""How far an output may leave the range of a share: rounded weights and f32 do."""


@dataclass(frozen=True)
class Opened:
    """A build, and what it was compiled from if that was done here."""

    folder: Path
    manifest: Manifest
    compiled: Compiled | None = None


def open_model(source: Path, scratch: Path, pixels: Pixels, *, verify: bool, progress: Progress) -> Opened:
    """Return a build; a model is compiled into `scratch`. UsageError when it does not read digits."""
    if is_game(source):
        raise UsageError(f"{source} is a game; give the builds or models that it is made of")
    if (source / MANIFEST).is_file():
        return _open_build(source)

    def samples(ports: Sequence[Port]) -> Samples:
        check_inputs([_described(port) for port in ports], str(source))
        (port,) = ports
        pictures = pixels.read(load_digits(SAMPLES)[0])
        return {port.name: pictures.reshape(len(pictures), *port.value.shape)}

    request = Request(model=source, verify=None if verify else False, inputs=samples, progress=progress)
    compiled = compile_model(request, scratch)
    check_digit_model(compiled.manifest, str(source))
    return Opened(scratch, compiled.manifest, compiled)


def check_lune(sources: Sequence[Path]) -> None:
    """Raise MissingToolError if one of them can't be asked what it answers: a build, without Lune."""
    builds = [source for source in sources if (source / MANIFEST).is_file()]
    if builds and LUNE.find() is None:
        raise MissingToolError(
            f"what {builds[0]} answers can't be looked at without Lune; "
            f"`onnx2luau {LUNE.install}` builds it, or give the model instead of its build"
        )


def gives_shares(opened: Opened, pixels: Pixels) -> bool:
    """Whether a model's outputs are shares of ten digits already, so that no softmax is to be taken of them.

    It is asked: on digits, and on noise, where outputs that only look like shares don't.
    """
    digits = load_digits(SAMPLES)[0]
    noise = np.random.default_rng(0).integers(0, 256, digits.shape, np.uint8)
    answers = _answers(opened, pixels.read(np.concatenate([digits, noise])))
    return bool(np.all((answers >= -SLACK) & (answers <= 1 + SLACK)))


def _open_build(folder: Path) -> Opened:
    manifest = read_manifest(folder)
    check_digit_model(manifest, str(folder))
    return Opened(folder, manifest)


def _answers(opened: Opened, pictures: Array) -> Array:
    """Return the outputs [n, 10] for pictures [n, 784] under Lune, or without it those of ONNX Runtime."""
    (port,) = opened.manifest.input_ports()
    samples = {port.name: pictures.reshape(len(pictures), *port.value.shape)}
    if LUNE.find() is not None:
        with Lune() as lune:
            check_described(lune, opened.folder, opened.manifest)
            outputs = lune.run(opened.folder, samples, len(pictures), opened.manifest.work)
    else:
        assert opened.compiled is not None  # noqa: S101 - asked before all work
        oracle = oracle_for(opened.compiled.source)
        each = [oracle.run(select(samples, index)) for index in range(len(pictures))]
        outputs = {name: np.stack([answer[name] for answer in each]) for name in each[0]}
    return next(iter(outputs.values())).reshape(len(pictures), -1)


def _described(port: Port) -> dict[str, object]:
    return {"shape": port.value.shape, "dtype": port.value.type.dtype.value}
