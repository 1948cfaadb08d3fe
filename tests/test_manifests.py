"""Manifests that were changed, and builds that are not whole: one sentence, or what the build computed before."""

from __future__ import annotations

import copy
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper
from typer.testing import CliRunner

import onnx2luau as package
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.builds.batch_axis import without_batch
from onnx2luau.builds.contents import LARGEST, MANIFEST
from onnx2luau.builds.described import check_described
from onnx2luau.builds.leftovers import MARK, OLD, PREFIX, SIGNATURE, SWAPPING
from onnx2luau.builds.manifest import Manifest, read_manifest
from onnx2luau.cli.commands import app
from onnx2luau.compiler.errors import UsageError
from onnx2luau.proof.verify import run_in_batches
from onnx2luau.samples.given_samples import fit_samples
from tests.cases import floats, make_model
from tests.mutants.manifests import ODD, mutants

SAMPLES = {"x": floats(3, 4, seed=1), "z": floats(3, 3, seed=2)}


def network(weights: np.ndarray) -> onnx.ModelProto:
    """Return a model with two inputs and outputs of different shapes, of several layers."""
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["a"], name="first"),
        helper.make_node("Softmax", ["a"], ["b"], name="second"),
        helper.make_node("Add", ["b", "z"], ["y"], name="third"),
    ]
    return make_model(nodes, {"x": floats(1, 4), "z": floats(1, 3)}, ["y", "b"], {"w": weights})


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("original") / "build"
    package.compile(network(floats(4, 3)), folder, verify=False)
    return folder


@pytest.fixture
def build(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "build"))


def run(folder: Path, manifest: Manifest, lune: Lune) -> dict[str, np.ndarray]:
    """Do what `onnx2luau run` does."""
    samples = fit_samples(SAMPLES, manifest.input_ports(), "the samples")
    check_described(lune, folder, manifest)
    return without_batch(run_in_batches(lune, folder, samples, manifest.work), manifest)


def check(build: Path, content: bytes, expected: dict[str, np.ndarray], lune: Lune) -> bool:
    """Whether a changed manifest is read, which must then change nothing; otherwise it is refused."""
    (build / MANIFEST).write_bytes(content)
    try:
        results = run(build, read_manifest(build), lune)
    except UsageError:
        return False
    assert results.keys() == expected.keys()
    for name, array in results.items():
        np.testing.assert_array_equal(array, expected[name])
    return True


def places(data: Any) -> Iterator[list[Any]]:
    """Yield the path of every value in JSON."""
    for key in list(data) if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ():
        yield [key]
        yield from ([key, *path] for path in places(data[key]))


def test_every_field_with_every_odd_value(build: Path, client: Lune) -> None:
    whole = json.loads((build / MANIFEST).read_bytes())
    expected = run(build, read_manifest(build), client)
    # What no run asks for is only read.
    behind = {"name", "onnx2luau", "parameters", "multiply_adds", "layers", "files", "verification"}
    kept = 0
    for path in places(whole):
        for value in (KeyError, *ODD):
            data = copy.deepcopy(whole)
            box = data
            for key in path[:-1]:
                box = box[key]
            if value is KeyError:
                del box[path[-1]]
            else:
                box[path[-1]] = value
            content = json.dumps(data).encode()
            if path[0] in behind:
                (build / MANIFEST).write_bytes(content)
                with suppress(UsageError):
                    read_manifest(build)
            else:
                kept += check(build, content, expected, client)
    assert kept > 0  # the name of the file that was compiled, for one


def test_damaged_manifests(build: Path, client: Lune) -> None:
    whole = (build / MANIFEST).read_bytes()
    expected = run(build, read_manifest(build), client)
    assert check(build, whole, expected, client)
    outcomes = [check(build, content, expected, client) for content in mutants(whole, 0, 200)]
    assert 0 < sum(outcomes) < 200


