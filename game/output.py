"""The folders of a game and of its page, with a record of what is in them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from onnx2luau.builds.build_folder import staged
from onnx2luau.builds.contents import MANIFEST, file_entries, read_record, signature
from onnx2luau.version import VERSION

GAME, SITE = "game", "site"


def write_folder(
    source: Path, target: Path, models: Sequence[dict[str, Any]], kind: str, *, force: bool = False
) -> None:
    """Put a copy of a folder in the target's place, with a record of what is in it."""
    with staged(target, kind, force=force) as stage:
        shutil.copytree(source, stage, dirs_exist_ok=True)
        record = {
            "format": signature(kind),
            "onnx2luau": VERSION,
            "models": models,
            "files": file_entries(stage),
        }
        (stage / MANIFEST).write_text(json.dumps(record, indent=2) + "\n", "ascii", newline="\n")


def is_game(folder: Path) -> bool:
    """Whether a folder was written as a game."""
    record = read_record(folder)
    return record is not None and record.format == signature(GAME)
