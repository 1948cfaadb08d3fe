"""The activations that the textbook engine has a name for, found in scalar expressions."""

from __future__ import annotations

from onnx2luau.compiler.ir.scalars import IDENTITY, Apply, Argument, Number, Scalar, apply

X = IDENTITY
A, B = Argument(1), Argument(2)
"""Any number: what the engine calls a and b."""
EXPM1 = apply("sub", apply("exp", X), 1)
SOFTPLUS = apply("softplus", X)
NEGATIVE = apply("lt", X, 0)

TEMPLATES: tuple[tuple[str, Scalar], ...] = (
    ("none", X),
    ("relu", apply("max", X, 0)),
    ("leaky", apply("where", NEGATIVE, apply("mul", X, A), X)),
    ("elu", apply("where", NEGATIVE, apply("mul", EXPM1, A), X)),
    ("selu", apply("where", apply("gt", X, 0), apply("mul", X, A), apply("mul", EXPM1, B))),
    ("sigmoid", apply("sigmoid", X)),
    ("tanh", apply("tanh", X)),
    ("softplus", SOFTPLUS),
    ("softsign", apply("div", X, apply("add", apply("abs", X), 1))),
    ("swish", apply("mul", X, apply("sigmoid", X))),
    ("swish", apply("mul", apply("sigmoid", X), X)),
    ("hardSwish", apply("mul", X, apply("max", apply("min", apply("add", apply("mul", X, A), B), 1), 0))),
    ("gelu", apply("mul", apply("mul", X, 0.5), apply("add", apply("erf", apply("mul", X, 0.5**0.5)), 1))),
    ("mish", apply("mul", X, apply("tanh", SOFTPLUS))),
    ("clip", apply("min", apply("max", X, A), B)),
    ("clip", apply("max", apply("min", X, B), A)),
)
"""As the importer and the passes leave them."""


def recognise(body: Scalar) -> tuple[str, dict[str, float]] | None:
    """Return an activation's name and its numbers a and b; None for one without a name."""
    if isinstance(body, Apply) and body.function == "overflow_f32":
        return recognise(body.arguments[0])  # the textbook computes in doubles
    for name, template in TEMPLATES:
        numbers: dict[str, float] = {}
        if _matches(template, body, numbers):
            return name, numbers
    return None


def _matches(template: Scalar, body: Scalar, numbers: dict[str, float]) -> bool:
    match template, body:
        case Argument(0), _:
            return body == template
        case Argument(), Number(value):
            numbers["ab"[template.index - 1]] = value
            return True
        case Number(), Number():
            return abs(template.value - body.value) < 1e-6  # constants of a model are f32
        case Apply(), Apply():
            return template.function == body.function and all(
                _matches(mine, its, numbers)
                for mine, its in zip(template.arguments, body.arguments, strict=True)
            )
        case _:
            return False
