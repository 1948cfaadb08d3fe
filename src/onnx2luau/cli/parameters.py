"""Options that several subcommands share, and the request they make."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from onnx2luau.compiler.errors import UsageError
from onnx2luau.request import MOST_SAMPLES

Target = Literal["client", "server"]
Weights = Literal["f32", "f16", "int8"]
Encoding = Literal["base64", "table"]

Model = Annotated[
    Path, typer.Argument(help="A .keras, .h5 or .onnx file, a SavedModel folder, or a graph as text (.ir).")
]
WeightsOption = Annotated[Weights, typer.Option("--weights", help="How weights are stored.")]
EncodingOption = Annotated[
    Encoding, typer.Option("--encoding", help="base64: compact; table: readable numbers.")
]
Schedules = Annotated[
    list[str] | None,
    typer.Option("--schedule", help="How to emit a layer; repeatable.", metavar="LAYER=SCHEDULE"),
]
Dims = Annotated[
    list[str] | None,
    typer.Option(
        "--dim", help="Fix an open dimension, by name or INPUT:AXIS; repeatable.", metavar="NAME=SIZE"
    ),
]
Outputs = Annotated[
    list[str] | None,
    typer.Option("--output", help="Compile only this output or inner tensor; repeatable.", metavar="NAME"),
]
States = Annotated[
    list[str] | None,
    typer.Option(
        "--state",
        help="Give an input what an output was the call before; repeatable.",
        metavar="PAST=PRESENT",
    ),
]
LONGEST_SHOWN = 40
AllowNonfinite = Annotated[
    bool, typer.Option("--allow-nonfinite", help="Accept weights that are NaN or infinite.")
]
AllowLambda = Annotated[
    bool,
    typer.Option("--allow-lambda", help="Run the code of Keras Lambda layers. Only for files you trust."),
]
Inputs = Annotated[
    Path | None,
    typer.Option("--inputs", help="Samples: .npz with an array an input, or .npy where there is one input."),
]
Labels = Annotated[
    Path | None, typer.Option("--labels", help="The right answer of each sample, as .npz or .npy.")
]
Samples = Annotated[
    int | None, typer.Option("--samples", min=1, max=MOST_SAMPLES, help="How many samples to use.")
]
ProofSeconds = Annotated[
    float,
    typer.Option("--proof-seconds", help="How long the proof may take.", metavar="SECONDS"),
]
Force = Annotated[
    bool,
    typer.Option("--force", help="Also write over a folder in which you keep files; they stay there."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print figures as JSON.")]


def pairs(texts: Sequence[str] | None, option: str) -> dict[str, str]:
    """Split NAME=VALUE options; the last = counts, since names may hold others."""
    result = {}
    for text in texts or ():
        name, equals, value = text.rpartition("=")
        if not (name and equals and value):
            raise UsageError(f"{option} takes NAME=VALUE, not {text!r}")
        result[name] = value
    return result


def sizes(texts: Sequence[str] | None) -> dict[str, int]:
    """Split NAME=SIZE options."""
    result = {}
    for name, value in pairs(texts, "--dim").items():
        # As many digits as a size can have; Python counts more characters as digits than it can read.
        if not re.fullmatch("0*[1-9][0-9]{0,9}", value):
            raise UsageError(
                f"--dim takes NAME=SIZE with a size of at least 1, not {name}={value[:LONGEST_SHOWN]}"
            )
        result[name] = int(value)
    return result
