"""onnx2luau doctor: what is installed, what is missing, and how to get it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib import metadata
from typing import IO, Annotated

import typer

from onnx2luau.backends.lune.tools import LUNE, ROJO, Tool
from onnx2luau.cli.console import counter, say, say_json, trouble
from onnx2luau.compiler.errors import MissingToolError, UsageError

PACKAGES = {
    "numpy": "",
    "onnx": "",
    "onnxruntime": "",
    "lark": "",
    "tensorflow": 'for Keras models: pip install "onnx2luau[keras]"',
    "tf2onnx": 'for Keras models: pip install "onnx2luau[keras]"',
    "torch": 'to export PyTorch models to ONNX: pip install "onnx2luau[torch]"',
}
ALTERNATIVES = {"tensorflow": ("tensorflow", "tensorflow-cpu", "tf-nightly")}


def command(
    install: Annotated[
        bool, typer.Option("--install", help="Build Lune into the user's cache folder.")
    ] = False,
    rojo: Annotated[
        bool, typer.Option("--rojo", help="With --install: build Rojo too, which `place` can do without.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Show Python packages and tools, what is missing and how to get it."""
    if rojo and not install:
        raise UsageError("--rojo says what to build, so it needs --install beside it")
    for tool in [LUNE, *([ROJO] if rojo else [])]:
        if install and tool.find() is None:
            install_tool(tool)
    found = {name: _version(name) for name in PACKAGES}
    if as_json:
        tools = {tool.name: _findings(tool) for tool in (LUNE, ROJO)}
        say_json({"packages": found, **tools})
    else:
        say(f"python {sys.version.split()[0]}")
        for name, version in found.items():
            missing = f"missing; {PACKAGES[name]}" if PACKAGES[name] else "missing; pip install onnx2luau"
            say(f"{name} {version or missing}")
        for tool, note in ((LUNE, ""), (ROJO, "optional; ")):
            findings = _findings(tool)
            missing = findings.get("trouble") or f"{note}`onnx2luau {tool.install}` builds it"
            say(
                f"{findings['version']} at {findings['path']}"
                if findings["path"]
                else f"{tool.title} missing; {missing}"
            )
    if LUNE.find() is None:
        raise MissingToolError(
            "Lune was not found, so builds can't be run or verified; `onnx2luau doctor --install` builds it "
            "with cargo, or install it with Rokit"
        )


def install_tool(tool: Tool) -> None:
    """Build a tool with cargo into the user's cache folder, where every clone finds it."""
    if shutil.which("cargo") is None:
        raise MissingToolError(
            "cargo was not found; install Rust from rust-lang.org, "
            f"or get {tool.title} with Rokit or from a release"
        )
    root = tool.cache_root()
    trouble.print(
        f"building {tool.title} {tool.version} into {root}: about {tool.minutes} minutes on two cores, once",
        markup=False,
    )
    command_line = ["cargo", "install", tool.name, "--version", tool.version, "--locked", "--root", str(root)]
    process = subprocess.Popen(
        command_line,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "CARGO_TERM_COLOR": "never"},
    )
    assert process.stderr is not None  # noqa: S101 - a pipe was asked for
    last = _follow(process.stderr, tool.crates)
    if process.wait() != 0:
        raise MissingToolError(f"cargo could not build {tool.title}: {last}")


def _follow(lines: IO[str], crates: int) -> str:
    """Show how many crates are compiled; return the last line."""
    count, last = 0, ""
    with counter("crates compiled", crates) as advance:
        for line in lines:
            last = line.strip() or last
            if last.startswith("Compiling"):
                count += 1
                advance(1)
                if not trouble.is_terminal and count % 50 == 0:
                    trouble.print(f"{count} of about {crates} crates", markup=False)
    return last


def _findings(tool: Tool) -> dict[str, str | None]:
    try:
        path = tool.find()
    except MissingToolError as error:
        return {"path": None, "version": None, "trouble": str(error)}
    return {"path": str(path) if path else None, "version": tool.found_version()}


def _version(package: str) -> str | None:
    for name in ALTERNATIVES.get(package, (package,)):
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return None
