"""Bad input: one clear sentence, the right exit status, no traceback, and an older build as it was."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from onnx2luau.compiler.errors import Onnx2LuauError, UsageError
from onnx2luau.frontends.onnx import import_model
from onnx2luau.source import read_source
from tests.cases import floats, make_model
from tests.command_line import onnx2luau, stopped, tree

HOW_TO_ADD = "; `onnx2luau ops` lists what is, and docs/adding-a-layer.md shows how to add one"


def dense(weights: np.ndarray | None = None) -> onnx.ModelProto:
    """Return a model of one layer."""
    kernel = floats(4, 3) if weights is None else weights
    return make_model(
        [helper.make_node("MatMul", ["x", "w"], ["y"], name="layer")],
        {"x": floats(1, 4)},
        ["y"],
        {"w": kernel},
    )


def with_input(element: int, shape: list[int | str]) -> onnx.ModelProto:
    """Return a model whose input has any type."""
    model = dense()
    model.graph.input[0].CopyFrom(helper.make_tensor_value_info("x", element, shape))
    del model.graph.output[0].type.tensor_type.shape.dim[:]
    return model


def of_node(operator: str, domain: str = "") -> onnx.ModelProto:
    """Return a model of one node of any operator."""
    node = helper.make_node(operator, ["x"], ["y"], name="node 7", domain=domain)
    graph = helper.make_graph(
        [node],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4])],
    )
    opsets = [helper.make_opsetid("", 20), *([helper.make_opsetid(domain, 1)] if domain else [])]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def empty() -> onnx.ModelProto:
    """Return a model without nodes."""
    model = dense()
    del model.graph.node[:]
    return model


NAN = floats(4, 3)
NAN[1, 2] = np.nan
F64 = make_model(
    [helper.make_node("Add", ["x", "c"], ["y"])],
    {"x": floats(4).astype(np.float64)},
    ["y"],
    {"c": floats(4).astype(np.float64)},
)
CONSTANT_F64 = make_model([helper.make_node("Cast", ["x"], ["d"], to=TensorProto.DOUBLE), helper.make_node("Add", ["d", "c"], ["y"])], {"x": floats(4)}, ["y"], {"c": floats(4).astype(np.float64)})  # fmt: skip

MODELS = {
    "unsupported": (
        of_node("NonZero"),
        "model: the operator 'NonZero' of domain 'ai.onnx' is not supported, at node 'node 7'" + HOW_TO_ADD,
    ),
    "unknown": (
        of_node("Frobnicate"),
        "model: the operator 'Frobnicate' of domain 'ai.onnx' is not supported, at node 'node 7'"
        + HOW_TO_ADD,
    ),
    "other domain": (
        of_node("Fused", "com.example"),
        "model: the operator 'Fused' of domain 'com.example' is not supported, at node 'node 7'" + HOW_TO_ADD,
    ),
    "open dimension": (
        with_input(TensorProto.FLOAT, ["batch", "width"]),
        "model: the input 'x' has an open dimension 'width' at axis 1; only the batch may be open, "
        "fix this one with --dim width=SIZE",
    ),
    "nan": (
        dense(NAN),
        "model: the weights of 'layer' hold NaN or infinity; train again, or pass --allow-nonfinite if that is meant",
    ),
    "float64": (
        F64,
        "model: the input 'x' is float64, which is not supported; use float32, int32, int64 or bool",
    ),
    "string": (
        with_input(TensorProto.STRING, [1, 4]),
        "model: the input 'x' is string, which is not supported; use float32, int32, int64 or bool",
    ),
    "first output skipped": (
        make_model(
            [helper.make_node("LSTM", ["x", "w", "w"], ["", "h"], hidden_size=1)],
            {"x": floats(1, 1, 4)},
            ["h"],
            {"w": floats(1, 4, 4)},
        ),
        "model: the operator 'LSTM' of domain 'ai.onnx' is not supported, at node that makes 'h'"
        + HOW_TO_ADD,
    ),
    "statistics of an old normalisation": (
        make_model(
            [helper.make_node("BatchNormalization", ["x", *"sssv"], ["y", *"abcd"], name="norm")],
            {"x": floats(1, 3, 4)},
            ["y"],
            {"s": floats(3), "v": np.ones(3, np.float32)},
            9,
        ),
        "model: the operator 'BatchNormalization' of domain 'ai.onnx' is not supported (its outputs are those of "
        "training; export the model for inference), at node 'norm'" + HOW_TO_ADD,
    ),
    "a mask of an old dropout": (
        make_model(
            [helper.make_node("Dropout", ["x"], ["y", "m"], name="drop")],
            {"x": floats(1, 3)},
            ["y", "m"],
            {},
            10,
        ),
        "model: the operator 'Dropout' of domain 'ai.onnx' is not supported (its mask means nothing before opset 12), "
        "at node 'drop'" + HOW_TO_ADD,
    ),
    "empty": (empty(), "model: the graph is empty: it has no nodes, so there is nothing to compile"),
}


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """Return a good build that nothing here may change."""
    onnx.save(dense(), tmp_path / "good.onnx")
    folder = tmp_path / "build"
    # Not with its weights in the code, as such a small one would have them.
    outcome = onnx2luau("compile", tmp_path / "good.onnx", "-o", folder, "--schedule", "layer=registers")
    assert outcome.status == 0, outcome.trouble
    return folder


@pytest.mark.parametrize("name", sorted(MODELS))
def test_model_that_can_not_be_compiled(name: str, build: Path) -> None:
    model, sentence = MODELS[name]
    path = build.parent / "model.onnx"
    onnx.save(model, path)
    before = tree(build.parent)
    outcome = onnx2luau("compile", path, "-o", build)
    assert outcome.error == sentence
    assert outcome.status == 2
    assert tree(build.parent) == before


def test_float64_inside_is_named(build: Path) -> None:
    path = build.parent / "model.onnx"
    onnx.save(CONSTANT_F64, path)
    outcome = onnx2luau("compile", path, "-o", build)
    assert outcome.status == 2
    assert "float64" in outcome.error or "double" in outcome.error


def test_nan_passes_when_it_is_meant(build: Path) -> None:
    path = build.parent / "model.onnx"
    onnx.save(dense(NAN), path)
    assert onnx2luau("compile", path, "-o", build, "--allow-nonfinite").status == 0


@pytest.mark.parametrize(
    ("shape", "dims", "sentence"),
    [
        (["n", "seq len"], {}, "fix this one with --dim 'seq len=SIZE'"),
        (["n", None], {}, "has an open dimension '?' at axis 1; only the batch may be open, fix this one with --dim x:1=SIZE"),
        (["n", "width"], {"witdh": 4}, "model: there is no open dimension 'witdh' for --dim; there are 'n', 'x:0', 'width', 'x:1'"),
        ([1, 4], {"width": 4}, "model: there is no open dimension 'width' for --dim; there are none"),
        ([1, 4], {"x:1": 4}, "model: there is no open dimension 'x:1' for --dim; there are none"),
    ],
)  # fmt: skip
def test_open_dimensions(shape: list[int | str], dims: dict[str, int], sentence: str) -> None:
    with pytest.raises(Onnx2LuauError) as caught:
        import_model(with_input(TensorProto.FLOAT, shape), "model", dims=dims)
    assert str(caught.value).endswith(sentence)


def test_dim_by_input_and_axis() -> None:
    for shape in (["n", None], ["n", "width"]):
        graph = import_model(with_input(TensorProto.FLOAT, shape), "model", dims={"x:1": 4})
        assert graph.inputs[0].value.shape == (1, 4)


def test_dim_fixes_an_open_dimension(build: Path) -> None:
    path = build.parent / "model.onnx"
    onnx.save(with_input(TensorProto.FLOAT, ["batch", "width"]), path)
    outcome = onnx2luau("compile", path, "-o", build, "--dim", "width=4")
    assert outcome.status == 0, outcome.trouble


@pytest.mark.parametrize("suffix", [".onnx", ".keras", ".h5"])
@pytest.mark.parametrize("content", [b"", b"hello, I am no model", bytes(range(256)) * 8])
def test_file_that_is_no_model(suffix: str, content: bytes, build: Path) -> None:
    path = build.parent / f"model{suffix}"
    path.write_bytes(content)
    before = tree(build.parent)
    outcome = onnx2luau("compile", path, "-o", build)
    assert f"model{suffix}" in outcome.error
    assert outcome.status == 2
    assert tree(build.parent) == before


TF2ONNX = "python -m tf2onnx.convert"
PYTORCH = (
    "a PyTorch model is compiled from its ONNX form: "
    'torch.onnx.export(model, (example,), "model.onnx", dynamo=True), then compile model.onnx'
)
LITE = f"a TensorFlow Lite model is compiled from its ONNX form: {TF2ONNX} --tflite FILE --output model.onnx, then compile model.onnx"
FROZEN = f"a frozen TensorFlow graph is compiled from its ONNX form: {TF2ONNX} --graphdef FILE --inputs INPUT:0 --outputs OUTPUT:0 --output model.onnx, with the names of its inputs and outputs, then compile model.onnx"
LAYERS = "a TensorFlow.js model is turned back into a Keras model: pip install tensorflowjs, then tensorflowjs_converter --input_format=tfjs_layers_model --output_format=keras FILE model.h5, then compile model.h5"
SCRIPT = f"a TensorFlow.js graph model is compiled from its ONNX form: {TF2ONNX} --tfjs FILE --output model.onnx, then compile model.onnx"
PICKLED = 'a pickled model is compiled from its ONNX form; in the program that trained it, for scikit-learn: open("model.onnx", "wb").write(skl2onnx.to_onnx(model, X[:1].astype("float32")).SerializeToString()), then compile model.onnx'
WEIGHTS = f"a file of weights alone does not say how they are connected; load them into their PyTorch model and export that: {PYTORCH.partition(': ')[2]}"
CORE_ML = "a Core ML model can't be turned back into ONNX; export the model that it was made from to .onnx, .keras or a SavedModel folder"
ACCEPTED = "give a .keras, .h5 or .onnx file, or a SavedModel folder"
FOREIGN = [
    ("a.tflite", b"\x1c\0\0\0TFL3", f"FILE: {LITE}"),
    ("a.bin", b"\x1c\0\0\0TFL3", f"FILE: {LITE}"),
    ("frozen.pb", b"\n\x05", f"FILE: {FROZEN}"),
    ("saved_model.pb", b"\x08\x01", "FILE: this is a part of a SavedModel; give its folder, FOLDER"),
    ("model.json", b'{"format": "layers-model", "modelTopology": {}}', f"FILE: {LAYERS}"),
    ("model.json", b'{"format": "graph-model", "modelTopology": {}}', f"FILE: {SCRIPT}"),
    ("notes.json", b"{}", f"FILE is not a model that can be read: {ACCEPTED}"),
    ("group1-shard1of2.bin", b"\0", "FILE: these are the weights of a TensorFlow.js model; give its model.json"),
    ("a.pkl", b"\x80\x04", f"FILE: {PICKLED}"),
    ("a.joblib", b"\x80\x04", f"FILE: {PICKLED}"),
    ("a.dat", b"\x80\x04", f"FILE: {PICKLED}"),
    ("a.safetensors", b"\x08", f"FILE: {WEIGHTS}"),
    ("a.gguf", b"GGUF", f"FILE: {WEIGHTS}"),
    ("a", b"GGUF", f"FILE: {WEIGHTS}"),
    ("a.mlmodel", b"\x08", f"FILE: {CORE_ML}"),
    ("a.pt", b"PK\x03\x04", f"FILE: {PYTORCH}"),
    ("a.pth", b"PK\x03\x04", f"FILE: {PYTORCH}"),
    ("a.pt2", b"PK\x03\x04", f"FILE: {PYTORCH}"),
    ("a.zip", b"PK\x03\x04", f"FILE: an archive has to be unpacked first; of what is in it, {ACCEPTED}"),
    ("a.model", b"PK\x03\x04", "FILE: this is an archive, as Keras and PyTorch write them; rename a Keras model to end in .keras"),
    ("a.hdf", b"\x89HDF\r\n\x1a\n", "FILE: this is an HDF5 file, as Keras writes them; rename it to end in .h5"),
    ("a.onnx.data", b"\0", "FILE is the data of a.onnx; give that"),
    ("a.onnx_data", b"\0", "FILE is the data of a.onnx; give that"),
    ("a.bin", b"\0", "FILE is the data of a.onnx; give that"),
    ("b.bin", b"\0", f"FILE is not a model that can be read: {ACCEPTED}"),
    ("b.bin", b"", "FILE is empty; export or download the model again"),
    ("b.onnx", b"", "FILE is empty; export or download the model again"),
    ("b.txt", b"hello", f"FILE is not a model that can be read: {ACCEPTED}"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "sentence"), FOREIGN)
def test_way_out_of_a_foreign_format(name: str, content: bytes, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    if sentence.endswith("give that"):
        onnx.save(dense(), tmp_path / "a.onnx")
    with pytest.raises(Onnx2LuauError) as caught:
        read_source(path)
    assert str(caught.value) == sentence.replace("FILE", str(path)).replace("FOLDER", str(tmp_path))
    assert caught.value.status == 2


@pytest.mark.parametrize("name", ["model.onnx", "model.keras", "model"])
def test_what_is_not_a_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    os.mkfifo(path)
    for odd in (path, Path("/dev/zero")):
        with pytest.raises(UsageError) as caught:
            read_source(odd)
        assert str(caught.value) == f"{odd} is not a file or a folder; {ACCEPTED}"
    path.unlink()
    path.mkdir()
    with pytest.raises(UsageError) as caught:
        read_source(path)
    assert str(caught.value) == f"{path} is not a model that can be read: {ACCEPTED}"
    with pytest.raises(UsageError, match="can't be read: File name too long"):
        read_source(tmp_path / ("a" * 5000))


def test_object_that_is_not_a_model() -> None:
    for odd in (3, object(), None):
        with pytest.raises(UsageError) as caught:
            read_source(odd)
        kind = type(odd).__name__
        expected = (
            f"an object of type {kind} is not a model; give a path, a Keras model or an onnx.ModelProto"
        )
        assert str(caught.value) == expected


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95, 0.999])
def test_truncated_onnx(share: float, build: Path) -> None:
    whole = dense(floats(4, 300)).SerializeToString()
    path = build.parent / "model.onnx"
    path.write_bytes(whole[: int(len(whole) * share)])
    before = tree(build.parent)
    outcome = onnx2luau("compile", path, "-o", build)
    assert "model" in outcome.error
    assert outcome.status == 2
    assert tree(build.parent) == before


def test_truncated_keras(build: Path) -> None:
    whole = Path(__file__).parents[1].joinpath("examples/tinymnist/mnist64.keras").read_bytes()
    path = build.parent / "model.keras"
    path.write_bytes(whole[: len(whole) // 2])
    outcome = onnx2luau("compile", path, "-o", build)
    assert "model.keras" in outcome.error
    assert outcome.status == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["compile", "absent.onnx", "-o", "b"], "absent.onnx does not exist"),
        (["verify", "good.onnx", "."], ". is not a build: it has no manifest.json; `onnx2luau compile` makes one"),
        (["compile", "good.onnx", "-o", "."], "holds something that is not a build of onnx2luau; choose another one with -o"),
        (["compile", "good.onnx", "-o", "good.onnx"], "exists and is not a folder; choose another one with -o"),
        (["compile", "good.onnx", "-o", "b", "--dim", "x"], "--dim takes NAME=VALUE, not 'x'"),
        (["compile", "good.onnx", "-o", "b", "--dim", "x=0"], "--dim takes NAME=SIZE with a size of at least 1, not x=0"),
        (["compile", "good.onnx", "-o", "b", "--schedule", "layer=fast"], "'layer' has no schedule 'fast'; there are columns, lines, registers, rows, tiles, unrolled, vector_rows"),
        (["compile", "good.onnx", "-o", "b", "--schedule", "hiden=rows"], "there is no layer 'hiden' to choose a schedule for; there are layer"),
        (["compile", "good.onnx", "-o", "b", "--labels", "good.onnx"], "labels say nothing about random samples; give --inputs too"),
        (["compile", "good.onnx", "-o", "b", "--inputs", "good.onnx"], "good.onnx is not a whole .npz or .npy file of numbers"),
        (["inspect", "good.onnx", "--print-after", "magic"], "there is no pass 'magic'; the passes are remove_dead_code, fold_constants"),
        (["run", "build", "--inputs", "wide.npy", "-o", "y.npz"], "samples of 'x' have the shape [5], and the model takes [1, 4] after the axis that counts samples"),
        (["demo", "--model", "mnist99"], "there is no digit model 'mnist99'; there are mnist256"),
    ],
)  # fmt: skip
def test_bad_usage(arguments: list[str], sentence: str, build: Path) -> None:
    np.save(build.parent / "wide.npy", floats(3, 5))
    before = tree(build.parent)
    outcome = onnx2luau(*arguments, cwd=build.parent)
    assert sentence in outcome.error
    assert outcome.status == 2
    assert tree(build.parent) == before


def test_missing_lune(build: Path) -> None:
    lost = {"ONNX2LUAU_LUNE": str(build / "no such file")}
    outcome = onnx2luau("run", build, "--inputs", "x.npy", "-o", "y.npz", **lost)
    assert outcome.status == 3
    assert "which does not exist; `onnx2luau doctor --install` builds it" in outcome.error
    outcome = onnx2luau("doctor", **lost)
    assert outcome.status == 3
    assert "`onnx2luau doctor --install` builds it" in outcome.error
    outcome = onnx2luau("demo", **lost)
    assert outcome.status == 3
    outcome = onnx2luau("compile", build.parent / "good.onnx", "-o", build, **lost)
    assert outcome.status == 0
    assert "the build is not verified" in outcome.error
    assert "-- Not verified against ONNX Runtime" in (build / "Model.luau").read_text()


def test_lune_that_does_not_start(build: Path) -> None:
    broken = build.parent / "lune"
    broken.write_bytes(b"no program")
    broken.chmod(0o755)
    before = tree(build)
    outcome = onnx2luau("compile", build.parent / "good.onnx", "-o", build, ONNX2LUAU_LUNE=str(broken))
    assert outcome.status == 3
    assert "can't be started as Lune" in outcome.error
    assert tree(build) == before


def test_build_that_does_not_agree(build: Path) -> None:
    part = build / "weights" / "part1.luau"
    text = part.read_text()
    place = text.index('"') + 5  # the exponent of the first number
    part.write_text(text[:place] + ("Q" if text[place] != "Q" else "P") + text[place + 1 :])
    outcome = onnx2luau("verify", build.parent / "good.onnx", build)
    assert outcome.status == 1
    assert "the build does not agree: output 'y', sample 0" in outcome.error
    outcome = onnx2luau("verify", build.parent / "good.onnx", build, "--layers")
    assert outcome.status == 1
    assert "the first layer that leaves the tolerance is 'layer'" in outcome.error


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="POSIX permissions")
def test_read_only_target(build: Path) -> None:
    build.chmod(0o555)
    build.parent.chmod(0o555)
    try:
        if os.access(build, os.W_OK):  # root may write anywhere: a file in the way stands in for permissions
            outcome = onnx2luau("compile", build.parent / "good.onnx", "-o", build.parent / "good.onnx" / "b")
        else:
            outcome = onnx2luau("compile", build.parent / "good.onnx", "-o", build)
    finally:
        build.parent.chmod(0o755)
        build.chmod(0o755)
    assert outcome.status == 2
    assert "can't be written" in outcome.error


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("moment", ["writing Luau", "proving it"])
def test_stopped_in_the_middle(number: signal.Signals, moment: str, build: Path) -> None:
    large = build.parent / "large.onnx"
    onnx.save(dense_chain(), large)
    before = tree(build)
    outcome = stopped(moment, number, "compile", large, "-o", build)
    assert outcome.status == (-number if number == signal.SIGKILL else 128 + number)
    assert ("onnx2luau: interrupted; nothing was changed" in outcome.trouble) == (number != signal.SIGKILL)
    assert "Traceback" not in outcome.trouble
    assert tree(build) == before
    # The next compile sweeps up what a killed one left.
    assert onnx2luau("compile", build.parent / "good.onnx", "-o", build).status == 0
    assert sorted(p.name for p in build.parent.iterdir()) == ["build", "good.onnx", "large.onnx"]


def dense_chain() -> onnx.ModelProto:
    """Return a network large enough to be interrupted."""
    weights = {f"w{i}": floats(700, 700, seed=i, scale=0.03) for i in range(4)}
    tensors = ["x", "a", "b", "c", "y"]
    nodes = [helper.make_node("MatMul", [tensors[i], f"w{i}"], [tensors[i + 1]]) for i in range(4)]
    return make_model(nodes, {"x": floats(1, 700)}, ["y"], weights)


def test_external_data(build: Path) -> None:
    path = build.parent / "model.onnx"
    onnx.save(
        dense(floats(4, 300)), path, save_as_external_data=True, location="weights.bin", size_threshold=0
    )
    assert onnx2luau("compile", path, "-o", build).status == 0
    (build.parent / "weights.bin").unlink()
    before = tree(build)
    outcome = onnx2luau("compile", path, "-o", build)
    assert outcome.status == 2
    assert "weights.bin" in outcome.error
    assert tree(build) == before


def test_huge_constant_is_refused_before_memory_is_taken(build: Path) -> None:
    shape = numpy_helper.from_array(np.array([10**6, 10**6], np.int64), "shape")
    model = make_model([helper.make_node("ConstantOfShape", ["shape"], ["big"]), helper.make_node("Add", ["x", "big"], ["y"])], {"x": floats(1)}, ["y"])  # fmt: skip
    model.graph.initializer.append(shape)
    path = build.parent / "model.onnx"
    onnx.save(model, path)
    outcome = onnx2luau("compile", path, "-o", build)
    assert outcome.status == 2
    assert "would have 1,000,000,000,000 elements" in outcome.error
