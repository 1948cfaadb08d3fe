"""RowKernel as vectors, three numbers each: sums and products of whole rows, for normalisations.

Lanes are f32, so that they round and overflow as ONNX Runtime's numbers do.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator
from dataclasses import dataclass, field

import numpy as np

from onnx2luau.backends.luau.emit.constants import VECTORS
from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.scalars import emit_scalar
from onnx2luau.backends.luau.emit.strided import Strided
from onnx2luau.backends.luau.fusions.rows.row_kernel import (
    Operand,
    Places,
    RowKernel,
    each_row,
    first_place,
    row_operand,
)
from onnx2luau.backends.luau.plan.workspace import LANES, VECTOR_TABLE
from onnx2luau.backends.luau.program import WIDTH, Site
from onnx2luau.backends.luau.schedules.reduce.nest import finished
from onnx2luau.backends.luau.syntax.arithmetic import call, plus, times
from onnx2luau.backends.luau.syntax.nodes import Binary, Choice, Expression, Field, Index, Name, Number, Unary
from onnx2luau.compiler.ir.graph import Node
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.ops.reduce import Reduce
from onnx2luau.compiler.ir.scalars import Apply, Argument, Scalar, walk
from onnx2luau.compiler.ir.scalars import Number as Literal
from onnx2luau.compiler.ir.types import Array, DType
from onnx2luau.compiler.ir.values import Value

OPERATORS = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
ROUNDING = ("to_f32", "overflow_f32")
AT_ONCE = {"client": (1,), "server": (4, 3, 2, 1)}
"""Vectors of a round, if that divides them all."""
ORDINARY = 1e30
"""A first element beyond this, or NaN, is not subtracted from the others: that might overflow."""
SHORTEST = 12
"""Shorter rows are not worth packing."""


def fits_lanes(rows: RowKernel, site: Site) -> bool:
    """Whether vectors can do all that is done to whole rows.

    That is arithmetic, and sums of it; what is read from outside is whole rows, constants that are the same
    for every row, or one element for each.
    """
    last = rows.nodes[-1]
    if rows.space.length < SHORTEST or rows.is_row(last):
        return False
    return all(_fits(node, rows, site) for node in rows.nodes)


def _fits(node: Node, rows: RowKernel, site: Site) -> bool:
    if isinstance(node.op, Reduce):
        maker = rows.makers.get(node.op.x)
        key = (node.op.x, node.result)
        can_sum = (
            _is_square(maker) if maker is not None else _is_whole(rows, key) and _is_shiftable(rows, key)
        )
        return node.op.kind in ("sum", "mean") and can_sum
    if not isinstance(node.op, Pointwise):
        return False
    if rows.is_row(node):
        return True
    applied = {each.function for each in walk(node.op.body) if isinstance(each, Apply)}
    if not applied <= {*OPERATORS, *ROUNDING, "neg"}:
        return False
    outside = [(value, node.result) for value in node.op.inputs if value not in rows.makers]
    return all(
        key[0].type.dtype is DType.F32
        and (_is_whole(rows, key) or _is_single(rows, key) or _column(rows, key, site) is not None)
        for key in outside
    )


def _is_square(node: Node) -> bool:
    """Whether a node squares its operand: sums of squares lose no digits to each other."""
    body = node.op.bodies[0] if node.op.bodies else None
    while isinstance(body, Apply) and body.function in ROUNDING:
        (body,) = body.arguments
    if not (isinstance(body, Apply) and body.function == "mul"):
        return False
    sides = [node.op.operands[side.index] for side in body.arguments if isinstance(side, Argument)]
    return len(sides) == 2 and sides[0] == sides[1]


def _is_shiftable(rows: RowKernel, key: Operand) -> bool:
    """Whether an operand from outside is only summed up, or taken the difference of to a number of the row.

    Then the differences to the row's first element do as well, and singles lose no digits where all elements
    are alike.
    """
    value, readers = key[0], [node for node in rows.nodes if key[0] in node.op.operands]
    # Who reads it in another way, broadcast along other axes, reads other elements.
    is_alike = all(rows.strides[value, node.result] == rows.strides[key] for node in readers)
    others = [node for node in readers if not isinstance(node.op, Reduce)]
    return is_alike and all(_is_shifted_by(rows, node, value) for node in others)


def _is_shifted_by(rows: RowKernel, node: Node, value: Value) -> bool:
    places = {place for place, operand in enumerate(node.op.operands) if operand == value}
    arguments = [each for body in node.op.bodies for each in walk(body) if isinstance(each, Argument)]
    differences = [
        each
        for body in node.op.bodies
        for each in walk(body)
        if isinstance(each, Apply) and each.function == "sub" and _is_difference(rows, node, each, places)
    ]
    return len(differences) == sum(each.index in places for each in arguments)


def _is_difference(rows: RowKernel, node: Node, body: Apply, places: Container[int]) -> bool:
    left, right = body.arguments
    if not (isinstance(left, Argument) and isinstance(right, Argument)) or left.index not in places:
        return False
    other = node.op.operands[right.index]
    maker = rows.makers.get(other)
    return rows.is_row(maker) if maker is not None else _is_single(rows, (other, node.result))


def _inner(rows: RowKernel, key: Operand) -> tuple[int, ...]:
    return rows.strides[key][len(rows.space.outer) :]


def _is_whole(rows: RowKernel, key: Operand) -> bool:
    """Whether an operand has the elements of a row one after another."""
    return _inner(rows, key) == rows.space.all_strides[len(rows.space.outer) :]


def _is_single(rows: RowKernel, key: Operand) -> bool:
    """Whether an operand has one element for each row."""
    return not any(_inner(rows, key))


def _column(rows: RowKernel, key: Operand, site: Site) -> Array | None:
    """Return the elements of a constant that is the same for every row, or None."""
    array = site.array(key[0])
    if array is None or any(rows.strides[key][: len(rows.space.outer)]):
        return None
    inner = np.lib.stride_tricks.as_strided(
        array.ravel(),
        rows.space.inner,
        tuple(stride * array.itemsize for stride in _inner(rows, key)),
    )
    return np.ascontiguousarray(inner).ravel()


def emit_lanes(rows: RowKernel, site: Site, f: KernelFunction) -> None:
    """Write the loops over rows, and over the vectors of each."""
    each_row(rows, f, lambda places: _Row(rows, site, f, places).emit())


@dataclass
class _Row:
    """One row on its way into Luau."""

    rows: RowKernel
    site: Site
    f: KernelFunction
    places: Places
    single: dict[Value, Expression] = field(default_factory=dict)
    """What is known of the whole row, by the result of its node."""
    outside: dict[tuple[Value, Strided], Expression] = field(default_factory=dict)
    """Elements from outside, by where they lie."""
    splats: dict[Expression, Name] = field(default_factory=dict)
    """Vectors of such a number."""
    packed: dict[tuple[Value, Strided], Name] = field(default_factory=dict)
    """Tables of vectors, by the operand whose row they hold and where that lies."""
    packing: dict[tuple[Value, Strided], Name] = field(default_factory=dict)
    """Those that are being filled."""
    origins: dict[Value, Expression] = field(default_factory=dict)
    """The first element of each operand that is summed up, which is subtracted from all others."""
    running: dict[Expression, Expression] = field(default_factory=dict)
    """Where the elements of a vector begin, by where those of the row do."""

    def emit(self) -> None:
        """Write what combines the row, in order, then the results."""
        for node in self.rows.nodes:
            if isinstance(node.op, Reduce) and node.op.x not in {*self.rows.makers, *self.origins}:
                first = self.f.local("first", row_operand(self.f, self.places, node.op.x, node))
                is_ordinary = Binary("<", call("math.abs", first), Number(ORDINARY))
                chosen = self.f.local("start", Choice(is_ordinary, first, Number(0)))
                # As a lane, it is the single that is subtracted from the others.
                all_ = self.f.local("origin", _splat(chosen), "vector")
                self.origins[node.op.x] = Field(all_, LANES[0])
                self.splats[self.origins[node.op.x]] = all_
        for node in self.rows.nodes:
            if isinstance(node.op, Reduce):
                self._sum(node, node.op)
            elif self.rows.is_row(node):
                self._row_number(node)
        self._results(self.rows.nodes[-1])

    def _row_number(self, node: Node) -> None:
        (body,) = node.op.bodies
        arguments = [self._number(value, node) for value in node.op.operands]
        value = emit_scalar(self.f, self.f.constants, body, arguments)
        self.single[node.result] = value if isinstance(value, Name) else self.f.local("value", value)

    def _number(self, value: Value, reader: Node) -> Expression:
        maker = self.rows.makers.get(value)
        if maker is not None:
            return self.single[maker.result]
        layout = self.places.operands[value, reader.result]
        if (value, layout) not in self.outside:
            number = row_operand(self.f, self.places, value, reader)
            self.outside[value, layout] = self.f.local("value", number)
        return self.outside[value, layout]

    def _sum(self, node: Node, op: Reduce) -> None:
        f = self.f
        self._prepare(node)
        total = f.local("total", Name("vector.zero"), "vector")
        rest: list[Expression] = []
        for place, lanes in self._vectors(self._unpacked(node)):
            value = self.as_vector(self.operand(op.x, node, place, lanes))
            if lanes == WIDTH:
                f.assign(total, value, "+")
            else:
                three = f.local("rest", value, "vector")
                rest = [Field(three, lane) for lane in LANES[:lanes]]
        whole: Expression = Field(total, LANES[0])
        for lane in (*(Field(total, lane) for lane in LANES[1:]), *rest):
            whole = Binary("+", whole, lane)
        if op.x in self.origins:
            whole = Binary("+", whole, times(self.origins[op.x], self.rows.space.length))
        value = finished(op, f, f.local("total", whole), self.rows.space.length)
        self.single[node.result] = value if isinstance(value, Name) else f.local("value", value)

    def _results(self, node: Node) -> None:
        f = self.f
        self._prepare(node)
        first = first_place(self.places.result)
        for place, lanes in self._vectors({*self._unpacked(node), first}):
            three = f.local("three", self._element(node, place, lanes), "vector")
            for lane in range(lanes):
                f.assign(f.element(plus(self.running[first], lane)), Field(three, LANES[lane]))

    def _vectors(self, firsts: Collection[Expression]) -> Iterator[tuple[Expression, int]]:
        """Yield the place of a vector, from 1, in a loop over the whole ones, and that of the last part.

        `firsts` are where the elements begin that are not vectors yet.
        """
        f = self.f
        whole, rest = divmod(self.rows.space.length, WIDTH)
        at_once = next(count for count in AT_ONCE[f.target] if whole % count == 0)
        moving = {first: f.local("place", plus(first, -WIDTH * at_once)) for first in firsts}
        with f.loop("k", 1, whole, at_once) as k:
            for place in moving.values():
                f.assign(place, Number(WIDTH * at_once), "+")
            for number in range(at_once):
                self.running = {first: plus(place, WIDTH * number) for first, place in moving.items()}
                yield plus(k, number), WIDTH
        if rest:
            self.running = {first: plus(first, WIDTH * whole) for first in firsts}
            yield Number(whole + 1), rest
        self.packed |= self.packing

    def _unpacked(self, node: Node) -> list[Expression]:
        """Return where the rows begin that a node reads, and that nobody has packed yet."""
        found = []
        for value, reader in self._reads(node):
            key = (value, reader.result)
            if value in self.rows.makers or _is_single(self.rows, key):
                continue
            row = (value, self.places.operands[key])
            if row not in self.packed and _column(self.rows, key, self.site) is None:
                found.append(first_place(self.places.operands[key]))
        return list(dict.fromkeys(found))

    def _prepare(self, node: Node) -> None:
        """Declare what the elements of a node are made with and is the same for all of them."""
        for value, reader in self._reads(node):
            maker = self.rows.makers.get(value)
            is_row = (
                self.rows.is_row(maker)
                if maker is not None
                else _is_single(self.rows, (value, reader.result))
            )
            if not is_row:
                continue
            number = self._number(value, reader)
            origin = self._origin(value, reader)
            if origin is not None:
                number = Binary("-", number, origin)
            elif not _is_added(reader, value):
                continue
            if number not in self.splats:
                self.splats[number] = self.f.local("all", _splat(number), "vector")

    def _origin(self, value: Value, reader: Node) -> Expression | None:
        """Return the first element of the row that a number is subtracted from, if others are known by it."""
        for each in (each for body in reader.op.bodies for each in walk(body)):
            match each:
                case Apply("sub", (Argument(left), Argument(right))) if reader.op.operands[right] == value:
                    return self.origins.get(reader.op.operands[left])
        return None

    def _reads(self, node: Node) -> Iterator[tuple[Value, Node]]:
        """Yield what the elements of a node are made of, with the nodes that read it, far ones first."""
        values = [node.op.x] if isinstance(node.op, Reduce) else node.op.operands
        for value in values:
            maker = self.rows.makers.get(value)
            if maker is not None and not self.rows.is_row(maker):
                yield from self._reads(maker)
            yield value, node

    def _element(self, node: Node, place: Expression, lanes: int) -> Expression:
        (body,) = node.op.bodies
        return self.as_vector(_Arithmetic(self, node, place, lanes).of(body))

    def as_vector(self, term: Term) -> Expression:
        """Return a term as a vector."""
        expression, is_vector = term
        return expression if is_vector else self.splats.get(expression) or _splat(expression)

    def operand(self, value: Value, reader: Node, place: Expression, lanes: int) -> Term:
        """Return three elements of an operand, or its one number for the row."""
        maker = self.rows.makers.get(value)
        if maker is not None and self.rows.is_row(maker):
            return self.single[maker.result], False
        if maker is not None:
            return self._element(maker, place, lanes), True
        key = (value, reader.result)
        if _is_single(self.rows, key):
            return self._number(value, reader), False
        array = _column(self.rows, key, self.site)
        if array is not None:
            hint = f"{self.f.kernel_name} {value.name}"
            packed = self.f.constants.packed(array, VECTORS, (array.size,), hint)
            return Index(self.f.own(packed, value.name, VECTORS.type), place), True
        row = (value, self.places.operands[key])
        if row in self.packed:
            return Index(self.packed[row], place), True
        return self._pack(value, key, place, lanes), True

    def _pack(self, value: Value, key: Operand, place: Expression, lanes: int) -> Expression:
        """Bring three elements together, and keep them for the loops to come."""
        f = self.f
        first, table = self.running[first_place(self.places.operands[key])], f.read(value, value.name)
        numbers: list[Expression] = [Index(table, plus(first, lane)) for lane in range(lanes)]
        origin = self.origins.get(value)
        # The interpreter takes one instruction for three differences; native code is faster before packing.
        is_late = f.target == "client"
        if origin is not None and not is_late:
            numbers = [Binary("-", number, origin) for number in numbers]
        packed: Expression = call("vector.create", *numbers, *[Number(0)] * (WIDTH - lanes))
        if origin is not None and is_late:
            packed = Binary("-", packed, self.splats[origin])
        three = f.local("three", packed, "vector")
        loops = [node for node in (*self.rows.nodes[:-1], self.rows.nodes[-1]) if self._is_loop(node)]
        if sum(any(each == value for each, _ in self._reads(node)) for node in loops) > 1:
            row = (value, self.places.operands[key])
            if row not in self.packing:
                count = -(-self.rows.space.length // WIDTH)
                self.packing[row] = f.work_table(count, f"{value.name} row", VECTOR_TABLE)
            f.assign(Index(self.packing[row], place), three)
        return three

    def _is_loop(self, node: Node) -> bool:
        return isinstance(node.op, Reduce) or node is self.rows.nodes[-1]


Term = tuple[Expression, bool]
"""What a part of an expression becomes, and whether that is a vector rather than one number for all lanes."""


@dataclass
class _Arithmetic:
    """The expression of a node at one place."""

    row: _Row
    node: Node
    place: Expression
    lanes: int
    made: dict[Scalar, Term] = field(default_factory=dict)

    def of(self, body: Scalar) -> Term:
        """Return a part of it."""
        body = self._same(body)
        if body not in self.made:
            expression, is_vector = self._fresh(body)
            uses = [each for each in walk(self.node.op.bodies[0]) if self._same(each) == body]
            if len(uses) > 1 and not isinstance(expression, Name | Number):
                expression = self.row.f.local("v", expression, "vector" if is_vector else "")
            self.made[body] = expression, is_vector
        return self.made[body]

    def _same(self, body: Scalar) -> Scalar:
        """Return the first argument that stands for the same operand."""
        operands = self.node.op.operands
        return Argument(operands.index(operands[body.index])) if isinstance(body, Argument) else body

    def _fresh(self, body: Scalar) -> Term:
        match body:
            case Argument(index):
                return self.row.operand(self.node.op.operands[index], self.node, self.place, self.lanes)
            case Literal(value):
                return Number(value), False
            case Apply("neg", (x,)):
                expression, is_vector = self.of(x)
                return Unary("-", expression), is_vector
            case Apply(name, (x,)) if name in ROUNDING:
                return self.of(x)
            case Apply("sub", (Argument(index), y)) if self.node.op.operands[index] in self.row.origins:
                # Both sides are given by their differences to the first element.
                origin = self.row.origins[self.node.op.operands[index]]
                shift = Binary("-", self.of(y)[0], origin)
                return Binary("-", self.of(body.arguments[0])[0], self.row.splats[shift]), True
            case Apply(name, (x, y)):
                return self._operation(name, self.of(x), self.of(y))
        raise TypeError(f"{body} is not arithmetic")

    def _operation(self, name: str, left: Term, right: Term) -> Term:
        is_vector = left[1] or right[1]
        # A vector can be multiplied and divided by a number, but a sum takes two vectors.
        if is_vector and (name in ("add", "sub") or not left[1]):
            return Binary(OPERATORS[name], self.row.as_vector(left), self.row.as_vector(right)), True
        return Binary(OPERATORS[name], left[0], right[0]), is_vector


def _splat(number: Expression) -> Expression:
    return call("vector.create", *[number] * WIDTH)


def _is_added(reader: Node, value: Value) -> bool:
    """Whether a number takes part in something else than a product with it on the right."""
    return any(
        isinstance(each, Apply)
        and any(
            isinstance(side, Argument) and reader.op.operands[side.index] == value
            for side in (each.arguments if each.function in ("add", "sub") else each.arguments[:1])
        )
        for body in reader.op.bodies
        for each in walk(body)
        if isinstance(each, Apply) and each.function in OPERATORS
    )
