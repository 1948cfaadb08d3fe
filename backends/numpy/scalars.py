"""The scalar functions of the IR in numpy."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from onnx2luau.compiler.ir.scalars import Apply, Argument, Number, Scalar
from onnx2luau.compiler.ir.types import Array

EXACT = 2.0**31
LEAST = -(2**31)
OVERFLOW = 2.0**128
_erf = np.frompyfunc(math.erf, 1, 1)


def _int_div(a: Any, b: Any) -> Any:
    return np.trunc(np.divide(a, b, dtype=np.float64))


def _pow(a: Any, b: Any) -> Any:
    # Truth values and whole constants are integers here, which numpy gives no negative powers.
    is_integer = np.issubdtype(np.asarray(a).dtype, np.integer)
    return np.power(np.asarray(a, np.float64), b) if is_integer else np.power(a, b)


def _int_pow(a: Any, b: Any) -> Any:
    return np.trunc(np.power(np.asarray(a, np.float64), b))


def _erf_of(x: Any) -> Any:
    dtype = np.asarray(x).dtype
    return np.asarray(_erf(x)).astype(dtype if dtype.kind == "f" else np.float64)


def _to_f32(x: Any) -> Any:
    # Doubles stay doubles, so that a graph can be evaluated in them; all else becomes f32 here.
    single = np.asarray(x).astype(np.float32)
    return single.astype(np.float64) if _is_double(x) else single


def _overflow_f32(x: Any) -> Any:
    return np.where(np.abs(x) >= OVERFLOW, np.copysign(np.inf, x), x) if _is_double(x) else x


def _is_double(x: Any) -> bool:
    return np.asarray(x).dtype == np.float64


def _to_i32(x: Any) -> Any:
    fits = (x > LEAST - 1) & (x < EXACT)
    return np.where(fits, x, LEAST).astype(np.int32)


def _numbered(predicate: Callable[..., Any]) -> Callable[..., Any]:
    # As numbers, since numpy's truth values have an arithmetic of their own.
    return lambda *arguments: np.asarray(predicate(*arguments), np.int64)


_PREDICATES: dict[str, Callable[..., Any]] = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "and": np.logical_and,
    "or": np.logical_or,
    "xor": np.logical_xor,
    "not": np.logical_not,
    "is_nan": np.isnan,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "int_div": _int_div,
    "int_pow": _int_pow,
    "mod": np.mod,
    "fmod": np.fmod,
    "pow": _pow,
    # Of 0 and -0 the first is kept, as Relu and Clip of ONNX Runtime do; numpy keeps the second.
    "min": lambda a, b: np.minimum(b, a),
    "max": lambda a, b: np.maximum(b, a),
    "atan2": np.arctan2,
    "neg": np.negative,
    "abs": np.abs,
    "sqrt": np.sqrt,
    "exp": np.exp,
    "log": np.log,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "floor": np.floor,
    "ceil": np.ceil,
    "round_even": np.rint,
    "trunc": np.trunc,
    "sign": np.sign,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.logaddexp(0, x),
    "erf": _erf_of,
    "to_i32": _to_i32,
    "to_f32": _to_f32,
    "overflow_f32": _overflow_f32,
    "wrap_mul": lambda a, b: (np.asarray(a, np.int64) * np.asarray(b, np.int64)).astype(np.int32),
    "wrap": lambda x: np.asarray(x).astype(np.int64).astype(np.int32),
    "where": np.where,
    **{name: _numbered(function) for name, function in _PREDICATES.items()},
}


def compute_scalar(body: Scalar, arguments: Sequence[Array]) -> Any:
    """Apply a scalar expression to whole arrays, broadcast."""
    match body:
        case Argument(index):
            return arguments[index]
        case Number(value):
            # A Python number takes the type of the array it meets.
            is_whole = value.is_integer() and abs(value) < EXACT and str(value) != "-0.0"
            return int(value) if is_whole else value
        case Apply(function, inner):
            return FUNCTIONS[function](*(compute_scalar(argument, arguments) for argument in inner))
