"""Prints Luau trees as StyLua would format them: tabs, 120 columns, parentheses only where needed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from onnx2luau.backends.luau.syntax.expressions import print_expression
from onnx2luau.backends.luau.syntax.nodes import (
    Assign,
    Base64,
    Blank,
    Call,
    Comment,
    Directive,
    Do,
    EachFor,
    Expression,
    FunctionExpression,
    If,
    Local,
    LocalFunction,
    Number,
    NumberLines,
    NumericFor,
    Parameter,
    Return,
    Scope,
    Statement,
    Table,
    TypeAlias,
    While,
)
from onnx2luau.backends.luau.syntax.text import (
    base64_literal,
    comment_lines,
)

WIDTH = 120
TAB = 4
VALUES_A_LINE = 100


def print_statements(statements: Iterable[Statement]) -> str:
    """Return a chunk of Luau, a line break at its end."""
    return "\n".join(line for statement in statements for line in _lines(statement, 0)) + "\n"


def _lines(statement: Statement, depth: int) -> list[str]:  # noqa: C901, PLR0912 - a case for each node
    match statement:
        case Local():
            return _local(statement, depth)
        case Assign():
            return _assign(statement, depth)
        case Do():
            return _do(statement, depth)
        case Return():
            return _return(statement, depth)
        case Scope():
            return _scope(statement, depth)
        case If():
            return _if(statement, depth)
        case NumericFor():
            return _numeric_for(statement, depth)
        case While(condition, body):
            head = f"{_indent(depth)}while {print_expression(condition)} do"
            return [head, *_block(body, depth), f"{_indent(depth)}end"]
        case EachFor():
            return _each_for(statement, depth)
        case LocalFunction():
            return _local_function(statement, depth)
        case TypeAlias():
            return _type_alias(statement, depth)
        case Comment():
            return _comment(statement, depth)
        case Directive():
            return _directive(statement, depth)
        case Blank():
            return _blank(statement, depth)
        case _:
            assert_never(statement)


def _indent(depth: int) -> str:
    return "\t" * depth


def _fits(text: str, depth: int) -> bool:
    return len(text) + TAB * depth <= WIDTH


def _block(body: Iterable[Statement], depth: int) -> list[str]:
    return [line for statement in body for line in _lines(statement, depth + 1)]


def _local(statement: Local, depth: int) -> list[str]:
    head = f"local {', '.join(map(_parameter, statement.names))}"
    if not statement.values:
        return [_indent(depth) + head]
    if len(statement.names) > 1 and len(statement.values) == 1 and not _fits(f"{head} = ", depth):
        return [f"{_indent(depth)}{head} =", *_hanging(statement.values, depth + 1)]
    return _with_values(f"{head} = ", statement.values, depth)


def _assign(statement: Assign, depth: int) -> list[str]:
    head = f"{print_expression(statement.target)} {statement.operator}= "
    return _with_values(head, (statement.value,), depth)


def _do(statement: Do, depth: int) -> list[str]:
    return _with_values("", (statement.call,), depth)


def _return(statement: Return, depth: int) -> list[str]:
    return _with_values("return ", statement.values, depth)


def _scope(statement: Scope, depth: int) -> list[str]:
    return [f"{_indent(depth)}do", *_block(statement.body, depth), f"{_indent(depth)}end"]


def _if(statement: If, depth: int) -> list[str]:
    lines = [
        f"{_indent(depth)}if {print_expression(statement.condition)} then",
        *_block(statement.body, depth),
    ]
    if statement.otherwise:
        lines += [f"{_indent(depth)}else", *_block(statement.otherwise, depth)]
    return [*lines, f"{_indent(depth)}end"]


def _numeric_for(statement: NumericFor, depth: int) -> list[str]:
    bounds = [print_expression(statement.first), print_expression(statement.last)]
    if statement.step != Number(1):
        bounds.append(print_expression(statement.step))
    head = f"{_indent(depth)}for {statement.variable} = {', '.join(bounds)} do"
    return [head, *_block(statement.body, depth), f"{_indent(depth)}end"]


def _each_for(statement: EachFor, depth: int) -> list[str]:
    head = f"for {statement.key}, {statement.value} in {print_expression(statement.table)} do"
    return [_indent(depth) + head, *_block(statement.body, depth), f"{_indent(depth)}end"]


def _local_function(statement: LocalFunction, depth: int) -> list[str]:
    head = f"local function {statement.name}{_signature(statement.parameters, statement.result)}"
    heads = [_indent(depth) + head]
    if not _fits(head, depth):
        *others, last = map(_parameter, statement.parameters)
        result = f"): {statement.result}" if statement.result else ")"
        rows = [*(f"{other}," for other in others), last]
        heads = [
            f"{_indent(depth)}local function {statement.name}(",
            *(_indent(depth + 1) + row for row in rows),
            _indent(depth) + result,
        ]
    return [*heads, *_block(statement.body, depth), f"{_indent(depth)}end"]


def _type_alias(statement: TypeAlias, depth: int) -> list[str]:
    export = "export " if statement.exported else ""
    return [f"{_indent(depth)}{export}type {statement.name} = {statement.definition}"]


def _comment(statement: Comment, depth: int) -> list[str]:
    return [_indent(depth) + line for line in comment_lines(statement.text)]


def _directive(statement: Directive, depth: int) -> list[str]:
    return [f"{_indent(depth)}--{statement.text}"]


def _blank(_statement: Blank, _depth: int) -> list[str]:
    return [""]


def _with_values(head: str, values: tuple[Expression, ...], depth: int) -> list[str]:
    """Put values after a head, over several lines where one is too short."""
    if not any(map(_needs_lines, values)):
        flat = head + ", ".join(map(print_expression, values))
        if _fits(flat, depth):
            return [_indent(depth) + flat]
        if len(values) > 1:
            return [_indent(depth) + head.rstrip(), *_hanging(values, depth + 1)]
    (value,) = values
    first, *rest = _broken(value, depth)
    return [_indent(depth) + head + first, *rest]


def _hanging(values: tuple[Expression, ...], depth: int) -> list[str]:
    flat = ", ".join(map(print_expression, values))
    if _fits(flat, depth):
        return [_indent(depth) + flat]
    *others, last = map(print_expression, values)
    return [_indent(depth) + text for text in (*(f"{other}," for other in others), last)]


def _needs_lines(value: Expression) -> bool:
    match value:
        case Base64() | NumberLines() | FunctionExpression():
            return True
        case Call(_, arguments):
            return any(map(_needs_lines, arguments))
        case Table(items):
            return any(map(_needs_lines, items))
    return False


def _broken(value: Expression, depth: int) -> list[str]:
    """Return an expression over several lines; the first one without its indentation."""
    match value:
        case Call(function, (Table() as table,)):
            lines = _broken(table, depth)
            lines[0] = f"{print_expression(function)}({lines[0]}"
            lines[-1] += ")"
            return lines
        case Call(function, arguments):
            rows = _rows(arguments, depth, last_comma=False)
            return [f"{print_expression(function)}(", *rows, f"{_indent(depth)})"]
        case Table(items, names):
            heads = [f"{name} = " for name in names] or [""] * len(items)
            return ["{", *_rows(items, depth, last_comma=True, heads=heads), f"{_indent(depth)}}}"]
        case NumberLines(items):
            chunks = [items[i : i + VALUES_A_LINE] for i in range(0, len(items), VALUES_A_LINE)]
            rows = [f"{_indent(depth + 1)}{', '.join(chunk)}," for chunk in chunks]
            return ["{", *rows, f"{_indent(depth)}}}"]
        case FunctionExpression(parameters, body, result):
            head = f"function{_signature(parameters, result)}"
            return [head, *_block(body, depth), f"{_indent(depth)}end"]
        case Base64(text):
            return base64_literal(text)
    return [print_expression(value)]


def _rows(
    items: tuple[Expression, ...], depth: int, *, last_comma: bool, heads: list[str] | None = None
) -> list[str]:
    lines: list[str] = []
    for index, item in enumerate(items):
        comma = "," if last_comma or index < len(items) - 1 else ""
        head = heads[index] if heads else ""
        if not _needs_lines(item):
            flat = head + print_expression(item) + comma
            if _fits(flat, depth + 1):
                lines.append(_indent(depth + 1) + flat)
                continue
        first, *rest = _broken(item, depth + 1)
        inner = [_indent(depth + 1) + head + first, *rest]
        inner[-1] += comma
        lines += inner
    return lines


def _signature(parameters: tuple[Parameter, ...], result: str) -> str:
    return f"({', '.join(map(_parameter, parameters))}){f': {result}' if result else ''}"


def _parameter(parameter: Parameter) -> str:
    return f"{parameter.name}: {parameter.type}" if parameter.type else parameter.name
