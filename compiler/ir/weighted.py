"""What the ops with trained weights have in common."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Self

from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.scalar_facts import density_after
from onnx2luau.compiler.ir.scalars import IDENTITY, Scalar, arguments_of, substitute
from onnx2luau.compiler.ir.values import Value


class Weighted(Op):
    """activation(sums of weights times before(x), plus a bias for each output).

    An op that is one declares these fields; the weight's first axis counts the outputs.
    """

    x: Value
    weight: Value
    bias: Value | None
    activation: Scalar
    before: Scalar = IDENTITY

    @property
    def output_axis(self) -> int:
        """The axis of the result that counts the outputs."""
        raise NotImplementedError

    @property
    def weights(self) -> tuple[Value, ...]:
        """Its matrix, but not its bias."""
        return (self.weight,)

    @property
    def multiply_adds(self) -> int:
        """One for each weight that takes part in an output."""
        return self.result_type().size * math.prod(self.weight.shape[1:])

    @property
    def is_inexact(self) -> bool:
        """Its sums are rounded."""
        return True

    @property
    def sums(self) -> Op:
        """Those of the weights times x."""
        return self.with_bodies(lambda _: IDENTITY)

    @property
    def is_over_rows(self) -> bool:
        """Whether it does the same to several rows of features."""
        return False

    @property
    def takes_before(self) -> bool:
        """Whether it can apply a function to each input where it reads it."""
        return False

    def density(self, read: float) -> float:
        """Sums are hardly ever zero; an activation may make them so."""
        del read
        return density_after(self.activation, 1.0)

    def with_activation(self, body: Scalar) -> Self:
        """Return the op with `body` after its own activation."""
        return self.replaced(activation=substitute(body, lambda _: self.activation))

    def check_functions(self) -> None:
        """Raise ValueError for a function of its inputs or sums that is one of something else."""
        for body in (self.before, self.activation):
            if arguments_of(body) != {0}:
                raise ValueError(f"({body}) is not a function of $0 alone")

    def replaced(self, **changes: Any) -> Self:
        """Return the op with other fields."""
        return replace(self, **changes)
