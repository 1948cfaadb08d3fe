"""Mutants of small ONNX models: fields dropped, doubled, swapped and set to what no exporter writes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import onnx
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from onnx import TensorProto, helper, numpy_helper

from onnx2luau.frontends.onnx.walk import messages
from tests.cases import floats, make_model
from tests.test_ops import CASES

SEEDS = 24
EXTREMES = (0, -1, 1, 2, 3, 7, 100, 2**16, 2**31 - 1, -(2**31), 2**62, -(2**63), 2**63 - 1)
NUMBERS = (0.0, -1.0, float("nan"), float("inf"), -float("inf"), 1e38, 1e-45, 0.5)
TEXTS = (
    "",
    "x",
    "y",
    "\0",
    "é",
    "ai.onnx",
    "com.microsoft",
    "a" * 5000,
    "../../etc/passwd",
    "Relu",
    "NOTSET",
)
INTEGERS = {
    FieldDescriptor.TYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.TYPE_UINT64: (0, 2**64 - 1),
}


def mutants(seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Yield mutants as the bytes of a file, each with a name that says which it is."""
    models = [model.SerializeToString() for model in originals()]
    for index in range(count):
        chance = random.Random(f"{seed} {index}")
        data = chance.choice(models)
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            data = chance.choices((_other_bytes, _other_message), (1, 5))[0](data, chance)
        yield f"onnx mutant {seed}/{index}", data


def originals() -> list[onnx.ModelProto]:
    """Return the models that are mutated: cases of single operators, and some with all that ONNX has."""
    step = len(CASES) // SEEDS
    return [
        *(each.model for each in CASES[::step]),
        _network(),
        _with_function(),
        _with_branches(),
        _shapes(),
    ]


def _network() -> onnx.ModelProto:
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("BatchNormalization", ["c", "b", "b", "b", "v"], ["n"]),
        helper.make_node("Relu", ["n"], ["r"]),
        helper.make_node("MaxPool", ["r"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["p"], ["f"]),
        helper.make_node("Gemm", ["f", "m", "g"], ["d"], transB=1),
        helper.make_node("Softmax", ["d"], ["y"]),
    ]
    weights = {
        "w": floats(3, 2, 3, 3),
        "b": floats(3),
        "v": np.abs(floats(3)) + 1,
        "m": floats(5, 12),
        "g": floats(5),
    }
    return make_model(nodes, {"x": floats(1, 2, 8, 8)}, ["y"], weights, 9)


def _with_function() -> onnx.ModelProto:
    body = [helper.make_node("Mul", ["a", "a"], ["s"]), helper.make_node("LeakyRelu", ["s"], ["z"])]
    body[1].attribute.append(
        onnx.AttributeProto(name="alpha", ref_attr_name="slope", type=onnx.AttributeProto.FLOAT)
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("own", 1)]
    function = helper.make_function("own", "Square", ["a"], ["z"], body, opsets[:1], ["slope"])
    calls = [
        helper.make_node("Square", ["x"], ["h"], domain="own", slope=0.5),
        helper.make_node("Square", ["h"], ["y"], domain="own", slope=0.1),
    ]
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2, 3]) for name in ("x", "y")]
    graph = helper.make_graph(calls, "g", ports[:1], ports[1:])
    return helper.make_model(graph, functions=[function], opset_imports=opsets, ir_version=9)


def _with_branches() -> onnx.ModelProto:
    def branch(operator: str) -> onnx.GraphProto:
        result = helper.make_tensor_value_info("r", TensorProto.FLOAT, [2, 3])
        return helper.make_graph([helper.make_node(operator, ["x"], ["r"])], operator, [], [result])

    node = helper.make_node("If", ["c"], ["h"], then_branch=branch("Relu"), else_branch=branch("Neg"))
    nodes = [node, helper.make_node("Add", ["h", "x"], ["y"])]
    return make_model(nodes, {"x": floats(2, 3)}, ["y"], {"c": np.array(True)}, 18)


def _shapes() -> onnx.ModelProto:
    """Return the arithmetic on shapes that exporters write, and constants in attributes."""
    constant = numpy_helper.from_array(np.array([-1], np.int64), "value")
    nodes = [
        helper.make_node("Shape", ["x"], ["s"]),
        helper.make_node("Slice", ["s", "zero", "one"], ["n"]),
        helper.make_node("Constant", [], ["rest"], value=constant),
        helper.make_node("Concat", ["n", "rest"], ["t"], axis=0),
        helper.make_node("Reshape", ["x", "t"], ["f"]),
        helper.make_node("ConstantOfShape", ["t2"], ["k"]),
        helper.make_node("Expand", ["f", "t2"], ["e"]),
        helper.make_node("Where", ["m", "e", "k"], ["w"]),
        helper.make_node("Einsum", ["w", "w"], ["y"], equation="ij,kj->ik"),
    ]
    weights = {
        "zero": np.array([0]),
        "one": np.array([1]),
        "t2": np.array([2, 12]),
        "m": np.array([[True], [False]]),
    }
    nodes = [node for node in nodes if node.op_type != "Einsum"] + [
        helper.make_node("Identity", ["w"], ["y"])
    ]
    return make_model(nodes, {"x": floats(2, 3, 4)}, ["y"], weights, 18)


