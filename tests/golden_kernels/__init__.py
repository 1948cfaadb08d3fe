"""Small models, one for each way to emit an op: what is looked at in tests/golden/kernels.

Found by looking into this folder: each file has its own in `KERNELS`.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from tests.one_layer import Kernels


@cache
def all_kernels() -> Kernels:
    """Return the models of all files."""
    found: Kernels = {}
    for entry in pkgutil.iter_modules(__path__):
        kernels: Kernels = importlib.import_module(f"{__name__}.{entry.name}").KERNELS
        assert not found.keys() & kernels.keys(), f"{entry.name}.py has a name that another file has"
        found |= kernels
    return found
