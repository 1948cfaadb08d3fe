"""Weights beside an ONNX file: every way in which they can't be read is one sentence that names their file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from onnx2luau.compiler.errors import ModelError
from onnx2luau.frontends.onnx import load_model
from onnx2luau.frontends.onnx.external import external_tensors
from onnx2luau.source import read_source
from tests.cases import floats, make_model

DATA = "model.onnx.data"


def saved(folder: Path, **entries: str | None) -> Path:
    """Save a model of one weight [4, 3] in a file beside it, with other entries for its place."""
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    model = make_model([node], {"x": floats(1, 4)}, ["y"], {"w": floats(4, 3)})
    path = folder / "model.onnx"
    onnx.save(model, path, save_as_external_data=True, location=DATA, size_threshold=0)
    tensor = onnx.load(path, load_external_data=False).graph.initializer[0]
    wanted = {entry.key: entry.value for entry in tensor.external_data}
    wanted |= {key: value for key, value in entries.items() if value is not None}
    kept = {key: value for key, value in wanted.items() if entries.get(key, "") is not None}
    changed = onnx.load(path, load_external_data=False)
    place = changed.graph.initializer[0].external_data
    del place[:]
    for key, value in kept.items():
        place.add(key=key, value=value)
    path.write_bytes(changed.SerializeToString())
    return path


def cut(data: Path) -> None:
    """Leave out the last number."""
    data.write_bytes(data.read_bytes()[:-4])


def pointer(data: Path) -> None:
    """Put there what Git LFS does."""
    data.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 48\n")


def folder(data: Path) -> None:
    """Make a folder of it."""
    data.unlink()
    data.mkdir()


def link(data: Path) -> None:
    """Make a link of it that leaves the model's folder."""
    data.unlink()
    data.symlink_to("/etc/hostname")


def circle(data: Path) -> None:
    """Make links of it that lead to each other."""
    data.unlink()
    data.symlink_to(data.name)


PLACES: list[tuple[dict[str, str | None], str]] = [
    ({"offset": "-1"}, "at the offset '-1', which is not a whole number of bytes"),
    ({"offset": "here"}, "at the offset 'here', which is not a whole number of bytes"),
    ({"offset": "²"}, "at the offset '²', which is not a whole number of bytes"),
    ({"offset": "9" * 5000}, "which is not a whole number of bytes"),
    ({"offset": "4"}, "which is cut short: it has 48 bytes, and these end at byte 52"),
    ({"offset": str(2**62)}, "which is cut short"),
    ({"length": "-48"}, "with the length '-48', which is not a whole number of bytes"),
    ({"length": "40"}, "with 40 bytes, and their shape needs 48"),
    ({"length": str(2**60)}, "and their shape needs 48"),
    ({"length": None, "offset": "1"}, "which is cut short"),
    ({"location": None}, "keeps weights in a file that it does not name"),
    ({"location": "absent.bin"}, "'absent.bin', which does not exist; put it beside the model"),
    ({"location": "../model.onnx.data"}, "which lies outside of the model's folder"),
    ({"location": "/etc/hostname"}, "which lies outside of the model's folder"),
    ({"location": "a" * 5000}, "which can't be read: File name too long"),
    ({"location": "a\0b"}, "keeps weights in a file that it does not name"),
    ({"location": "."}, "which is not a file"),
]
FILES: list[tuple[Callable[[Path], None], str]] = [
    (
        cut,
        "'model.onnx.data', which is cut short: it has 44 bytes, and these end at byte 48; copy or download it",
    ),
    (pointer, "'model.onnx.data', which is a Git LFS pointer instead of the data; run `git lfs pull`"),
    (folder, "'model.onnx.data', which is not a file"),
    (link, "'model.onnx.data', which lies outside of the model's folder"),
    (circle, "'model.onnx.data', which can't be read: its links run in a circle"),
    (Path.unlink, "'model.onnx.data', which does not exist; put it beside the model"),
]


