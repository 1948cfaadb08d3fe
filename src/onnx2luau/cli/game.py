"""What `place` and `web` have in common: the models of a game, what they read, and its proof."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from onnx2luau.backends.lune.tools import LUNE
from onnx2luau.cli.console import say_error
from onnx2luau.compiler.errors import UsageError
from onnx2luau.game.digits import Pixels
from onnx2luau.game.folder import Game, game_folder
from onnx2luau.game.proof import DRAWN, prove
from onnx2luau.progress import Progress

Models = Annotated[
    list[Path] | None,
    typer.Argument(
        help="Builds or models that read 28 x 28 digits; the shipped ones otherwise.",
        metavar="[DIR|MODEL]...",
    ),
]
Paper = Annotated[
    list[float] | None,
    typer.Option(
        "--paper", help="What the models read for an empty pixel, 0 otherwise; once, or once for each."
    ),
]
Ink = Annotated[
    list[float] | None,
    typer.Option("--ink", help="What the models read for a full pixel, 1 otherwise; once, or once for each."),
]
Verify = Annotated[bool, typer.Option(help="Prove the models, and play the game with 1,000 digits.")]


@contextmanager
def proved_game(
    models: Sequence[Path] | None,
    pixels: Sequence[Pixels],
    *,
    verify: bool,
    progress: Progress,
) -> Iterator[tuple[Game, list[dict[str, Any]]]]:
    """Yield a game, played before if that is wanted and Lune is there, and what is known of its models."""
    with game_folder(models or (), pixels, verify=verify, progress=progress) as game:
        shares: list[float] | None = None
        if verify and LUNE.find() is not None:
            progress("play")
            shares = prove(game)
        yield game, _figures(game, shares)


def say_unproved(figures: Sequence[dict[str, Any]], *, verify: bool) -> None:
    """Warn of a game that should have been proved, and could not be."""
    if verify and figures[0]["accuracy"] is None:
        say_error("Lune was not found, so the game is not proved; `onnx2luau doctor --install` builds it")


def pixels_of(paper: list[float] | None, ink: list[float] | None) -> list[Pixels]:
    """Return what the options say about pixels; an option that is given once holds for every model."""
    papers, inks = paper or [Pixels().paper], ink or [Pixels().ink]
    count = max(len(papers), len(inks))
    for values in (papers, inks):
        if len(values) not in (1, count):
            raise UsageError(
                f"--paper is given {len(papers)} times and --ink {len(inks)}; give each once or as often"
            )
    return [Pixels(papers[index % len(papers)], inks[index % len(inks)]) for index in range(count)]


def _figures(game: Game, shares: list[float] | None) -> list[dict[str, Any]]:
    """Return what is known of each model of a game, as plain JSON; shares: of the digits each one reads."""
    return [
        {
            "name": entry.name,
            "title": entry.title,
            "source": entry.manifest.source,
            "paper": entry.pixels.paper,
            "ink": entry.pixels.ink,
            "isDistribution": entry.is_distribution,
            "drawn": DRAWN if shares else None,
            "accuracy": shares[index] if shares else None,
        }
        for index, entry in enumerate(game.entries)
    ]
