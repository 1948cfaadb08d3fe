"""Files of other tools: what each is, and what its user types to get a model that can be read."""

from __future__ import annotations

from pathlib import Path

ACCEPTED = "give a .keras, .h5 or .onnx file, or a SavedModel folder"
TORCH_HINT = 'torch.onnx.export(model, (example,), "model.onnx", dynamo=True), then compile model.onnx'
TORCH = f"a PyTorch model is compiled from its ONNX form: {TORCH_HINT}"
TFLITE = (
    "a TensorFlow Lite model is compiled from its ONNX form: "
    "python -m tf2onnx.convert --tflite {file} --output model.onnx, then compile model.onnx"
)
FROZEN = (
    "a frozen TensorFlow graph is compiled from its ONNX form: python -m tf2onnx.convert --graphdef {file} "
    "--inputs INPUT:0 --outputs OUTPUT:0 --output model.onnx, with the names of its inputs and outputs, then "
    "compile model.onnx"
)
TFJS = (
    "a TensorFlow.js model is turned back into a Keras model: pip install tensorflowjs, then "
    "tensorflowjs_converter --input_format=tfjs_layers_model --output_format=keras {file} model.h5, "
    "then compile model.h5"
)
TFJS_GRAPH = (
    "a TensorFlow.js graph model is compiled from its ONNX form: "
    "python -m tf2onnx.convert --tfjs {file} --output model.onnx, then compile model.onnx"
)
TFJS_PART = "these are the weights of a TensorFlow.js model; give its model.json"
PICKLE = (
    "a pickled model is compiled from its ONNX form; in the program that trained it, for scikit-learn: "
    'open("model.onnx", "wb").write(skl2onnx.to_onnx(model, X[:1].astype("float32")).SerializeToString()), '
    "then compile model.onnx"
)
WEIGHTS = (
    "a file of weights alone does not say how they are connected; load them into their PyTorch model and "
    f"export that: {TORCH_HINT}"
)
CORE_ML = (
    "a Core ML model can't be turned back into ONNX; export the model that it was made from to .onnx, .keras "
    "or a SavedModel folder"
)
ARCHIVE = "this is an archive, as Keras and PyTorch write them; rename a Keras model to end in .keras"
ZIP = f"an archive has to be unpacked first; of what is in it, {ACCEPTED}"
SAVED_MODEL = "this is a part of a SavedModel; give its folder, {folder}"

BY_ENDING = {
    ".pt": TORCH,
    ".pth": TORCH,
    ".pt2": TORCH,
    ".ckpt": TORCH,
    ".tflite": TFLITE,
    ".lite": TFLITE,
    ".pb": FROZEN,
    ".json": TFJS,
    ".pkl": PICKLE,
    ".pickle": PICKLE,
    ".joblib": PICKLE,
    ".safetensors": WEIGHTS,
    ".gguf": WEIGHTS,
    ".mlmodel": CORE_ML,
    ".mlpackage": CORE_ML,
    ".zip": ZIP,
}
BY_CONTENT = (
    (4, b"TFL3", TFLITE),
    (0, b"GGUF", WEIGHTS),
    (0, b"\x89HDF\r\n\x1a\n", "this is an HDF5 file, as Keras writes them; rename it to end in .h5"),
    (0, b"PK\x03\x04", ARCHIVE),
    (0, b"\x80\x02", PICKLE),
    (0, b"\x80\x03", PICKLE),
    (0, b"\x80\x04", PICKLE),
    (0, b"\x80\x05", PICKLE),
)
"""Where bytes stand that tell a format whatever the file is called."""
LONGEST_SIGN = 4096


def way_out(path: Path) -> str:
    """Return what to do with a file or folder that is not of an accepted format, as one sentence."""
    model = _model_of_data(path)
    if model is not None:
        return f"{path} is the data of {model.name}; give that"
    reason = _reason(path)
    if reason is None:
        return f"{path} is not a model that can be read: {ACCEPTED}"
    return f"{path}: {reason.replace('{file}', str(path)).replace('{folder}', str(path.parent))}"


def _reason(path: Path) -> str | None:
    if path.name in ("saved_model.pb", "keras_metadata.pb", "fingerprint.pb"):
        return SAVED_MODEL
    if path.name.startswith("group") and "shard" in path.name:
        return TFJS_PART
    if path.is_dir():
        return BY_ENDING.get(path.suffix.lower())
    with path.open("rb") as stream:
        start = stream.read(LONGEST_SIGN)
    if path.suffix.lower() == ".json":
        if b"modelTopology" not in start and b"weightsManifest" not in start and b"-model" not in start:
            return None
        return TFJS_GRAPH if b"graph-model" in start else TFJS
    by_content = (text for at, sign, text in BY_CONTENT if start[at:].startswith(sign))
    return BY_ENDING.get(path.suffix.lower()) or next(by_content, None)


def _model_of_data(path: Path) -> Path | None:
    """Return the ONNX file beside a file of weights that is called after it."""
    for ending in (".data", "_data", ".bin", ".weight", ".weights"):
        if path.name.endswith(ending):
            stem = path.name.removesuffix(ending)
            name = stem if stem.endswith(".onnx") else f"{stem}.onnx"
            if path.with_name(name).is_file():
                return path.with_name(name)
    return None