@pytest.mark.parametrize(("entries", "sentence"), PLACES)
def test_places_that_are_none(entries: dict[str, str | None], sentence: str, tmp_path: Path) -> None:
    path = saved(tmp_path, **entries)
    with pytest.raises(ModelError) as caught:
        load_model(path)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(("change", "sentence"), FILES, ids=lambda each: getattr(each, "__name__", ""))
def test_files_that_can_not_be_used(change: Callable[[Path], None], sentence: str, tmp_path: Path) -> None:
    path = saved(tmp_path)
    change(tmp_path / DATA)
    with pytest.raises(ModelError) as caught:
        load_model(path)
    assert str(caught.value).startswith(f"{path}: the weights 'w' are in ")
    assert sentence in str(caught.value)


def test_whole_data_is_read(tmp_path: Path) -> None:
    model = load_model(saved(tmp_path, length=None))
    assert not list(external_tensors(model))
    assert (numpy_helper.to_array(model.graph.initializer[0]) == floats(4, 3)).all()


def test_pointers_and_odd_files_in_the_place_of_the_model(tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    pointer(model)
    with pytest.raises(ModelError, match=r"is a Git LFS pointer instead of the model; run `git lfs pull`"):
        load_model(model)
    with model.open("wb") as stream:
        stream.truncate(5 << 30)
    with pytest.raises(ModelError, match="is larger than 2 GB, which no ONNX file can be"):
        load_model(model)
    model.unlink()
    os.mkfifo(model)
    with pytest.raises(ModelError, match="is not a file"):
        load_model(model)


def in_a_node(weight: onnx.TensorProto) -> onnx.ModelProto:
    """Return a model whose weight is the value of a Constant node."""
    nodes = [
        helper.make_node("Constant", [], ["w"], value=weight),
        helper.make_node("MatMul", ["x", "w"], ["y"]),
    ]
    return make_model(nodes, {"x": floats(1, 4)}, ["y"])


def in_a_function(weight: onnx.TensorProto) -> onnx.ModelProto:
    """Return a model whose weight is in a function of its own."""
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("own", 1)]
    nodes = [
        helper.make_node("Constant", [], ["w"], value=weight),
        helper.make_node("MatMul", ["a", "w"], ["z"]),
    ]
    function = helper.make_function("own", "Dense", ["a"], ["z"], nodes, opsets[:1])
    model = make_model([helper.make_node("Relu", ["x"], ["y"])], {"x": floats(1, 4)}, ["y"], opset=18)
    model.graph.node[0].CopyFrom(helper.make_node("Dense", ["x"], ["y"], domain="own"))
    del model.graph.output[0].type.tensor_type.shape.dim[:]
    model.functions.append(function)
    model.opset_import.append(opsets[1])
    return model


def in_a_branch(weight: onnx.TensorProto) -> onnx.ModelProto:
    """Return a model whose weight is in a branch of an If."""
    nodes = [
        helper.make_node("Constant", [], ["w"], value=weight),
        helper.make_node("MatMul", ["x", "w"], ["z"]),
    ]
    result = helper.make_tensor_value_info("z", onnx.TensorProto.FLOAT, [1, 3])
    branch = helper.make_graph(nodes, "branch", [], [result])
    node = helper.make_node("If", ["c"], ["y"], then_branch=branch, else_branch=branch)
    return make_model([node], {"x": floats(1, 4)}, ["y"], {"c": np.array(True)})


@pytest.mark.parametrize("make", [in_a_node, in_a_function, in_a_branch])
def test_the_hash_covers_data_wherever_it_is(
    make: Callable[[onnx.TensorProto], onnx.ModelProto], tmp_path: Path
) -> None:
    weight = numpy_helper.from_array(floats(4, 3), "w")
    weight.ClearField("raw_data")
    weight.data_location = onnx.TensorProto.EXTERNAL
    weight.external_data.add(key="location", value=DATA)
    path = tmp_path / "model.onnx"
    path.write_bytes(make(weight).SerializeToString())
    hashes = set()
    for seed in (0, 1):
        (tmp_path / DATA).write_bytes(floats(4, 3, seed=seed).tobytes())
        hashes.add(read_source(path).sha256)
    assert len(hashes) == 2
