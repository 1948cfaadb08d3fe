"""Command lines on damaged files of each kind that the compiler reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import onnx
from onnx import helper

from tests.cases import floats, make_model
from tests.hostile.pool import Command
from tests.mutants import sample_files

Commands = Callable[[int, int, Path], Iterator[Command]]
"""Given a seed, how many, and a folder of their own."""


def samples(seed: int, count: int, folder: Path) -> Iterator[Command]:
    """Compile a model with damaged files of samples."""
    ports = {"x": floats(1, 4), "n": onnx.numpy_helper.to_array(helper.make_tensor("n", 7, [], [1]))}
    nodes = [
        helper.make_node("Cast", ["n"], ["f"], to=onnx.TensorProto.FLOAT),
        helper.make_node("Add", ["x", "f"], ["y"]),
    ]
    model = folder / "model.onnx"
    onnx.save(make_model(nodes, ports, ["y"]), model)
    for number, content in enumerate(sample_files.mutants(seed, count)):
        path = folder / f"samples{number}.npz"
        path.write_bytes(content)
        output = folder / f"build{number}"
        words = ["compile", str(model), "-o", str(output), "--inputs", str(path), "--no-verify"]
        yield Command("samples", words, path, output)


KINDS: dict[str, tuple[int, Commands]] = {"samples": (1, samples)}
"""The share of each kind in a campaign."""
