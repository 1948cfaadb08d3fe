"""onnx2luau web: the digit game as a page that needs no server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onnx2luau.builds.build_folder import check_target
from onnx2luau.cli import parameters as p
from onnx2luau.cli.console import say, say_json, stages
from onnx2luau.cli.game import Ink, Models, Paper, Verify, pixels_of, proved_game, say_unproved
from onnx2luau.game.output import SITE, write_folder
from onnx2luau.game.page.luau_web import bring_luau_web
from onnx2luau.game.page.pages import write_site


def command(
    output: Annotated[Path, typer.Option("--to", "-o", help="A folder for the page; open its index.html.")],
    models: Models = None,
    paper: Paper = None,
    ink: Ink = None,
    verify: Verify = True,
    force: p.Force = False,
    as_json: p.AsJson = False,
) -> None:
    """Make a web page on which people draw digits and the same Luau reads them."""
    check_target(output, SITE, force=force)
    bring_luau_web()
    with (
        stages(quiet=as_json) as progress,
        proved_game(models, pixels_of(paper, ink), verify=verify, progress=progress) as (game, figures),
    ):
        progress("site")
        stage = game.folder.parent / "site"
        write_site(game, stage)
        write_folder(stage, output, figures, SITE, force=force)
    size = sum(path.stat().st_size for path in output.rglob("*") if path.is_file())
    if as_json:
        say_json({"output": str(output), "bytes": size, "models": figures})
        return
    say(f"{output}: {size / 1e6:.2f} MB; open {output / 'index.html'}, or put the folder on any web server")
    say_unproved(figures, verify=verify)
