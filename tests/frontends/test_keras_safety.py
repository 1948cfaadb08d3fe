"""Keras files from strangers: nothing in one is run, written, printed or followed out of the file."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import zipfile
from importlib.util import find_spec

import h5py
import pytest

from onnx2luau.compiler.errors import ModelError
from onnx2luau.frontends.keras import convert, packages
from onnx2luau.frontends.keras.classes import CLASSES, FUNCTIONS
from onnx2luau.frontends.keras.operations import PURE, SAVING

if find_spec("tensorflow") is None or find_spec("tf2onnx") is None:
    pytest.skip("needs onnx2luau[keras]", allow_module_level=True)

keras = packages.keras()
tf = packages.tensorflow()
layers = keras.layers


def refusal(path):
    with pytest.raises(ModelError) as error:
        convert(path)
    message = str(error.value)
    assert "\n" not in message
    assert str(path) in message
    return message


# SavedModels: programs that are read as data

EFFECTS = {
    "tf.print to a file": ("PrintV2", lambda x, file: tf.print("leaked", output_stream=f"file://{file}")),
    "tf.print": ("PrintV2", lambda x, file: tf.print("leaked")),
    "Print": ("Print", lambda x, file: tf.raw_ops.Print(input=x, data=[x], message="leaked")),
    "SaveV2": (
        "SaveV2",
        lambda x, file: tf.raw_ops.SaveV2(
            prefix=file, tensor_names=["x"], shape_and_slices=[""], tensors=[x]
        ),
    ),
    "DebugIdentityV2": (
        "DebugIdentityV2",
        lambda x, file: tf.raw_ops.DebugIdentityV2(
            input=x, tfdbg_context_id="c", tensor_debug_mode=8, debug_urls=[f"file://{file}"]
        ),
    ),
    "WriteFile": ("WriteFile", lambda x, file: tf.io.write_file(file, "leaked")),
    "ReadFile": ("ReadFile", lambda x, file: tf.io.read_file(file)),
    "MatchingFiles": ("MatchingFiles", lambda x, file: tf.io.matching_files(file)),
    "SummaryWriter": (
        "SummaryWriter",
        lambda x, file: tf.raw_ops.CreateSummaryFileWriter(
            writer=tf.raw_ops.SummaryWriter(shared_name="w", container=""),
            logdir=file,
            max_queue=1,
            flush_millis=1,
            filename_suffix="x",
        ),
    ),
    "Abort": ("Abort", lambda x, file: tf.raw_ops.Abort(error_msg="leaked", exit_without_error=True)),
    "PyFunc": ("PyFunc", lambda x, file: tf.compat.v1.py_func(lambda y: y, [x], tf.float32)),
    "EagerPyFunc": ("EagerPyFunc", lambda x, file: tf.py_function(lambda y: y, [x], tf.float32)),
    "TextFileTable": (
        "InitializeTableFromTextFileV2",
        lambda x, file: tf.raw_ops.InitializeTableFromTextFileV2(
            table_handle=tf.raw_ops.HashTableV2(key_dtype=tf.string, value_dtype=tf.int64),
            filename=file,
            key_index=-2,
            value_index=-1,
        ),
    ),
    "DecodeProtoV2": (
        "DecodeProtoV2",
        lambda x, file: (
            tf.raw_ops.DecodeProtoV2(
                bytes=[""], message_type="m", field_names=[], output_types=[], descriptor_source=file
            ).sizes
        ),
    ),
}


def served(effect, file):
    """A SavedModel whose prediction has an effect, and only then computes."""
    module = tf.Module()

    @tf.function(input_signature=[tf.TensorSpec([1, 2], tf.float32, name="x")])
    def serve(x):
        with tf.control_dependencies([done for done in [effect(x, file)] if done is not None]):
            return {"y": x * 2.0}

    module.serve = serve
    return module, serve


def initialised(effect, file):
    """A SavedModel that has its effect while it is loaded, in the initialiser of a resource."""
    module, serve = served(lambda x, file: None, file)

    tracked = packages.import_quietly("tensorflow.python.trackable.resource")

    class Resource(tracked.CapturableResource):
        def _create_resource(self):
            return tf.raw_ops.HashTableV2(key_dtype=tf.int64, value_dtype=tf.int64)

        def _initialize(self):
            effect(tf.zeros([1, 2]), file)
            return tf.constant(1)

        def _destroy_resource(self):
            pass

    with tf.init_scope():
        module.resource = Resource()
    return module, serve


def never_called(effect, file):
    """A SavedModel with a second function, which neither loading nor predicting calls."""
    module, serve = served(lambda x, file: None, file)

    @tf.function(input_signature=[tf.TensorSpec([1, 2], tf.float32, name="x")])
    def other(x):
        effect(x, file)
        return x

    module.other = other
    return module, serve


@pytest.mark.parametrize("place", [served, initialised, never_called])
@pytest.mark.parametrize("effect", EFFECTS)
def test_a_saved_model_that_does_more_than_compute(effect, place, tmp_path, capfd):
    operation, act = EFFECTS[effect]
    path, file = tmp_path / "model", tmp_path / "leak"
    module, serve = place(act, str(file))
    with packages.quiet():
        tf.saved_model.save(module, str(path), signatures={"serving_default": serve})
    before = sorted(tmp_path.iterdir())
    capfd.readouterr()
    message = refusal(path)
    assert f"uses TensorFlow's {operation}, which isn't among the operations that only compute" in message
    assert sorted(tmp_path.iterdir()) == before
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("place", [served, initialised])
def test_unread_the_same_saved_models_would_write(place, tmp_path, monkeypatch):
    monkeypatch.setattr("onnx2luau.frontends.keras.savedmodel.refuse_impure", lambda path, proto: None)
    path, file = tmp_path / "model", tmp_path / "leak"
    module, serve = place(EFFECTS["tf.print to a file"][1], str(file))
    with packages.quiet():
        tf.saved_model.save(module, str(path), signatures={"serving_default": serve})
    with contextlib.suppress(ModelError):
        convert(path)
    assert file.read_text().startswith("leaked")


def parsed(path):
    proto = packages.import_quietly("tensorflow.core.protobuf.saved_model_pb2").SavedModel()
    proto.ParseFromString((path / "saved_model.pb").read_bytes())
    return proto


@pytest.fixture
def dense(tmp_path):
    path = tmp_path / "dense"
    with packages.quiet():
        keras.Sequential([keras.Input((4,), name="x"), layers.Dense(3)]).export(path, verbose=False)
    return path


def test_the_savers_functions_may_not_be_served(dense):
    proto = parsed(dense)
    meta = proto.meta_graphs[0]
    saver = next(
        n for n in meta.graph_def.node if n.name == meta.saver_def.save_tensor_name.partition(":")[0]
    )
    call = next(f for f in meta.graph_def.library.function if "signature_wrapper" in f.signature.name)
    call.node_def[0].attr["f"].func.name = saver.attr["f"].func.name
    (dense / "saved_model.pb").write_bytes(proto.SerializeToString())
    assert "isn't among the operations that only compute" in refusal(dense)


def test_a_method_may_not_be_the_savers_function(dense):
    proto = parsed(dense)
    meta = proto.meta_graphs[0]
    saver = next(n for n in meta.graph_def.node if n.name == meta.saver_def.restore_op_name)
    node = next(n for n in meta.object_graph_def.nodes if n.function.concrete_functions)
    node.function.concrete_functions[0] = saver.attr["f"].func.name
    (dense / "saved_model.pb").write_bytes(proto.SerializeToString())
    assert "isn't among the operations that only compute" in refusal(dense)


def test_an_operation_of_a_library_that_is_not_there(dense):
    proto = parsed(dense)
    proto.meta_graphs[0].graph_def.library.function[0].node_def.add(name="odd", op="MyOwnKernel")
    (dense / "saved_model.pb").write_bytes(proto.SerializeToString())
    assert "the node 'odd' of the function" in refusal(dense)


def test_a_saved_model_of_tensorflow_1(dense):
    proto = parsed(dense)
    proto.meta_graphs[0].ClearField("object_graph_def")
    (dense / "saved_model.pb").write_bytes(proto.SerializeToString())
    assert "a SavedModel of TensorFlow 1, which runs its own start-up code" in refusal(dense)


def test_the_list_of_operations_holds_only_what_computes():
    """Operations that TensorFlow calls stateful, or that take text, could reach beyond a model: each is known."""
    kinds = packages.import_quietly("tensorflow.python.framework.op_def_registry")
    definitions = {name: kinds.get(name) for name in PURE}
    assert [name for name, definition in definitions.items() if definition is None] == []
    stateful = {name for name, definition in definitions.items() if definition.is_stateful}
    assert stateful == set(
        """
        Assert AssignAddVariableOp AssignSubVariableOp AssignVariableOp Case CheckNumerics CudnnRNN CudnnRNNBackprop
        CudnnRNNBackpropV2 CudnnRNNBackpropV3 CudnnRNNV2 CudnnRNNV3 HashTableV2 If LookupTableExportV2
        LookupTableFindV2 LookupTableImportV2 LookupTableInsertV2 LookupTableSizeV2 Multinomial MutableHashTableV2
        RandomShuffle RandomStandardNormal RandomUniform RandomUniformInt ReadVariableOp ResourceGather
        ResourceGatherNd ResourceScatterAdd ResourceScatterUpdate RngReadAndSkip StatefulPartitionedCall
        StatefulStandardNormalV2 StatefulUniform StatefulUniformInt StatelessRandomGetAlg TruncatedNormal VarHandleOp
        VarIsInitializedOp VariableShape While
        """.split()
    )
    text = packages.import_quietly("tensorflow.core.framework.types_pb2").DT_STRING
    with_text = {
        name
        for name, definition in definitions.items()
        if any(operand.type == text for operand in (*definition.input_arg, *definition.output_arg))
    }
    assert with_text == {"AsString", "StringFormat", "StringToHashBucketFast"}
    assert not PURE & SAVING


# config.json: what Keras would make of it

DENSE = {
    "module": "keras.layers",
    "class_name": "Dense",
    "config": {"name": "d", "units": 2},
    "registered_name": None,
}


def layer(**changes):
    return {**DENSE, **changes}


def inside(**config):
    return {**DENSE, "config": {**DENSE["config"], **config}}


def function(name, module="builtins"):
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


CONFIGS = {
    "a layer that loads a program": (
        layer(class_name="TFSMLayer", config={"name": "sly", "filepath": "."}),
        "the layer 'sly' needs Keras's class 'TFSMLayer', which isn't among those that only compute",
    ),
    "a layer around it": (
        layer(class_name="TimeDistributed", config={"name": "t", "layer": layer(class_name="TFSMLayer")}),
        "the layer 'd' needs Keras's class 'TFSMLayer', which isn't among those that only compute",
    ),
    "PyTorch": (layer(class_name="TorchModuleWrapper"), "needs Keras's class 'TorchModuleWrapper'"),
    "JAX": (layer(class_name="JaxLayer"), "needs Keras's class 'JaxLayer'"),
    "an operation that calls functions": (
        layer(module="keras.src.ops.core", class_name="Map"),
        "needs Keras's class 'Map'",
    ),
    "another module": (layer(module="os", class_name="system"), "'system', a class that Keras doesn't have"),
    "a known name in another module": (layer(module="evil"), "a class 'Dense' that is not Keras's own"),
    "a module that only begins like Keras": (
        layer(module="keras_evil.layers"),
        "a class 'Dense' that is not",
    ),
    "a known name of another package": (layer(registered_name="evil>Dense"), "a class 'Dense' that is not"),
    "a name that is none": (layer(class_name=["Dense"]), "needs Keras's class ['Dense']"),
    "a type of TensorFlow": (layer(class_name="__typespec__", module=None), "'__typespec__', a class that"),
    "a function of Python": (
        inside(activation=function("eval")),
        "'eval', a function that Keras doesn't have",
    ),
    "a function of a module": (inside(activation=function("system", "os")), "'system', a function that"),
    "a known function of a module": (inside(activation=function("relu", "os")), "'relu', a function that"),
    "a function of Keras that fetches": (
        inside(activation=function("get_file", "keras.utils")),
        "'get_file', a function that Keras doesn't have",
    ),
    "a class for an initialiser": (
        inside(kernel_initializer=layer(module="subprocess", class_name="Popen")),
        "'Popen', a class that Keras doesn't have",
    ),
    "a loss inside": (
        layer(compile_config={"loss": layer(module="evil", class_name="Loss")}),
        "'Loss', a class that Keras doesn't have",
    ),
    "a vocabulary in a file": (
        layer(class_name="IntegerLookup", config={"name": "words", "vocabulary": "/etc/passwd"}),
        "the layer 'words' would read its vocabulary from another file ('/etc/passwd')",
    ),
    "a lambda": (layer(class_name="Lambda", config={"name": "sly"}), "the layer 'sly' holds Python code"),
    "a lambda inside": (inside(activation={"class_name": "__lambda__"}), "the layer 'd' holds Python code"),
}


def model_of(one):
    inputs = {"batch_shape": [None, 4], "dtype": "float32", "name": "x"}
    stack = [layer(class_name="InputLayer", config=inputs), one]
    return {"module": "keras", "class_name": "Sequential", "config": {"name": "m", "layers": stack}}


def written(folder, kind, text):
    """A .keras or .h5 file with the text as its config."""
    path = folder / f"model.{kind}"
    if kind == "keras":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("metadata.json", '{"keras_version": "3.13.2"}')
            archive.writestr("config.json", text)
    else:
        with h5py.File(path, "w") as file:
            file.attrs["model_config"] = text
    return path


@pytest.mark.parametrize("kind", ["keras", "h5"])
@pytest.mark.parametrize("case", CONFIGS)
def test_a_config_that_asks_for_more_than_keras_layers(case, kind, tmp_path, monkeypatch):
    def loaded(*_, **__):
        raise AssertionError("Keras was asked to load the file")

    monkeypatch.setattr(keras.saving, "load_model", loaded)
    odd, message = CONFIGS[case]
    assert message in refusal(written(tmp_path, kind, json.dumps(model_of(odd))))


def test_the_loss_a_model_was_trained_with_is_not_read(tmp_path):
    path = tmp_path / "model.keras"
    model = keras.Sequential([keras.Input((4,), name="x"), layers.Dense(3)])
    model.compile("adam", loss=lambda a, b: a - b)
    with packages.quiet():
        model.save(path)
    assert [output.name for output in convert(path).graph.output] == [model.layers[-1].name]


def test_a_class_that_the_user_has_registered_is_read(tmp_path):
    @keras.saving.register_keras_serializable("tests")
    class Twice(layers.Layer):
        def call(self, x):
            return x * 2

    path = tmp_path / "model.keras"
    with packages.quiet():
        keras.Sequential([keras.Input((4,)), Twice()]).save(path)
    assert [node.op_type for node in convert(path).graph.node] == ["Mul"]


@pytest.mark.skipif(keras.version().startswith("3.13."), reason="the lists are those of Keras 3.15")
def test_the_lists_of_classes_and_functions_name_what_keras_has():
    public = [getattr(keras, module) for module in "models layers losses metrics optimizers".split()]
    public += [getattr(keras, module) for module in "initializers regularizers constraints".split()]
    public += [keras.dtype_policies, keras.quantizers, keras.optimizers.schedules, keras.random]
    parts = "core einops image linalg math nn numpy".split()
    public += [packages.import_quietly(f"keras.src.ops.{part}") for part in parts]
    public.append(packages.import_quietly("keras.src.models.functional"))
    assert [name for name in sorted(CLASSES) if not any(hasattr(module, name) for module in public)] == []
    functions = [keras.activations, keras.losses, keras.metrics]
    assert [name for name in sorted(FUNCTIONS) if not any(hasattr(m, name) for m in functions)] == []


@pytest.mark.parametrize("kind", ["keras", "h5"])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("7", "its config doesn't describe a model"),
        ("null", "its config doesn't describe a model"),
        ("[]", "its config doesn't describe a model"),
        ("{}", "its config doesn't describe a model"),
        ("{", "not a whole "),
        ("[" * 100_000, "not a whole "),
        ("9" * 5_000, "not a whole "),
        ('{"class_name": ' + "[" * 300 + "]" * 300 + "}", "nested more than 200 levels deep"),
        ('{"class_name": "Sequential", "config": 3}', "Keras can't load it"),
    ],
)
def test_a_config_that_is_no_model(kind, text, message, tmp_path):
    assert message in refusal(written(tmp_path, kind, text))


# Archives and HDF5 files: what they claim, and where they lead


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
