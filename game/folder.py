"""The game folder: everything the game needs, as a Rojo project, made of builds and models."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from onnx2luau.backends.luau.write.parts import LARGEST_FILE
from onnx2luau.compiler.errors import UsageError
from onnx2luau.game.digits import Pixels, shipped_models
from onnx2luau.game.entries import Entry, unique_name, unique_title
from onnx2luau.game.models import check_lune, gives_shares, open_model
from onnx2luau.game.project import CLIENT, SHARED, project_files
from onnx2luau.game.settings import settings_text
from onnx2luau.game.sources import COPIED, SOURCES
from onnx2luau.progress import Progress, silent


@dataclass(frozen=True)
class Game:
    """A game folder and the models it offers."""

    folder: Path
    entries: tuple[Entry, ...]

    @property
    def shared(self) -> Path:
        """The folder of its modules."""
        return self.folder / SHARED


@contextmanager
def game_folder(
    sources: Sequence[Path] = (),
    pixels: Sequence[Pixels] = (),
    *,
    verify: bool = True,
    progress: Progress = silent,
) -> Iterator[Game]:
    """Yield a game made of builds and models, the shipped ones if there are none; it is gone after the block.

    pixels: what the models read, one for all or one for each. verify: whether models that are compiled here
    are proved against ONNX Runtime. UsageError for what does not read digits.
    """
    sources = sources or shipped_models()
    for source in sources:
        if not source.exists():
            raise UsageError(f"{source} does not exist")
    check_lune(sources)
    with tempfile.TemporaryDirectory(prefix="onnx2luau-") as scratch:
        entries: list[Entry] = []
        for index, (source, reads) in enumerate(zip(sources, _each(pixels, len(sources)), strict=True)):
            opened = open_model(
                source, Path(scratch) / "builds" / str(index), reads, verify=verify, progress=progress
            )
            manifest = opened.manifest
            entry = Entry(
                name=unique_name(manifest.name, {each.name for each in entries}),
                title=unique_title(manifest.name, {each.title for each in entries}),
                source_hash=manifest.source["sha256"],
                pixels=reads,
                is_distribution=gives_shares(opened, reads),
                build=opened.folder,
                manifest=manifest,
            )
            entries.append(entry)
        game = Game(Path(scratch) / "game", tuple(entries))
        progress("game")
        _write(game)
        yield game


def _each(pixels: Sequence[Pixels], count: int) -> Sequence[Pixels]:
    if len(pixels) not in (0, 1, count):
        raise UsageError(
            f"--paper and --ink are given once for all models or once for each of the {count}, "
            f"not {len(pixels)} times"
        )
    return pixels if len(pixels) == count else [*(pixels or [Pixels()])] * count


def _write(game: Game) -> None:
    client = (SOURCES / Path(CLIENT).name).read_text("utf-8")
    texts = {f"{SHARED}/settings.luau": settings_text(game.entries), CLIENT: client, **project_files()}
    for folder in COPIED:
        texts |= _scripts(SOURCES / folder, f"{SHARED}/{folder}")
    for entry in game.entries:
        texts |= _scripts(entry.build, f"{SHARED}/models/{entry.name}")
    for path, text in texts.items():
        target = game.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8", newline="\n")


def _scripts(folder: Path, below: str) -> dict[str, str]:
    """Return each Luau file of a folder by its path in the game. UsageError if Roblox can't hold one."""
    texts = {}
    for path in sorted(folder.rglob("*.luau")):
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeError) as error:
            raise UsageError(f"{path} can't be read: {error}") from None
        if len(text) >= LARGEST_FILE:
            raise UsageError(
                f"{path} has {len(text):,} characters, and a script in Roblox holds fewer than "
                f"{LARGEST_FILE:,}"
            )
        texts[f"{below}/{path.relative_to(folder).as_posix()}"] = text
    return texts
