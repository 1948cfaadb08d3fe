"""The closed set of Luau syntax-tree nodes. Emitters build these, never text."""

from __future__ import annotations

from dataclasses import dataclass, field

# Expressions.


@dataclass(frozen=True)
class Name:
    """A local, a parameter or a global."""

    text: str


@dataclass(frozen=True)
class Number:
    """A number literal; infinities and NaN become the expressions that make them."""

    value: float


@dataclass(frozen=True)
class String:
    """A string literal of any text; the printer escapes it."""

    text: str


@dataclass(frozen=True)
class Base64:
    """A long string literal of base64, broken into lines without changing its value."""

    text: str


@dataclass(frozen=True)
class Constant:
    """`nil`, `true` or `false`."""

    text: str


@dataclass(frozen=True)
class Index:
    """`table[key]`."""

    table: Expression
    key: Expression


@dataclass(frozen=True)
class Field:
    """`table.name`."""

    table: Expression
    name: str


@dataclass(frozen=True)
class Call:
    """`function(arguments)`."""

    function: Expression
    arguments: tuple[Expression, ...]


@dataclass(frozen=True)
class Binary:
    """`left operator right`."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Unary:
    """`-x`, `not x` or `#x`."""

    operator: str
    operand: Expression


@dataclass(frozen=True)
class Choice:
    """`if condition then yes else no`, as an expression."""

    condition: Expression
    yes: Expression
    no: Expression


@dataclass(frozen=True)
class Table:
    """A table literal: a list, or a record when `names` are given."""

    items: tuple[Expression, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class NumberLines:
    """A list of numbers, many a line, as people would look at weights."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class FunctionExpression:
    """`function(parameters) body end`."""

    parameters: tuple[Parameter, ...]
    body: tuple[Statement, ...]
    result: str = ""


Expression = (
    Name
    | Number
    | String
    | Base64
    | Constant
    | Index
    | Field
    | Call
    | Binary
    | Unary
    | Choice
    | Table
    | NumberLines
    | FunctionExpression
)


@dataclass(frozen=True)
class Parameter:
    """A parameter or a local with its type; the type is Luau text of our own."""

    name: str
    type: str = ""


# Statements.


@dataclass(frozen=True)
class Local:
    """`local a: T, b: T = x, y`."""

    names: tuple[Parameter, ...]
    values: tuple[Expression, ...] = ()


@dataclass(frozen=True)
class Assign:
    """`target = value`, or `target += value` with an operator."""

    target: Expression
    value: Expression
    operator: str = ""


@dataclass(frozen=True)
class Do:
    """A call as a statement."""

    call: Call


@dataclass(frozen=True)
class Scope:
    """`do body end`."""

    body: tuple[Statement, ...]


@dataclass(frozen=True)
class If:
    """`if condition then body else otherwise end`."""

    condition: Expression
    body: tuple[Statement, ...]
    otherwise: tuple[Statement, ...] = ()


@dataclass(frozen=True)
class NumericFor:
    """`for variable = first, last, step do body end`; the step is left out when it is 1."""

    variable: str
    first: Expression
    last: Expression
    body: tuple[Statement, ...]
    step: Expression = field(default_factory=lambda: Number(1))


@dataclass(frozen=True)
class While:
    """`while condition do body end`."""

    condition: Expression
    body: tuple[Statement, ...]


@dataclass(frozen=True)
class EachFor:
    """`for key, value in table do body end`."""

    key: str
    value: str
    table: Expression
    body: tuple[Statement, ...]


@dataclass(frozen=True)
class Return:
    """`return values`."""

    values: tuple[Expression, ...]


@dataclass(frozen=True)
class LocalFunction:
    """`local function name(parameters): result body end`."""

    name: str
    parameters: tuple[Parameter, ...]
    body: tuple[Statement, ...]
    result: str = ""


@dataclass(frozen=True)
class TypeAlias:
    """`type name = definition`, both Luau text of our own; other modules see what is exported."""

    name: str
    definition: str
    exported: bool = False


@dataclass(frozen=True)
class Comment:
    """A line of comment; the printer makes any text safe and breaks it into lines."""

    text: str


@dataclass(frozen=True)
class Directive:
    """`--!strict` and its like, or a message to a formatter."""

    text: str


@dataclass(frozen=True)
class Blank:
    """An empty line."""


Statement = (
    Local
    | Assign
    | Do
    | Scope
    | If
    | NumericFor
    | While
    | EachFor
    | Return
    | LocalFunction
    | TypeAlias
    | Comment
    | Directive
    | Blank
)