def test_manifest_of_another_module(build: Path, client: Lune, tmp_path: Path) -> None:
    for model, sentence in (
        (network(floats(4, 3, seed=9)), "that was made from another model"),
        (network(floats(4, 7)[:, :3].copy()), "that was made from another model"),
        (
            make_model([helper.make_node("MatMul", ["x", "w"], ["y"])], {"x": floats(1, 4)}, ["y"], {"w": floats(4, 3)}),
            r"that has 'inputs f32 \[1,3\] z', and the manifest 'outputs f32 \[1,3\] y'",
        ),
    ):  # fmt: skip
        package.compile(model, tmp_path / "other", verify=False, force=True)
        shutil.copy(build / MANIFEST, tmp_path / "kept.json")
        shutil.copy(tmp_path / "other" / MANIFEST, build / MANIFEST)
        for name in json.loads((build / MANIFEST).read_bytes())["files"]:
            (build / name).parent.mkdir(exist_ok=True)
            (build / name).touch()
        with pytest.raises(UsageError, match=sentence):
            check_described(client, build, read_manifest(build))
        shutil.copy(tmp_path / "kept.json", build / MANIFEST)


def test_lost_files_are_named(build: Path) -> None:
    (build / "runtime" / "model.luau").unlink()
    with pytest.raises(UsageError, match=r"build has lost its runtime/model\.luau; compile the model again"):
        package.load(build)
    shutil.rmtree(build / "sample")
    (build / "sample").write_text("a file")
    with pytest.raises(UsageError, match=r"has lost its runtime/model\.luau and 1 more files"):
        package.load(build)
    (build / "Model.luau").unlink()
    (build / "Model.luau").mkdir()
    with pytest.raises(UsageError, match=r"has lost its Model\.luau and 2 more files"):
        package.load(build)


def test_a_build_that_a_killed_swap_left_aside_is_read(build: Path) -> None:
    before = package.load(build).manifest
    workshop = build.parent / f"{PREFIX}0123456789abcdef"
    workshop.mkdir()
    (workshop / MARK).write_text(json.dumps({"onnx2luau": SIGNATURE, "target": build.name}))
    (workshop / SWAPPING).touch()
    build.rename(workshop / OLD)
    assert package.load(build).manifest == before
    assert list(build.parent.iterdir()) == [build]


def test_verify_with_another_model(build: Path, tmp_path: Path) -> None:
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    onnx.save(make_model([node], {"x": floats(1, 40)}, ["y"], {"w": floats(40, 3)}), tmp_path / "other.onnx")
    result = CliRunner().invoke(app, ["verify", str(tmp_path / "other.onnx"), str(build)])
    assert isinstance(result.exception, UsageError)
    assert str(result.exception).endswith("other.onnx: it has other inputs or outputs")


def test_files_that_are_no_manifests(build: Path) -> None:
    path = build / MANIFEST
    refused = []

    def refuse(*parts: str) -> None:
        with pytest.raises(UsageError) as caught:
            package.load(build)
        assert all(part in str(caught.value) for part in parts), caught.value
        path.unlink() if not path.is_dir() else path.rmdir()
        refused.append(parts)

    for text, part in (
        (b"", "is not as onnx2luau wrote it"),
        (b"\xff\xfe", "is not as onnx2luau wrote it"),
        (b"[" * 1_000_000, "is not as onnx2luau wrote it"),
        (b"[]", "is not as onnx2luau wrote it"),
        (b'{"format": 1}', "or of another version of onnx2luau (1)"),
        (b'{"format": "onnx2luau game 2"}', "is not that of a build"),
    ):
        path.write_bytes(text)
        refuse("manifest.json", part)
    os.mkfifo(path)
    refuse("manifest.json can't be read: it is not a regular file")
    path.symlink_to("/dev/zero")
    refuse("manifest.json can't be read: it is not a regular file")
    path.mkdir()
    refuse("manifest.json can't be read: it is not a regular file")
    with path.open("wb") as stream:
        stream.truncate(LARGEST + 1)
    refuse("manifest.json can't be read: it has 67,108,865 bytes")
    assert len(refused) == 10
    for name in ("absent", "build/Model.luau", "x" * 300, "a\0b"):
        with pytest.raises(UsageError, match=r"is not a build|can't be read"):
            package.load(build.parent / name)


def test_names_that_are_not_text_can_be_read_back(tmp_path: Path) -> None:
    package.compile(network(floats(4, 3)), tmp_path / "build", name="br\udcffain", verify=False)
    assert package.load(tmp_path / "build").manifest.name == "br\\udcffain"
