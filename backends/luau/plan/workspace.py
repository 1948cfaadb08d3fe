"""Tables that kernels work in: each belongs to one kernel and to one session, and keeps what it holds."""

from __future__ import annotations

from dataclasses import dataclass, field

NUMBERS = "{ number }"
VECTOR_TABLE = "{ vector }"
TABLES = "{ { vector } }"
KINDS = {NUMBERS: "numbers", VECTOR_TABLE: "vectors", TABLES: "tables"}
"""What runtime_luau/network.luau calls tables of each type."""
LANES = "xyz"


@dataclass
class Workspace:
    """Slots after those of the memory plan; sessions may stop in mid-kernel, so kernels own no tables."""

    first: int
    """The first slot that is free."""
    sizes: dict[str, dict[int, int]] = field(default_factory=lambda: {kind: {} for kind in KINDS.values()})
    """The number of elements by kind and slot."""
    changes: int | None = None
    """The slot of what is to be added to the input, if a kernel can update its sums by that."""
    kept: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By kernel, the slots of the sums of the prediction before and of the next one, which change places."""
    _slots: dict[tuple[str, str], int] = field(default_factory=dict)

    def claim(self, kernel: str, hint: str, count: int, type_: str) -> int:
        """Return the slot of a kernel's own table; a kernel that is emitted again gets the same one."""
        slot = self._slot(kernel, hint)
        self.sizes[KINDS[type_]][slot] = count
        return slot

    def claim_changes(self) -> int:
        """Return the slot of the changes of the input, which is empty unless a session is refreshed."""
        self.changes = self._slot("", "changes")
        return self.changes

    def _slot(self, kernel: str, hint: str) -> int:
        return self._slots.setdefault((kernel, hint), self.first + len(self._slots))
