"""onnx2luau run: the generated code on samples, under Lune."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from onnx2luau.backends.lune.lune import Lune
from onnx2luau.backends.lune.tools import LUNE
from onnx2luau.builds.batch_axis import without_batch
from onnx2luau.builds.described import check_described
from onnx2luau.builds.manifest import read_manifest
from onnx2luau.builds.output_file import check_file, new_file
from onnx2luau.cli.console import counter, say
from onnx2luau.compiler.errors import UsageError
from onnx2luau.proof.verify import run_in_batches
from onnx2luau.samples.given_samples import load_samples
from onnx2luau.samples.samples import count_of


def command(
    folder: Annotated[Path, typer.Argument(help="A build.", metavar="DIR")],
    inputs: Annotated[Path, typer.Option("--inputs", help="Samples, as .npz or .npy.")],
    output: Annotated[Path, typer.Option("--to", "-o", help="The .npz to write the outputs to.")],
) -> None:
    """Run the generated code under Lune on samples and save its outputs."""
    if output.suffix.lower() != ".npz":
        raise UsageError(
            f"{output} does not end in .npz, which is what `run` writes; choose another name with -o"
        )
    check_file(output)
    LUNE.require()
    manifest = read_manifest(folder)
    samples = load_samples(inputs, manifest.input_ports())
    with counter("samples", count_of(samples)) as advance, Lune(manifest.options["target"]) as lune:
        check_described(lune, folder, manifest)
        results = without_batch(run_in_batches(lune, folder, samples, manifest.work, advance), manifest)
    singles = {name: array.astype(np.float32) for name, array in results.items()}
    with new_file(output) as stage, stage.open("wb") as stream:
        np.savez(stream, **singles)  # type: ignore[arg-type] # numpy types its one option, not the arrays
    shapes = ", ".join(f"{name} {list(array.shape)}" for name, array in results.items())
    say(f"{output}: {shapes}")
