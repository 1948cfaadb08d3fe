"""onnx2luau place: the digit game as a place that opens in Roblox Studio."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from onnx2luau.builds.build_folder import check_target
from onnx2luau.builds.output_file import check_file, new_file
from onnx2luau.cli import parameters as p
from onnx2luau.cli.console import say, say_error, say_json, stages
from onnx2luau.cli.game import Ink, Models, Paper, Verify, pixels_of, proved_game, say_unproved
from onnx2luau.game.build import build_file, choose_builder, project_for
from onnx2luau.game.output import GAME, write_folder
from onnx2luau.game.proof import DRAWN


def command(
    output: Annotated[
        Path,
        typer.Option(
            "--to", "-o", help="A .rbxl, .rbxlx, .rbxm or .rbxmx file, or a folder for the Rojo project."
        ),
    ],
    models: Models = None,
    paper: Paper = None,
    ink: Ink = None,
    builder: Annotated[
        Literal["auto", "rojo", "lune"],
        typer.Option(help="What builds the file; auto: Rojo, or Lune where there is none."),
    ] = "auto",
    verify: Verify = True,
    force: p.Force = False,
    as_json: p.AsJson = False,
) -> None:
    """Make a place for Roblox in which people draw digits and the models read them."""
    is_folder = project_for(output) is None
    if is_folder:
        check_target(output, GAME, force=force)
    else:
        check_file(output)
    chosen = None if is_folder else choose_builder(builder)
    with (
        stages(quiet=as_json) as progress,
        proved_game(models, pixels_of(paper, ink), verify=verify, progress=progress) as (game, figures),
    ):
        if chosen is None:
            write_folder(game.folder, output, figures, GAME, force=force)
        else:
            progress("place")
            built = game.folder.parent / f"place{output.suffix.lower()}"
            build_file(game.folder, built, chosen)
            with new_file(output) as stage:
                shutil.copyfile(built, stage)
    if as_json:
        say_json({"output": str(output), "builder": chosen, "bytes": _size(output), "models": figures})
        return
    _summarise(output, chosen, figures)
    for title in (each.title for each in game.entries if each.manifest.options["target"] == "server"):
        say_error(
            f"{title} was compiled for the server, and players' devices are quicker with --target client"
        )
    say_unproved(figures, verify=verify)


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