def _other_bytes(data: bytes, chance: random.Random) -> bytes:
    changed, start = bytearray(data), chance.randrange(max(1, len(data)))
    match chance.randrange(5):
        case 0:
            del changed[start:]
        case 1:
            del changed[start : start + chance.randrange(1, 20)]
        case 2:
            changed[start:start] = chance.randbytes(chance.randrange(1, 20))
        case 3:
            changed[start : start + 8] = data[-8:]
        case _:
            for _ in range(chance.choice((1, 1, 5))):
                changed[chance.randrange(max(1, len(changed))) :][:1] = b""
                place = chance.randrange(max(1, len(changed)))
                changed[place : place + 1] = chance.choice((b"\xff", b"\0", b"\x80", chance.randbytes(1)))
    return bytes(changed)


def _other_message(data: bytes, chance: random.Random) -> bytes:
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
        found = list(messages(model))
        _change(chance.choice(found), found, chance)
        return model.SerializeToString()
    except Exception:
        return _other_bytes(data, chance)


def _change(message: Message, found: list[Message], chance: random.Random) -> None:
    """Change a field that is set, or now and then set one that is not."""
    fields = [field for field, _ in message.ListFields()]
    if not fields or chance.random() < 0.2:
        fields = list(message.DESCRIPTOR.fields)
    field = chance.choice(fields)
    if field.is_repeated:
        _change_list(getattr(message, field.name), field, found, chance)
    elif chance.random() < 0.2:
        message.ClearField(field.name)
    elif field.message_type is not None:
        getattr(message, field.name).CopyFrom(_like(field, found, chance))
    else:
        setattr(message, field.name, _scalar(field, getattr(message, field.name), found, chance))


def _change_list(items: Any, field: FieldDescriptor, found: list[Message], chance: random.Random) -> None:
    place = chance.randrange(len(items)) if len(items) else 0
    match chance.randrange(5):
        case 0 if len(items):
            del items[place]
        case 1 if len(items):
            kept = [_copied(item) for item in items]
            chance.shuffle(kept)
            del items[:]
            items.extend(kept)
        case 2 if len(items):
            items.extend([_copied(items[place])])
        case 3 if len(items) and field.message_type is None:
            items[place] = _scalar(field, items[place], found, chance)
        case _ if field.message_type is None:
            items.append(_scalar(field, items[place] if len(items) else None, found, chance))
        case _:
            items.extend([_like(field, found, chance)])


def _copied(item: Any) -> Any:
    if not isinstance(item, Message):
        return item
    copy = type(item)()
    copy.CopyFrom(item)
    return copy


def _like(field: FieldDescriptor, found: list[Message], chance: random.Random) -> Message:
    """Return a copy of some message of the kind that a field holds, or an empty one."""
    name = field.message_type.full_name
    same = [each for each in found if each.DESCRIPTOR.full_name == name]
    return _copied(chance.choice(same)) if same else getattr(onnx, field.message_type.name)()


def _scalar(field: FieldDescriptor, old: Any, found: list[Message], chance: random.Random) -> Any:
    if field.type == FieldDescriptor.TYPE_ENUM:
        return chance.choice([value.number for value in field.enum_type.values])
    if field.type == FieldDescriptor.TYPE_STRING:
        return chance.choice([*TEXTS, *_texts(found)])
    if field.type == FieldDescriptor.TYPE_BYTES:
        changes: list[Callable[[bytes], bytes]] = [
            lambda b: b[: len(b) // 2],
            lambda b: b + b"\xff",
            lambda b: b"\xff" * len(b),
            lambda _: b"",
        ]
        return chance.choice(changes)(old or b"")
    if field.type in INTEGERS:
        least, most = INTEGERS[field.type]
        return min(max(chance.choice([*EXTREMES, (old or 0) + 1, (old or 0) - 1]), least), most)
    return chance.choice(NUMBERS)


def _texts(found: list[Message]) -> list[str]:
    return [each.name for each in found if isinstance(each, onnx.NodeProto | onnx.TensorProto)] + [
        text for each in found if isinstance(each, onnx.NodeProto) for text in (*each.input, *each.output)
    ]
