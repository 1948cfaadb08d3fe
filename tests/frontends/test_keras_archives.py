"""Archives and HDF5 files: what they claim, and where they lead."""

from __future__ import annotations

import os
import shutil
import zipfile

import h5py
import pytest

from onnx2luau.compiler.errors import ModelError
from onnx2luau.frontends.keras import packages
from tests.frontends.converted import convert
from tests.frontends.keras_models import keras, layers, refusal


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    model = keras.Sequential([keras.Input((4,), name="x"), layers.Dense(3, name="d")], name="m")
    with packages.quiet():
        model.save(folder / "model.keras")
        model.save(folder / "model.h5")
    return folder


def entries(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_config_that_unpacks_to_more_than_a_config_can_be(small, tmp_path):
    path = tmp_path / "bomb.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b" " * (40 << 20))
    assert refusal(path) == (
        f"{path}: its config.json has 41,943,040 bytes, and at most 33,554,432 can be compiled; "
        "build a smaller model"
    )


def test_an_archive_that_claims_30_gigabytes(small, tmp_path):
    path = tmp_path / "bomb.keras"
    shutil.copy(small / "model.keras", path)
    data = bytearray(path.read_bytes())
    directory = data.index(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = (0xFFFFFFF0).to_bytes(4, "little")
    path.write_bytes(data)
    assert "what is packed in it has 4,29" in refusal(path)


def test_an_archive_with_a_password(small, tmp_path):
    path = tmp_path / "secret.keras"
    shutil.copy(small / "model.keras", path)
    data = bytearray(path.read_bytes())
    at = -1
    while (at := data.find(b"PK\x01\x02", at + 1)) >= 0:
        data[at + 8] |= 1
    path.write_bytes(data)
    assert "not a whole .keras file" in refusal(path)


def test_an_archive_that_unpacks_elsewhere(small, tmp_path):
    path = tmp_path / "elsewhere.keras"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {**entries(small / "model.keras"), "assets/../../leak": b"1"}.items():
            archive.writestr(name, data)
    assert "it holds files that Keras never writes" in refusal(path)


def linked(file, kind, folder):
    if kind == "soft link":
        file["odd"] = h5py.SoftLink("/elsewhere")
    elif kind == "external link":
        file["odd"] = h5py.ExternalLink(str(folder / "other.h5"), "/x")
    elif kind == "external numbers":
        file.create_dataset("odd", (4,), "f4", external=[(str(folder / "raw"), 0, 16)])
    elif kind == "virtual numbers":
        layout = h5py.VirtualLayout((4,), "f4")
        layout[:] = h5py.VirtualSource(str(folder / "other.h5"), "x", (4,))
        file.create_virtual_dataset("odd", layout)
    else:
        file.create_dataset("odd", (1 << 20, 1 << 20), "f4", chunks=(1, 1 << 10))


@pytest.mark.parametrize("kind", ["keras", "h5"])
@pytest.mark.parametrize(
    ("odd", "message"),
    [
        ("soft link", "'/odd' in it is a link to another place"),
        ("external link", "'/odd' in it is a link to another place"),
        ("external numbers", "'/odd' in it keeps its numbers in another file"),
        ("virtual numbers", "'/odd' in it keeps its numbers in another file"),
        ("huge", "the sum of its weights has 4,398,046,511,"),
    ],
)
def test_weights_that_lead_out_of_the_file_or_beyond_memory(small, kind, odd, message, tmp_path):
    path = tmp_path / f"odd.{kind}"
    if kind == "h5":
        shutil.copy(small / "model.h5", path)
        with h5py.File(path, "a") as file:
            linked(file, odd, tmp_path)
    else:
        contents = entries(small / "model.keras")
        (tmp_path / "weights.h5").write_bytes(contents["model.weights.h5"])
        with h5py.File(tmp_path / "weights.h5", "a") as file:
            linked(file, odd, tmp_path)
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in contents.items():
                stored = (tmp_path / "weights.h5").read_bytes() if name.endswith("h5") else data
                archive.writestr(name, stored)
    assert message in refusal(path)


@pytest.mark.parametrize(
    "place", ["model.keras", "model.h5", "dense/variables/variables.data-00000-of-00001"]
)
@pytest.mark.parametrize("kind", ["pipe", "device", "sparse"])
def test_only_regular_files_of_a_possible_size_are_opened(place, kind, dense, tmp_path):
    file = tmp_path / place
    file.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "device":
        file.symlink_to("/dev/zero")
    else:
        with file.open("wb") as stream:
            stream.truncate(5 << 30)
    with pytest.raises(ModelError) as error:
        convert(dense if "dense" in place else file)
    wanted = "has 5,368," if kind == "sparse" else f"{file} is not a regular file"
    assert wanted in str(error.value)


@pytest.mark.parametrize("fault", ["import time; time.sleep(60)", "import os; os.kill(os.getpid(), 11)"])
def test_an_hdf5_file_on_which_its_library_hangs_or_dies(small, fault, monkeypatch, tmp_path):
    (tmp_path / "reader.py").write_text(fault)
    monkeypatch.setattr("onnx2luau.frontends.keras.hdf5._READER", tmp_path / "reader.py")
    if "sleep" in fault:
        monkeypatch.setattr("onnx2luau.frontends.keras.hdf5._SECONDS", 0.5)
    why = "reading it takes more than 0.5 seconds" if "sleep" in fault else "HDF5 breaks down on it"
    assert f"the HDF5 data in it are damaged ({why})" in refusal(small / "model.h5")


def test_an_ending_in_capitals(small, tmp_path):
    path = tmp_path / "MODEL.KERAS"
    shutil.copy(small / "model.keras", path)
    assert refusal(path) == f"{path}: Keras wants the ending in small letters; rename it to .keras"


def test_a_small_model_is_read(small):
    assert len(convert(small / "model.keras").graph.node) == len(convert(small / "model.h5").graph.node) == 1
