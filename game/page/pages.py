"""The files of the site: the page, luau-web, and the game's modules as one script."""

from __future__ import annotations

import json
from pathlib import Path

from onnx2luau.game.folder import Game
from onnx2luau.game.page.luau_web import luau_web_scripts
from onnx2luau.game.sources import WEB

PAGE = ("index.html", "style.css", "runtime.js", "picture.js", "pointer.js", "words.js", "page.js")
UNUSED = "ui/"
"""The folder of the game that only Roblox can show."""


def write_site(game: Game, folder: Path) -> None:
    """Write a site that needs no server into a folder; MissingToolError if luau-web can't be brought."""
    texts = {name: (WEB / name).read_text("utf-8") for name in PAGE}
    texts["modules.js"] = modules_script(_modules(game.shared) | _modules(WEB, "web/"))
    texts |= {f"luau-web/{name}": text for name, text in luau_web_scripts().items()}
    for path, text in texts.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8", newline="\n")


def modules_script(modules: dict[str, str]) -> str:
    """Return a script that sets LUAU_MODULES to the sources by path, line for line."""
    lines = [f"{json.dumps(path)}: {json.dumps(text)}" for path, text in modules.items()]
    # JSON is JavaScript but for what ends a script element.
    body = ",\n".join(lines).replace("<", "\\u003c")
    return f'"use strict";\nglobalThis.LUAU_MODULES = {{\n{body}\n}};\n'


def _modules(folder: Path, prefix: str = "") -> dict[str, str]:
    """Return the Luau files below a folder by path without suffix."""
    paths = {path.relative_to(folder).with_suffix("").as_posix(): path for path in folder.rglob("*.luau")}
    return {
        f"{prefix}{name}": path.read_text("utf-8")
        for name, path in sorted(paths.items())
        if not name.startswith(UNUSED)
    }
