"""Register accumulators: sums are locals, and the column of an input that is not zero arrives at once.

Weights are packed three outputs a vector, so one multiplication and one addition serve three weights. A
column comes by one `table.unpack`; a short one is read element by element, which spares the call. Sums that
are more than a function has locals for are divided into blocks, and the inputs that are not zero are listed
first, so that no block looks for them again.

Golden kernels: dense_registers.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from onnx2luau.backends.luau.emit.constants import COLUMNS, JOINED_COLUMNS
from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.plan.workspace import NUMBERS, TABLES, VECTOR_TABLE
from onnx2luau.backends.luau.program import WIDTH, Match, Site
from onnx2luau.backends.luau.syntax.arithmetic import call, plus, times
from onnx2luau.backends.luau.syntax.nodes import (
    Binary,
    Call,
    Expression,
    Index,
    Name,
    Number,
    Parameter,
)
from onnx2luau.backends.luau.tiling.accumulators import (
    Accumulators,
    Block,
    accumulators_of,
    blocks_of,
    declare_sums,
    finish_sums,
)
from onnx2luau.backends.luau.tiling.batches import each_row
from onnx2luau.backends.luau.tiling.live import (
    Constants,
    LiveInputs,
    Row,
    Visit,
    collect,
    dense_constants,
    each_lane,
    each_live,
    row_of,
)
from onnx2luau.backends.luau.tiling.tiles import activate
from onnx2luau.compiler.ir.ops.dense import Dense


def match(op: Dense, site: Site) -> Match | None:
    """A live input costs, for each vector, its share of a copy and two operations; nothing is stored."""
    known = dense_constants(op, site)
    if known is None:
        return None
    each = site.each
    outputs, inputs = known.outputs, known.inputs
    density = site.density
    vectors = -(-outputs // WIDTH)
    blocks = blocks_of(outputs)
    count = sum(block.repeats for block in blocks)
    column = vectors * each.fixed if blocks[0].is_short else count * each.call + vectors * each.copy
    per_input = each.load + each.test + each.loop
    listing = density * inputs * (2 + 2 * count) * each.load if count > 1 else 0
    # Native code takes the sums out of memory and back around each of the three branches of a vector.
    detour = 2 * each.load if site.target == "server" and site.in_lanes(op.x) else 0
    live = density * inputs * (each.column + column + vectors * (2 * each.arithmetic + detour))
    finishing = (
        vectors * each.fixed if site.result_in_lanes else outputs * (2 * each.load + 2 * each.arithmetic)
    )
    cost = op.x.type.size / inputs * (inputs * per_input + listing + live + finishing)
    return Match(cost, partial(_emit, op, known), by_element=True)


def _emit(op: Dense, known: Constants, f: KernelFunction) -> None:
    """Write a function for each size of blocks of outputs, and call them in turn."""
    outputs, inputs = known.outputs, known.inputs
    rows = op.x.type.size // inputs
    x = f.read(op.x)
    own = accumulators_of(known, f, row_of(op, f, x))
    blocks = blocks_of(outputs)
    # In a loop over vectors, what is done with an input stands three times: too much if a column is long.
    if sum(block.repeats for block in blocks) == 1 and (blocks[0].is_short or not f.in_lanes(op.x)):
        _whole(op, known, f, x, blocks[0], own, rows)
    else:
        _divided(op, known, f, x, blocks, own, rows)
    if not f.result_in_lanes:
        activate(f, op.activation, rows * outputs)


def _whole(
    op: Dense, known: Constants, f: KernelFunction, x: Name, block: Block, own: Accumulators, rows: int
) -> None:
    """Write the function of the only block, which looks at every input itself, and call it for each row."""
    row = row_of(op, f, x)
    places = [f.name("source"), f.name("target")] if rows > 1 else []
    source, target = places if places else (Number(0), Number(0))
    parameters = [
        Parameter(x.text, VECTOR_TABLE if row.in_lanes else NUMBERS),
        _result(f),
        *(Parameter(place.text, "number") for place in places),
        *own.parameters(f.result),
    ]
    with f.part("sums", parameters) as part:
        sums = _declared(f, block, own, None)
        if row.in_lanes:
            _add_lanes(known, f, row, block, sums)
        else:
            adder = _adder(f, block, _columns(known, f, block), sums)
            each_live(f, replace(row, table=x, source=source), adder)
        finish_sums(op, f, block, own, sums, Number(0), target)
    for place in each_row(f, rows, op.weight.shape[1], op.weight.shape[0]):
        f.do(Call(part, (row.table, f.result, *(place if rows > 1 else ()), *own.arguments(f.result))))


def _divided(
    op: Dense,
    known: Constants,
    f: KernelFunction,
    x: Name,
    blocks: list[Block],
    own: Accumulators,
    rows: int,
) -> None:
    """Write the functions of several blocks, and call them in turn for each row."""
    outputs, inputs = op.weight.shape
    parts = [_Part(op, known, f, block, own, number) for number, block in enumerate(blocks, 1)]
    live = LiveInputs(f.work_table(inputs, "live"), f.work_table(inputs, "values"))
    for source, target in each_row(f, rows, inputs, outputs):
        count = collect(f, row_of(op, f, x, source), live)
        for part in parts:
            part.call((live.indices, live.values, count), target)


class _Part:
    """The function of one block of several, or of one that repeats: it goes through the listed inputs."""

    def __init__(
        self, op: Dense, known: Constants, f: KernelFunction, block: Block, own: Accumulators, number: int
    ) -> None:
        self._f, self._block, self._own = f, block, own
        self._is_repeated = block.repeats > 1
        indices, values, count = map(f.name, ("live", "values", "count"))
        columns, before, target = map(f.name, ("columns", "before", "target"))
        repeated = [Parameter(columns.text, TABLES), Parameter(before.text, "number")]
        parameters = [
            Parameter(indices.text, NUMBERS),
            Parameter(values.text, NUMBERS),
            Parameter(count.text, "number"),
            *(repeated if self._is_repeated else []),
            _result(f),
            *([] if f.result_in_lanes else [Parameter(target.text, "number")]),
            *own.parameters(f.result),
        ]
        self._columns = _columns(known, f, block)
        place: Expression = before if self._is_repeated else Number(block.before)
        with f.part("sums" if _is_only(op, block) else f"sums {number}", parameters) as self._name:
            sums = _declared(f, block, own, None if _is_only(op, block) else place)
            with f.loop("k", 1, count) as k:
                own_columns = columns if self._is_repeated else self._columns
                _adder(f, block, own_columns, sums)(Index(indices, k), f.local("v", Index(values, k)))
            first = 0 if self._is_repeated else block.first
            finish_sums(op, f, block, own, sums, place, plus(target, first))

    def call(self, live: tuple[Expression, ...], target: Expression) -> None:
        """Call the function for each repetition; `target` lies before the row of the result."""
        f, block = self._f, self._block
        if not self._is_repeated:
            self._call(live, target)
            return
        with f.loop("block", 0, block.repeats - 1) as number:
            before = f.local("before", times(number, block.vectors))
            own = Index(self._columns, plus(number, 1))
            self._call((*live, own, before), plus(target, times(before, WIDTH)))

    def _call(self, leading: tuple[Expression, ...], target: Expression) -> None:
        f, own = self._f, self._own
        places = () if f.result_in_lanes else (target,)
        f.do(Call(self._name, (*leading, f.result, *places, *own.arguments(f.result))))


def _is_only(op: Dense, block: Block) -> bool:
    return block.count == op.weight.shape[0]


def _result(f: KernelFunction) -> Parameter:
    return Parameter(f.result.text, VECTOR_TABLE if f.result_in_lanes else NUMBERS)


def _declared(f: KernelFunction, block: Block, own: Accumulators, before: Expression | None) -> list[Name]:
    f.comment("A sum holds three outputs; each input that is not zero adds its column to all of them.")
    return declare_sums(f, block, own, before)


def _add_lanes(known: Constants, f: KernelFunction, row: Row, block: Block, sums: list[Name]) -> None:
    """Add the columns of a table of vectors: those of its three lanes stand together."""
    extents = (known.inputs, block.count, WIDTH)
    columns = f.constants.packed(known.weight, JOINED_COLUMNS, extents, f"{f.kernel_name} columns")

    def begin(place: Expression) -> Name:
        return f.local("columns", Index(columns, place), VECTOR_TABLE)

    def add(three: Name, number: int, value: Name) -> None:
        for place, total in enumerate(sums, number * block.vectors + 1):
            f.assign(total, Binary("*", Index(three, Number(place)), value), "+")

    each_lane(f, row, begin, add)


def _columns(known: Constants, f: KernelFunction, block: Block) -> Name:
    """Declare the table of a block's columns, or a list of them if it repeats."""
    extents = (known.inputs, block.count)
    matrices = [known.weight[first : first + block.count] for first in block.firsts]
    hint = f"{f.kernel_name} columns"
    if block.repeats == 1:
        return f.constants.packed(matrices[0], COLUMNS, extents, hint)
    return f.constants.list_of_packed(matrices, COLUMNS, extents, hint)


def _adder(f: KernelFunction, block: Block, columns: Name, sums: list[Name]) -> Visit:
    """Return what adds the column at an index, times a value, to the sums."""

    def add(index: Expression, value: Name) -> None:
        column = Index(columns, index)
        weights: list[Expression]
        if block.is_short:
            short = f.local("column", column, VECTOR_TABLE)
            weights = [Index(short, Number(k)) for k in range(1, block.vectors + 1)]
        else:
            weights = [*f.unpacked("w", block.vectors, call("table.unpack", column))]
        for total, each in zip(sums, weights, strict=True):
            f.assign(total, Binary("*", each, value), "+")

    return add
