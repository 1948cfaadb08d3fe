"""Options that several subcommands share, and the request they make."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from onnx2luau.compiler.errors import UsageError

Target = Literal["client", "server"]
Weights = Literal["f32", "f16", "int8"]
Encoding = Literal["base64", "table"]

Model = Annotated[Path, typer.Argument(help="A .keras, .h5 or .onnx file, or a SavedModel folder.")]
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
    typer.Option("--dim", help="Fix an open dimension by name; repeatable.", metavar="NAME=SIZE"),
]
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
Samples = Annotated[int | None, typer.Option("--samples", min=1, help="How many samples to use.")]
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
        if not value.isdigit() or int(value) < 1:
            raise UsageError(f"--dim takes NAME=SIZE with a size of at least 1, not {name}={value}")
        result[name] = int(value)
    return result
