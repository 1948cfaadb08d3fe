"""Parses the textual form; a mistake is shown with its line, its column and a caret."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import MISSING, fields
from functools import cache
from importlib import resources
from typing import NoReturn

import numpy as np
from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput

from onnx2luau.compiler.ir.check import InvalidGraphError, check
from onnx2luau.compiler.ir.graph import Graph, Node, Port, State
from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.ops import all_ops, op_name
from onnx2luau.compiler.ir.scalars import Apply, Argument, Number, Scalar
from onnx2luau.compiler.ir.text.fields import fits, kinds_of
from onnx2luau.compiler.ir.types import Array, DType, TensorType
from onnx2luau.compiler.ir.values import Value


class ParseError(ValueError):
    """What is wrong, and the line with a caret under the place."""

    def __init__(self, reason: str, source: str, line: int, column: int) -> None:
        text = source.splitlines()[line - 1] if 0 < line <= len(source.splitlines()) else ""
        shown = text.replace("\t", " ")
        super().__init__(f"line {line}, column {column}: {reason}\n{shown}\n{' ' * (column - 1)}^")


def parse(source: str) -> Graph:
    """Return the graph that a text describes; ParseError shows the place of a mistake."""
    try:
        tree = _grammar().parse(source)
    except UnexpectedInput as error:
        line, column = max(error.line, 1), max(error.column, 1)
        if error.line < 1:  # the text ended too early
            line, column = len(source.splitlines()), len((source.splitlines() or [""])[-1]) + 1
        raise ParseError("this does not fit the grammar", source, line, column) from None
    return _Reader(source).graph(tree)


@cache
def _grammar() -> Lark:
    text = resources.files(__package__).joinpath("grammar.lark").read_text("utf-8")
    return Lark(text, start="graph", parser="lalr", propagate_positions=True, maybe_placeholders=True)


class _Reader:
    """Turns the syntax tree of one text into a graph."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.values: dict[str, Value] = {}

    def graph(self, tree: Tree[Token]) -> Graph:
        name, *statements = tree.children
        inputs, outputs, nodes = [], [], []
        constants: dict[Value, Array] = {}
        states: list[tuple[str, Value, object]] = []
        following: dict[str, Value] = {}
        for statement in statements:
            assert isinstance(statement, Tree)  # noqa: S101 - the grammar says so
            match statement.data:
                case "input":
                    value, type_, text = statement.children
                    inputs.append(Port(self._text(text), self._define(value, self._type(type_))))
                case "constant":
                    value, type_, data = statement.children
                    known = self._define(value, self._type(type_))
                    constants[known] = self._data(data, known.type)
                case "state":
                    value, type_, text, initial = statement.children
                    states.append((self._text(text), self._define(value, self._type(type_)), initial))
                case "next":
                    text, value = statement.children
                    following[self._text(text)] = self._use(value)
                case "node":
                    nodes.append(self._node(statement))
                case "output":
                    text, value = statement.children
                    outputs.append(Port(self._text(text), self._use(value)))
        for title, _, place in states:
            if title not in following:
                self._fail(f"nothing says what the state {title!r} is next", place)
        remembered = tuple(
            State(title, value, self._use(initial), following[title]) for title, value, initial in states
        )
        graph = Graph(self._text(name), tuple(inputs), tuple(outputs), tuple(nodes), constants, remembered)
        try:
            return check(graph)
        except InvalidGraphError as error:
            self._fail(str(error), tree)

    def _node(self, tree: Tree[Token]) -> Node:
        results, kind, *rest = tree.children
        *attributes, types, origin = rest
        assert isinstance(results, Tree)  # noqa: S101 - the grammar says so
        assert isinstance(types, Tree)  # noqa: S101
        op_class = all_ops().get(str(kind))
        if op_class is None:
            self._fail(f"there is no op '{kind}'; the ops are {', '.join(sorted(all_ops()))}", kind)
        arguments = {}
        for attribute in attributes:
            if isinstance(attribute, Tree):
                arguments[str(attribute.children[0])] = self._attribute(attribute.children[1])
        op = self._make(op_class, arguments, kind)
        try:
            actual = op.result_types()
        except ValueError as error:
            self._fail(str(error), kind)
        if actual != tuple(map(self._type, types.children)):
            self._fail(f"this op makes {', '.join(map(str, actual))}", types)
        if len(results.children) != len(actual):
            self._fail(f"this op makes {len(actual)} values", results)
        layer, *tensors = origin.children if isinstance(origin, Tree) else ('""',)
        named = tuple(self._text(tensor) for tensor in tensors if tensor is not None)
        defined = tuple(map(self._define, results.children, actual))
        return Node(defined, op, self._text(layer), named)

    def _make(self, op_class: type[Op], arguments: dict[str, object], place: object) -> Op:
        name = op_name(op_class)
        known = {entry.name: entry.default is MISSING for entry in fields(op_class)}
        for extra in arguments.keys() - known.keys():
            self._fail(f"{name} has no field '{extra}'; it has {', '.join(known)}", place)
        missing = [each for each, is_needed in known.items() if is_needed and each not in arguments]
        if missing:
            self._fail(f"{name} needs {', '.join(missing)}", place)
        for field, kind in kinds_of(op_class).items():
            if field in arguments and not fits(arguments[field], kind):
                self._fail(f"{name} can't take this {field}: it is of the wrong kind", place)
        return op_class(**arguments)

    def _attribute(self, item: object) -> object:
        if not isinstance(item, Tree):
            self._fail("an attribute was expected", item)
        match item.data:
            case "operand":
                return self._use(item.children[0])
            case "list":
                return tuple(self._attribute(child) for child in item.children if child is not None)
            case "body":
                return _Reader(self.source).graph(item.children[0])
            case "text":
                return self._text(item.children[0])
            case "none":
                return None
            case "true" | "false":
                return item.data == "true"
            case "dtype":
                return DType(str(item.children[0]))
            case "number":
                return _number(str(item.children[0]))
            case _:
                return self._scalar(item)

    def _scalar(self, item: object) -> Scalar:
        assert isinstance(item, Tree)  # noqa: S101 - the grammar says so
        match item.data:
            case "argument":
                return Argument(int(str(item.children[0])[1:]))
            case "literal":
                return Number(float(str(item.children[0].children[0])))
        name, *arguments = item.children
        try:
            return Apply(str(name), tuple(self._scalar(argument) for argument in arguments))
        except ValueError as error:
            self._fail(str(error), name)

    def _data(self, item: object, type_: TensorType) -> Array:
        assert isinstance(item, Tree)  # noqa: S101 - the grammar says so
        if item.data == "elided":
            self._fail("this text leaves out the data of a constant, so it can't be read back", item)
        dtype = type_.dtype.numpy.newbyteorder("<")
        if item.data == "encoded":
            try:
                array = np.frombuffer(base64.b64decode(self._text(item.children[0]), validate=True), dtype)
            except (binascii.Error, ValueError):
                self._fail("this is not base64 of whole elements", item)
        else:
            elements = self._attribute(item.children[0])
            if not fits(elements, tuple[float | bool, ...]):
                self._fail("the data of a constant is a list of numbers, or base64", item)
            array = np.array(elements, dtype)
        if array.size != type_.size:
            self._fail(f"{type_} has {type_.size} elements, but {array.size} are given", item)
        return array.reshape(type_.shape).astype(type_.dtype.numpy)

    def _type(self, item: object) -> TensorType:
        assert isinstance(item, Tree)  # noqa: S101 - the grammar says so
        dtype, *shape = item.children
        return TensorType(
            DType(str(dtype)), tuple(int(str(extent)) for extent in shape if extent is not None)
        )

    def _text(self, token: object) -> str:
        try:
            text = json.loads(str(token))
        except json.JSONDecodeError as error:
            self._fail(f"bad string: {error.msg}", token)
        return str(text)

    def _define(self, token: object, type_: TensorType) -> Value:
        name = str(token)[1:]
        if name in self.values:
            self._fail(f"%{name} is defined twice", token)
        self.values[name] = Value(name, type_)
        return self.values[name]

    def _use(self, token: object) -> Value:
        name = str(token)[1:]
        if name not in self.values:
            self._fail(f"%{name} is not defined before this", token)
        return self.values[name]

    def _fail(self, reason: str, place: object) -> NoReturn:
        if isinstance(place, Token):
            line, column = place.line or 1, place.column or 1
        else:
            meta = getattr(place, "meta", None)
            line, column = getattr(meta, "line", 1), getattr(meta, "column", 1)
        raise ParseError(reason, self.source, line, column)


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)
