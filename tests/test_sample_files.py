"""Files of samples and labels from anywhere: exactly the numbers that they hold, or one sentence."""

from __future__ import annotations

import io
import os
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from onnx2luau.compiler import archive
from onnx2luau.compiler.errors import UsageError
from onnx2luau.compiler.ir.graph import Port
from onnx2luau.compiler.ir.types import DType, TensorType
from onnx2luau.compiler.ir.values import Value
from onnx2luau.samples import array_file
from onnx2luau.samples.given_samples import fit_labels, fit_samples, load_labels, load_samples
from tests.mutants.sample_files import SEEDS, mutants


def port(name: str, shape: tuple[int, ...], dtype: DType = DType.F32) -> Port:
    return Port(name, Value(name, TensorType(dtype, shape)))


X = port("x", (1, 4))
FITTING = np.arange(8, dtype=np.float32).reshape(2, 4)


def npy(array: np.ndarray, version: tuple[int, int] | None = None) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, version)
    return stream.getvalue()


def npz(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return stream.getvalue()


def header(text: str, data: bytes = b"", version: int = 1) -> bytes:
    """Return an .npy with any header."""
    size = len(text).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + size + text.encode() + data


def described(descr: str, shape: str, data: bytes = b"") -> bytes:
    return header(f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n", data)


def encrypted(content: bytes) -> bytes:
    """Set the flag of encryption in both places that a zip has for it."""
    data = bytearray(content)
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def patched(content: bytes, old: bytes, new: bytes) -> bytes:
    assert old in content
    return content.replace(old, new)


READ = {
    "npy": npy(FITTING),
    "its batch axis": npy(FITTING[:, None]),
    "second form of header": npy(FITTING, (2, 0)),
    "third form of header": npy(FITTING, (3, 0)),
    "big-endian": npy(FITTING.astype(">f4")),
    "Fortran order": npy(np.asfortranarray(FITTING)),
    "f16": npy(FITTING.astype(np.float16)),
    "f64": npy(FITTING.astype(np.float64)),
    "long doubles": npy(FITTING.astype(np.longdouble)),
    "big-endian integers": npy(FITTING.astype(">i8")),
    "bytes": npy(FITTING.astype(np.uint8)),
    "npz, stored": npz({"x.npy": npy(FITTING)}, zipfile.ZIP_STORED),
    "npz, packed": npz({"x.npy": npy(FITTING)}),
    "a single array of another name": npz({"../../evil\n.npy": npy(FITTING)}),
    "an array that is not asked for": npz({"x.npy": npy(FITTING), "notes": b"not an array"}),
    "a name without its ending": npz({"x": npy(FITTING)}),
}

WHOLE = "is not a whole .npz or .npy file of numbers"
REFUSED: dict[str, tuple[bytes, str]] = {
    "empty file": (b"", WHOLE),
    "text": (b"1 2 3 4\n", WHOLE),
    "magic alone": (b"\x93NUMPY", WHOLE),
    "unknown version": (b"\x93NUMPY\x09\x00" + bytes(200), WHOLE),
    "cut in its header": (npy(FITTING)[:60], WHOLE),
    "cut in its numbers": (npy(FITTING)[:-1], WHOLE),
    "more than its numbers": (npy(FITTING) * 2, WHOLE),
    "unclosed header": (header("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 4"), WHOLE),
    "unclosed text in a header": (header("{'descr': '<f4"), WHOLE),
    "deep header": (header("(" * 5000), WHOLE),
    "long header": (header(" " * 60_000 + "{}"), WHOLE),
    "header longer than the file": (b"\x93NUMPY\x02\x00\xff\xff\xff\xff{", WHOLE),
    "code in a header": (header("__import__('os').abort()"), WHOLE),
    "header of another kind": (header("[1, 2]"), WHOLE),
    "header with another key": (header("{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': 1}"), WHOLE),
    "unknown type": (described("'<q9'", "(2, 4)"), WHOLE),
    "negative extent": (described("'<f4'", "(-2, 4)", bytes(32)), WHOLE),
    "extent beyond all": (described("'<f4'", f"(0, {10**30})"), WHOLE),
    "shape of text": (described("'<f4'", "('2', 4)", bytes(32)), WHOLE),
    "200 axes": (described("'<f4'", "(" + "1, " * 200 + ")", bytes(4)), WHOLE),
    "huge array": (described("'<f4'", f"({2**38}, 4)"), "takes 4,398,046,511,104 bytes, and at most"),
    "objects": (npy(np.array([None, {}], object)), "holds Python objects, not numbers"),
    "text array": (npy(np.array(["a", "b"])), "holds text, not numbers"),
    "byte strings": (npy(np.array([b"a", b"b"])), "holds text, not numbers"),
    "complex numbers": (npy(FITTING.astype(np.complex64)), "holds complex numbers, not numbers"),
    "records": (npy(np.zeros(2, [("a", "<f4"), ("b", "<i4")])), "holds records, not numbers"),
    "dates": (npy(np.zeros(2, "<M8[s]")), "holds datetime64[s], not numbers"),
    "npz without arrays": (npz({}), "holds no arrays"),
    "npz of another name": (npz({"a.npy": npy(FITTING), "b.npy": npy(FITTING)}), "has no array 'x'; it has 'a', 'b'"),
    "npz of text": (npz({"x.npy": b"hello"}), WHOLE),
    "npz with two x": (npz({"x.npy": npy(FITTING), "x": npy(FITTING)}), "holds two arrays of one name"),
    "encrypted": (encrypted(npz({"x.npy": npy(FITTING)})), "the array 'x' is encrypted"),
    "bzip2": (npz({"x.npy": npy(FITTING)}, zipfile.ZIP_BZIP2), "packed in a way that numpy does not use"),
    "LZMA": (npz({"x.npy": npy(FITTING)}, zipfile.ZIP_LZMA), "packed in a way that numpy does not use"),
    "cut archive": (npz({"x.npy": npy(FITTING)})[:-30], WHOLE),
    "wrong checksum": (patched(npz({"x.npy": npy(FITTING)}, 0), npy(FITTING)[-4:], b"\0\0\0\1"), WHOLE),
    "packed header that is cut": (npz({"x.npy": npy(FITTING)[:40]}), WHOLE),
    "no samples": (npy(FITTING[:0]), "has no samples of 'x'; its first axis counts them"),
    "a single number": (npy(np.float32(3)[None][0]), "has no samples of 'x'"),
    "another shape": (npy(FITTING[:, :3]), "samples of 'x' have the shape [3], and the model takes [1, 4]"),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_what_is_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(READ[name])
    read = load_samples(path, [X])["x"]
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, FITTING[:, None])


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str, tmp_path: Path) -> None:
    content, sentence = REFUSED[name]
    path = tmp_path / "x.npz"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        load_samples(path, [X])
    assert str(caught.value).startswith(str(path))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def make_fifo(path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("a system without pipes that have names")
    os.mkfifo(path)


def make_sparse(path: Path) -> None:
    path.write_bytes(described("'<f4'", f"({5 * 2**28}, )"))
    os.truncate(path, 5 * 2**30)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: None, "does not exist"),
        (lambda path: path.mkdir(), "is a folder; give an .npz or .npy file"),
        (make_fifo, "is not a regular file; give an .npz or .npy file"),
        (lambda path: path.symlink_to("/dev/zero"), "is not a regular file; give an .npz or .npy file"),
        (lambda path: path.symlink_to(path), "can't be read"),
        (make_sparse, "has 5,368,709,120 bytes, and at most 1,073,741,824 are read; give fewer samples"),
    ],
)  # fmt: skip
def test_only_regular_files_of_a_size(make: Callable[[Path], None], sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    make(path)
    with pytest.raises(UsageError) as caught:
        load_samples(path, [X])
    assert sentence in str(caught.value)


@pytest.mark.parametrize("name", ["a" * 5000, "a\0b"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(UsageError, match="can't be read"):
        load_labels(Path(name), 1)


def zeros_in(path: Path, start: bytes, size: int) -> None:
    """Write an .npz whose array unpacks to `size` zeros behind its start, of a thousandth of that."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file, file.open("x.npy", "w") as stream:
        stream.write(start)
        for _ in range(size // 2**20):
            stream.write(bytes(2**20))


@pytest.mark.parametrize(
    "start",
    [
        described("'<f4'", f"({2**24}, 1, 1)"),
        described("'<f4'", "(2, 4)"),
        b"\x93NUMPY\x02\x00" + (2**26).to_bytes(4, "little"),
        b"",
    ],
)
def test_a_bomb_is_refused_before_it_is_unpacked(
    start: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(array_file, "MOST_BYTES", 2**20)
    path = tmp_path / "x.npz"
    zeros_in(path, start, 2**26)
    assert path.stat().st_size < 2**20
    tracemalloc.start()
    with pytest.raises(UsageError):
        load_samples(path, [port("x", (1, 1))])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**22


def test_the_sum_of_the_arrays_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, x=FITTING, y=FITTING)
    monkeypatch.setattr("onnx2luau.samples.given_samples.MOST_BYTES", 40)
    with pytest.raises(UsageError, match="the samples take 64 bytes, and at most 40 are read"):
        load_samples(path, [X, port("y", (1, 4))])


@pytest.mark.parametrize("locator", [b"", archive.LOCATOR + bytes(16)])
def test_an_archive_that_lists_too_much(locator: bytes, tmp_path: Path) -> None:
    content = npz({"x.npy": npy(FITTING)})
    place = content.rindex(archive.END)
    length = content[place + 12 : place + 16] if locator else (2**30).to_bytes(4, "little")
    path = tmp_path / "x.npz"
    path.write_bytes(content[:place] + locator + content[place : place + 12] + length + content[place + 16 :])
    with pytest.raises(UsageError, match=WHOLE):
        load_samples(path, [X])


@pytest.mark.parametrize(
    ("dtype", "good", "bad"),
    [
        (DType.I32, [2**31 - 1, -(2**31), 3.0, True], [2**31, -(2**31) - 1, 2**63, 2.5, 1e300, np.nan, np.inf]),
        (DType.I64, [2**53, -(2**53), -7.0, False], [2**53 + 2, -(2**60), 2**64 - 1, 0.5, 1e30, -np.inf, np.nan]),
        (DType.BOOL, [True, 0, 1.0], [2, -1, 0.5, np.nan, 256]),
        (DType.F32, [2**63, 3.4e38, np.inf, np.nan, True, -0.0], [1e39, -1e300]),
    ],
)  # fmt: skip
def test_numbers_that_a_type_can_not_hold_are_refused(
    dtype: DType, good: list[object], bad: list[object]
) -> None:
    ports = [port("x", (1,), dtype)]
    for value in good:
        got = fit_samples(np.array([value]), ports, "the inputs")["x"]
        assert got.dtype == dtype.numpy
        np.testing.assert_array_equal(got[0, 0], np.array(value).astype(dtype.numpy))
    for value in bad:
        # After a number that fits, so that the sentence has to find the place.
        array = np.array([0, value], np.asarray(value).dtype)
        with pytest.raises(UsageError, match="in sample 1 of 'x' is not a number that its type"):
            fit_samples(array, ports, "the inputs")


@pytest.mark.parametrize("given", [[[1, 2], [3]], [object()], ["a"], [1j], {"y": [[1]]}, {}, []])
def test_what_is_no_array_is_refused(given: object) -> None:
    with pytest.raises(UsageError):
        fit_samples(given, [port("x", (1,))], "the inputs")  # type: ignore[arg-type] # wrong on purpose


def test_how_many_inputs_there_are(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", FITTING)
    with pytest.raises(UsageError, match=r"the model has 2 inputs, so give an \.npz with an array for each"):
        load_samples(tmp_path / "x.npy", [X, port("y", (1, 4))])
    with pytest.raises(UsageError, match="the model has no inputs, so leave the samples out"):
        load_samples(tmp_path / "x.npy", [])
    with pytest.raises(UsageError, match=r"different numbers of samples: \[1, 2\]"):
        fit_samples({"x": FITTING, "y": FITTING[:1]}, [X, port("y", (1, 4))], "the inputs")


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (
            np.array([0.0, np.nan]),
            "labels are integers, the index of each right answer, and these are float64",
        ),
        (np.array([0.0, 1.0]), "these are float64"),
        (np.array([True, False]), "these are bool"),
        (np.array([1, 2, 3]), r"one label for each of 2 samples, and these have the shape \[3\]"),
        (np.eye(2, dtype=np.int64), r"one label for each of 2 samples, and these have the shape \[2, 2\]"),
        (np.array(1), r"one label for each of 2 samples, and these have the shape \[\]"),
    ],
)
def test_labels_that_are_none(labels: np.ndarray, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "labels.npy"
    np.save(path, labels)
    with pytest.raises(UsageError, match=sentence):
        load_labels(path, 2)
    with pytest.raises(UsageError, match=sentence):
        fit_labels(labels, 2, "the labels")


def test_labels(tmp_path: Path) -> None:
    path = tmp_path / "labels.npz"
    for name in ("y", "anything"):
        np.savez(path, **{name: np.array([[3], [1]], np.uint8)})
        assert load_labels(path, 2).tolist() == [3, 1]
    np.savez(path, a=np.array([3, 1]), b=np.array([3, 1]))
    with pytest.raises(UsageError, match="has the arrays 'a', 'b'; call the labels 'y'"):
        load_labels(path, 2)


def test_damaged_files(tmp_path: Path) -> None:
    """Whatever happens to a file, it is read whole or refused; other exceptions end the test."""
    ports = [X, port("n", (), DType.I64)]
    path = tmp_path / "x.npz"
    read = 0
    for content in mutants(seed=0, count=300):
        path.write_bytes(content)
        try:
            samples = load_samples(path, ports)
        except UsageError:
            pass
        else:
            read += 1
            assert samples["x"].shape[1:] == (1, 4)
            assert samples["n"].dtype == np.int64
        try:
            labels = load_labels(path, 3)
        except UsageError:
            pass
        else:
            assert labels.shape == (3,)
    assert 0 < read < 300
    assert len(SEEDS) > 3
