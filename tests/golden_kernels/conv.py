"""Convolutions in every way."""

from __future__ import annotations

from typing import Any

from tests.cases import Case, floats
from tests.one_layer import PICTURE, Kernels, every_way, kernel


def conv(groups: int = 1, **attributes: Any) -> Case:
    """Return a convolution with a bias."""
    weight = floats(4, 2 // groups, 2, 2, seed=1)
    return kernel("Conv", PICTURE, weight, floats(4, seed=2), group=groups, **attributes)


KERNELS: Kernels = every_way("conv", conv(pads=[1, 0, 0, 1]), conv(groups=2))
