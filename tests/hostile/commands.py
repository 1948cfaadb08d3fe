"""Command lines on damaged files of each kind that the compiler reads."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

import onnx2luau
from tests.cases import floats, make_model
from tests.hostile.pool import Command
from tests.mutants import graph_files, manifests, onnx_models, sample_files

Commands = Callable[[int, int, Path], Iterator[Command]]
"""Given a seed, how many, and a folder of their own."""
PROVED = 0.2
"""The share of models that are proved as well: a damaged one may still be a right one."""
PASSED = 0.2
"""The share of graphs that only go through passes."""


def models(seed: int, count: int, folder: Path) -> Iterator[Command]:
    """Compile damaged ONNX files."""
    chance = random.Random(seed)
    for number, (_, content) in enumerate(onnx_models.mutants(seed, count)):
        path, output = folder / f"model{number}.onnx", folder / f"build{number}"
        path.write_bytes(content)
        how = ["--samples", "2"] if chance.random() < PROVED else ["--no-verify"]
        yield Command("onnx", ["compile", str(path), "-o", str(output), *how], path, output)


def samples(seed: int, count: int, folder: Path) -> Iterator[Command]:
    """Compile a model with damaged files of samples."""
    model = folder / "model.onnx"
    nodes = [
        helper.make_node("Cast", ["n"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("Add", ["x", "f"], ["y"]),
    ]
    onnx.save(make_model(nodes, {"x": floats(1, 4), "n": np.asarray(1)}, ["y"]), model)
    for number, content in enumerate(sample_files.mutants(seed, count)):
        path, output = folder / f"samples{number}.npz", folder / f"build{number}"
        path.write_bytes(content)
        words = ["compile", str(model), "-o", str(output), "--inputs", str(path), "--no-verify"]
        yield Command("samples", words, path, output)


def builds(seed: int, count: int, folder: Path) -> Iterator[Command]:
    """Run and verify builds whose manifests are damaged."""
    model, whole, given = folder / "model.onnx", folder / "whole", folder / "x.npy"
    nodes = [
        helper.make_node("Gemm", ["x", "w", "b"], ["h"], name="hidden"),
        helper.make_node("Relu", ["h"], ["y"]),
    ]
    constants = {"w": floats(4, 3, seed=1), "b": floats(3, seed=2)}
    onnx.save(make_model(nodes, {"x": floats(1, 4)}, ["y"], constants), model)
    np.save(given, floats(2, 4))
    onnx2luau.compile(model, whole, verify=False)
    for number, content in enumerate(manifests.mutants((whole / "manifest.json").read_bytes(), seed, count)):
        build, output = folder / f"build{number}", folder / f"output{number}.npz"
        shutil.copytree(whole, build)
        (build / "manifest.json").write_bytes(content)
        run = ["run", str(build), "--inputs", str(given), "-o", str(output)]
        verify = ["verify", str(model), str(build), "--samples", "2"]
        yield Command("builds", verify if number % 2 else run, build, output)


def graphs(seed: int, count: int, folder: Path) -> Iterator[Command]:
    """Compile damaged graphs in their textual form, and apply passes to them."""
    chance = random.Random(seed)
    for number, content in enumerate(graph_files.mutants(seed, count)):
        path, output = folder / f"graph{number}.ir", folder / f"build{number}"
        path.write_bytes(content)
        if chance.random() < PASSED:
            words = ["opt", str(path), "-o", str(output)]
        else:
            words = ["compile", str(path), "-o", str(output), "--no-verify"]
        yield Command("graphs", words, path, output)


def keras(seed: int, count: int, folder: Path) -> Iterator[Command]:
    """Compile damaged Keras files and SavedModels."""
    # TensorFlow takes seconds to import, so it is for those who ask for this kind.
    from onnx2luau.frontends.keras import packages
    from tests.frontends.keras_mutants import mutant

    with packages.quiet():
        kinds = _keras_files(packages.keras(), folder)
    for number in range(count):
        place, output = folder / f"model{number}", folder / f"build{number}"
        place.mkdir()
        path = mutant(kinds[number % len(kinds)], place, seed + number)
        yield Command("keras", ["compile", str(path), "-o", str(output), "--no-verify"], place, output)


def _keras_files(library: Any, folder: Path) -> list[Path]:
    layers = library.layers
    x = library.Input((6, 5, 2), name="x")
    y = layers.BatchNormalization(name="even")(layers.Conv2D(3, 2, activation="relu", name="conv")(x))
    y = layers.Dense(2, "softmax", name="out")(layers.Flatten(name="flat")(y))
    model = library.Model(x, y, name="m")
    model.save(folder / "model.keras")
    model.save(folder / "model.h5")
    model.export(folder / "model", verbose=False)
    return [folder / "model.keras", folder / "model.h5", folder / "model"]


KINDS: dict[str, tuple[int, Commands]] = {
    "onnx": (6, models),
    "samples": (1, samples),
    "builds": (2, builds),
    "graphs": (1, graphs),
    "keras": (1, keras),
}
"""The share of each kind in a campaign."""
