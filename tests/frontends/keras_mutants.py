"""Keras files, each with a few seeded faults: in the bytes, in the config, in the parts of an archive."""

from __future__ import annotations

import copy
import io
import json
import random
import shutil
import zipfile
from pathlib import Path
from typing import Any

import h5py

from onnx2luau.frontends.keras import packages

saved_model_pb2 = packages.import_quietly("tensorflow.core.protobuf.saved_model_pb2")

ODD = [None, True, 0, -1, 3, 2**31, 2**63, 10**40, 1e308, float("nan"), "", "relu", "\x00", "é" * 300, [], {}]
ODD += [
    [None],
    [[-1]],
    [0, 0],
    ["a"] * 50,
    {"class_name": "Dense"},
    {"class_name": 7, "config": {}},
    {"config": []},
]
ODD += [
    {"class_name": "Dense", "config": None},
    {"class_name": "__tensor__", "config": {}},
    "float16",
    "int8",
]


def mutant(whole: Path, folder: Path, seed: int) -> Path:
    """Write a spoilt copy of a .keras or .h5 file or a SavedModel into an empty folder, and return its path."""
    choice = random.Random(seed)
    path = folder / whole.name
    if whole.is_dir():
        shutil.copytree(whole, path)
        if choice.random() < 0.6:
            spoil_graph(path / "saved_model.pb", choice)
        else:
            spoil_file(
                choice.choice([path / "saved_model.pb", *sorted((path / "variables").iterdir())]), choice
            )
        return path
    shutil.copy(whole, path)
    if choice.random() < 0.4:
        spoil_file(path, choice)
    elif whole.suffix == ".h5":
        spoil_hdf5(path, choice)
    else:
        spoil_archive(path, choice)
    return path


def spoil_file(path: Path, choice: random.Random) -> None:
    path.write_bytes(spoilt(path.read_bytes(), choice))


def spoilt(data: bytes, choice: random.Random) -> bytes:
    """Return the data with some bytes changed, left out, repeated or zero, or without its end."""
    array = bytearray(data)
    for _ in range(choice.choice([1, 1, 2, 8])):
        at, length = choice.randrange(len(array) or 1), choice.choice([1, 1, 4, 64])
        way = choice.randrange(6)
        if way < 2:
            array[at : at + length] = bytes(choice.randrange(256) for _ in array[at : at + length])
        elif way == 2:
            array[at : at + length] = bytes(len(array[at : at + length]))
        elif way == 3:
            del array[at : at + length]
        elif way == 4:
            array[at:at] = array[at : at + length]
        else:
            del array[at + (len(array) - at) // 2 :]
    return bytes(array)


def spoilt_json(text: str, choice: random.Random) -> str:
    """Return JSON in which values are odd, missing or somewhere else, or which is deep, or is none."""
    way = choice.randrange(10)
    if way == 0:
        return json.dumps(choice.choice(ODD))
    if way == 1:
        return spoilt(text.encode(), choice).decode(errors="replace")
    if way == 2:
        return "[" * choice.choice([150, 3_000, 100_000]) + text
    config = json.loads(text)
    for _ in range(choice.choice([1, 1, 1, 3])):
        places = list(inner(config))
        holder, key = choice.choice(places)
        other, their = choice.choice(places)
        if choice.random() < 0.2 and isinstance(holder, dict):
            del holder[key]
        elif choice.random() < 0.2:
            holder[key] = json.loads(json.dumps(other[their]))
        else:
            holder[key] = copy.deepcopy(choice.choice(ODD))  # or it may come to hold itself
    return json.dumps(config)


def inner(value: Any) -> Any:
    """Yield every place in a JSON value, as the list or object that holds it and the key or index in it."""
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from inner(value[key])


def spoil_hdf5(path: Path | io.BytesIO, choice: random.Random) -> None:
    with h5py.File(path, "a") as file:
        if "model_config" in file.attrs and choice.random() < 0.7:
            text = spoilt_json(file.attrs["model_config"], choice)
            del file.attrs["model_config"]
            try:
                file.attrs["model_config"] = text.replace("\x00", "")
            except (ValueError, OSError, RuntimeError):  # larger than an attribute may be
                file.attrs["model_config"] = choice.choice([3, 2.5, [1, 2], b"\xff"])
            return
        names: list[str] = []
        file.visit(names.append)
        name = choice.choice(names)
        del file[name]
        if choice.random() < 0.7:
            file.create_dataset(
                name, choice.choice([(), (0,), (3, 3), (2, 1 << 20)]), choice.choice(["f4", "i8", "S3"])
            )


def spoil_graph(path: Path, choice: random.Random) -> None:
    proto = saved_model_pb2.SavedModel()
    proto.ParseFromString(path.read_bytes())
    for _ in range(choice.choice([1, 1, 2, 4])):
        message, field = choice.choice(list(fields(proto)))
        value = getattr(message, field.name)
        if choice.random() < 0.3:
            message.ClearField(field.name)
        elif is_map(field):
            del value[choice.choice(sorted(value))]
        elif field.is_repeated:
            at = choice.randrange(len(value))
            if choice.random() < 0.5:
                del value[at]
            elif field.message_type is None:
                value[at] = choice.choice(list(value))
            else:
                value.add().CopyFrom(choice.choice(list(value)))
        elif isinstance(value, str):
            setattr(
                message, field.name, choice.choice(["", "odd", "Relu", "x", "..", value + "_1", value[:-1]])
            )
        elif isinstance(value, (bool, int, float)):
            setattr(message, field.name, choice.choice([0, 1, 2, 3, 7, 19, 1 << 20]))
    path.write_bytes(proto.SerializeToString())


def is_map(field: Any) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def fields(message: Any) -> Any:
    """Yield every field that is set in a message and in those inside it, with the message that holds it."""
    for field, value in message.ListFields():
        yield message, field
        if field.message_type is None:
            continue
        if is_map(field):
            below = value.values() if field.message_type.fields_by_name["value"].message_type else ()
        else:
            below = value if field.is_repeated else [value]
        for each in below:
            yield from fields(each)


def spoil_archive(path: Path, choice: random.Random) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = choice.choice(["config.json"] * 4 + sorted(parts))
    if name.endswith(".json") and choice.random() < 0.8:
        parts[name] = spoilt_json(parts[name].decode(), choice).encode()
    elif name.endswith(".h5") and choice.random() < 0.5:
        stream = io.BytesIO(parts[name])
        spoil_hdf5(stream, choice)
        parts[name] = stream.getvalue()
    elif choice.random() < 0.3:
        del parts[name]
    else:
        parts[name] = spoilt(parts[name], choice)
    method = choice.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    with zipfile.ZipFile(path, "w", method) as archive:
        for part, data in parts.items():
            archive.writestr(part, data)
