"""SavedModels from strangers: programs that are read as data."""

from __future__ import annotations

import contextlib

import pytest

from onnx2luau.compiler.errors import ModelError
from onnx2luau.frontends.keras import packages
from onnx2luau.frontends.keras.operations import PURE, SAVING
from tests.frontends.converted import convert
from tests.frontends.keras_models import refusal, tf

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
