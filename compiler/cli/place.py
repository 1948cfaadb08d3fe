"""onnx2luau place: the digit game as a place that opens in Roblox Studio."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from onnx2luau.backends.luau.tools import LUNE
from onnx2luau.compiler.cli import parameters as p
from onnx2luau.compiler.cli.console import say, say_error, say_json, stages
from onnx2luau.compiler.errors import UsageError
from onnx2luau.compiler.game.build import build_file, choose_builder, project_for
from onnx2luau.compiler.game.digits import Pixels
from onnx2luau.compiler.game.folder import Game, game_folder
from onnx2luau.compiler.game.output import check_target, write_file, write_folder
from onnx2luau.compiler.game.proof import DRAWN, prove

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


def command(
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="A .rbxl, .rbxlx, .rbxm or .rbxmx file, or a folder for the Rojo project."
        ),
    ],
    models: Models = None,
    paper: Paper = None,
    ink: Ink = None,
    builder: Annotated[
        Literal["auto", "rojo", "lune"],
        typer.Option(help="What builds the file; auto: Rojo, or Lune where there is none."),
    ] = "auto",
    verify: Annotated[
        bool, typer.Option(help="Prove the models, and play the game with 1,000 digits.")
    ] = True,
    as_json: p.AsJson = False,
) -> None:
    """Make a place for Roblox in which people draw digits and the models read them."""
    is_folder = project_for(output) is None
    check_target(output, is_folder=is_folder)
    chosen = None if is_folder else choose_builder(builder)
    with (
        stages(quiet=as_json) as progress,
        game_folder(models or (), pixels_of(paper, ink), verify=verify, progress=progress) as game,
    ):
        shares: list[float] | None = None
        if verify and LUNE.find() is not None:
            progress("play")
            shares = prove(game)
        figures = figures_of(game, shares)
        if chosen is None:
            write_folder(game.folder, output, figures)
        else:
            progress("place")
            built = game.folder.parent / f"place{output.suffix.lower()}"
            build_file(game.folder, built, chosen)
            write_file(built, output)
    if as_json:
        say_json({"output": str(output), "builder": chosen, "bytes": _size(output), "models": figures})
        return
    _summarise(output, chosen, figures)
    for title in (each.title for each in game.entries if each.manifest.options["target"] == "server"):
        say_error(
            f"{title} was compiled for the server, and players' devices are quicker with --target client"
        )
    if verify and shares is None:
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


def figures_of(game: Game, shares: list[float] | None) -> list[dict[str, Any]]:
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


def _summarise(output: Path, builder: str | None, figures: list[dict[str, Any]]) -> None:
    how = f"a file, built by {builder.title()}" if builder else "a Rojo project"
    say(f"{output}: {_size(output) / 1e6:.2f} MB, {how}")
    for model in figures:
        read = (
            "not proved"
            if model["accuracy"] is None
            else f"reads {model['accuracy']:.2%} of {DRAWN:,} drawn digits"
        )
        say(f"  {model['title']}: {read}")
    if output.suffix.lower() in (".rbxm", ".rbxmx"):
        say("insert it in Studio and put it into ReplicatedStorage")


def _size(output: Path) -> int:
    files = [output] if output.is_file() else [path for path in output.rglob("*") if path.is_file()]
    return sum(path.stat().st_size for path in files)
