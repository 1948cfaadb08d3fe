"""Prints Luau trees as StyLua would format them: tabs, 120 columns, parentheses only where needed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch

from onnx2luau.backends.luau.syntax.nodes import (
    Assign,
    Base64,
    Binary,
    Blank,
    Call,
    Choice,
    Comment,
    Constant,
    Directive,
    Do,
    Expression,
    Field,
    FunctionExpression,
    If,
    Index,
    Local,
    LocalFunction,
    Name,
    Number,
    NumberLines,
    NumericFor,
    Parameter,
    Return,
    Statement,
    String,
    Table,
    TypeAlias,
    Unary,
)
from onnx2luau.backends.luau.syntax.text import (
    base64_literal,
    comment_lines,
    number_literal,
    string_literal,
)

WIDTH = 120
TAB = 4
PRECEDENCE = {
    "or": 1,
    "and": 2,
    **dict.fromkeys(("<", ">", "<=", ">=", "~=", "=="), 3),
    "..": 4,
    "+": 5,
    "-": 5,
    **dict.fromkeys(("*", "/", "//", "%"), 6),
    "^": 8,
}
UNARY = 7
ATOM = 9
LOOSEST = 0
VALUES_A_LINE = 100


def print_statements(statements: Iterable[Statement]) -> str:
    """Return a chunk of Luau, a line break at its end."""
    return "\n".join(line for statement in statements for line in _lines(statement, 0)) + "\n"


def print_expression(expression: Expression) -> str:
    """Return an expression on one line."""
    return _expression(expression)


# Statements: each gives its lines, indented.


@singledispatch
def _lines(statement: Statement, depth: int) -> list[str]:
    raise TypeError(f"{statement!r} is not a statement")


def _indent(depth: int) -> str:
    return "\t" * depth


def _fits(text: str, depth: int) -> bool:
    return len(text) + TAB * depth <= WIDTH


def _block(body: Iterable[Statement], depth: int) -> list[str]:
    return [line for statement in body for line in _lines(statement, depth + 1)]


@_lines.register
def _(statement: Local, depth: int) -> list[str]:
    head = f"local {', '.join(map(_parameter, statement.names))}"
    if not statement.values:
        return [_indent(depth) + head]
    return _with_values(f"{head} = ", statement.values, depth)


@_lines.register
def _(statement: Assign, depth: int) -> list[str]:
    head = f"{_expression(statement.target)} {statement.operator}= "
    return _with_values(head, (statement.value,), depth)


@_lines.register
def _(statement: Do, depth: int) -> list[str]:
    return _with_values("", (statement.call,), depth)


@_lines.register
def _(statement: Return, depth: int) -> list[str]:
    return _with_values("return ", statement.values, depth)


@_lines.register
def _(statement: If, depth: int) -> list[str]:
    lines = [f"{_indent(depth)}if {_expression(statement.condition)} then", *_block(statement.body, depth)]
    if statement.otherwise:
        lines += [f"{_indent(depth)}else", *_block(statement.otherwise, depth)]
    return [*lines, f"{_indent(depth)}end"]


@_lines.register
def _(statement: NumericFor, depth: int) -> list[str]:
    bounds = [_expression(statement.first), _expression(statement.last)]
    if statement.step != Number(1):
        bounds.append(_expression(statement.step))
    head = f"{_indent(depth)}for {statement.variable} = {', '.join(bounds)} do"
    return [head, *_block(statement.body, depth), f"{_indent(depth)}end"]


@_lines.register
def _(statement: LocalFunction, depth: int) -> list[str]:
    head = f"local function {statement.name}{_signature(statement.parameters, statement.result)}"
    return [_indent(depth) + head, *_block(statement.body, depth), f"{_indent(depth)}end"]


@_lines.register
def _(statement: TypeAlias, depth: int) -> list[str]:
    return [f"{_indent(depth)}type {statement.name} = {statement.definition}"]


@_lines.register
def _(statement: Comment, depth: int) -> list[str]:
    return [_indent(depth) + line for line in comment_lines(statement.text)]


@_lines.register
def _(statement: Directive, depth: int) -> list[str]:
    return [f"{_indent(depth)}--{statement.text}"]


@_lines.register
def _(_statement: Blank, _depth: int) -> list[str]:
    return [""]


def _with_values(head: str, values: tuple[Expression, ...], depth: int) -> list[str]:
    """Put values after a head, over several lines where one is too short."""
    if not any(map(_needs_lines, values)):
        flat = head + ", ".join(map(_expression, values))
        if _fits(flat, depth):
            return [_indent(depth) + flat]
        if len(values) > 1:
            return [_indent(depth) + head.rstrip(), *_hanging(values, depth + 1)]
    (value,) = values
    first, *rest = _broken(value, depth)
    return [_indent(depth) + head + first, *rest]


def _hanging(values: tuple[Expression, ...], depth: int) -> list[str]:
    flat = ", ".join(map(_expression, values))
    if _fits(flat, depth):
        return [_indent(depth) + flat]
    *others, last = map(_expression, values)
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
            lines[0] = f"{_expression(function)}({lines[0]}"
            lines[-1] += ")"
            return lines
        case Call(function, arguments):
            rows = _rows(arguments, depth, last_comma=False)
            return [f"{_expression(function)}(", *rows, f"{_indent(depth)})"]
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
    return [_expression(value)]


def _rows(
    items: tuple[Expression, ...], depth: int, *, last_comma: bool, heads: list[str] | None = None
) -> list[str]:
    lines: list[str] = []
    for index, item in enumerate(items):
        comma = "," if last_comma or index < len(items) - 1 else ""
        head = heads[index] if heads else ""
        if not _needs_lines(item):
            flat = head + _expression(item) + comma
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


# Expressions: each gives its text on one line.


def _expression(expression: Expression, binding: int = LOOSEST) -> str:
    text, own = _text(expression)
    return f"({text})" if own < binding else text


@singledispatch
def _text(expression: Expression) -> tuple[str, int]:
    raise TypeError(f"{expression!r} is not an expression")


@_text.register
def _(expression: Name | Constant) -> tuple[str, int]:
    return expression.text, ATOM


@_text.register
def _(expression: Number) -> tuple[str, int]:
    text = number_literal(expression.value)
    if "/" in text:
        return text, PRECEDENCE["/"]
    return text, UNARY if text.startswith("-") else ATOM


@_text.register
def _(expression: String) -> tuple[str, int]:
    return string_literal(expression.text), ATOM


@_text.register
def _(expression: Base64) -> tuple[str, int]:
    return f'"{expression.text}"', ATOM


@_text.register
def _(expression: NumberLines) -> tuple[str, int]:
    return f"{{ {', '.join(expression.items)} }}", ATOM


@_text.register
def _(expression: Index) -> tuple[str, int]:
    return f"{_expression(expression.table, ATOM)}[{_expression(expression.key)}]", ATOM


@_text.register
def _(expression: Field) -> tuple[str, int]:
    return f"{_expression(expression.table, ATOM)}.{expression.name}", ATOM


@_text.register
def _(expression: Call) -> tuple[str, int]:
    arguments = ", ".join(map(_expression, expression.arguments))
    return f"{_expression(expression.function, ATOM)}({arguments})", ATOM


@_text.register
def _(expression: Binary) -> tuple[str, int]:
    own = PRECEDENCE[expression.operator]
    # All operators used here associate to the left, so the right side binds one tighter.
    left = _expression(expression.left, own)
    right = _expression(expression.right, own + 1)
    return f"{left} {expression.operator} {right}", own


@_text.register
def _(expression: Unary) -> tuple[str, int]:
    space = " " if expression.operator == "not" else ""
    operand = _expression(expression.operand, UNARY)
    if operand.startswith("-") and expression.operator == "-":
        operand = f"({operand})"  # two dashes would begin a comment
    return f"{expression.operator}{space}{operand}", UNARY


@_text.register
def _(expression: Choice) -> tuple[str, int]:
    condition, yes, no = map(_expression, (expression.condition, expression.yes, expression.no))
    return f"if {condition} then {yes} else {no}", LOOSEST


@_text.register
def _(expression: Table) -> tuple[str, int]:
    if not expression.items:
        return "{}", ATOM
    heads = [f"{name} = " for name in expression.names] or [""] * len(expression.items)
    items = [head + _expression(item) for head, item in zip(heads, expression.items, strict=True)]
    return f"{{ {', '.join(items)} }}", ATOM


@_text.register
def _(expression: FunctionExpression) -> tuple[str, int]:
    raise TypeError("a function is never printed on one line")
