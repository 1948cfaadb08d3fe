"""onnx2luau doctor: what is installed, what is missing, and how to get it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib import metadata
from typing import IO, Annotated

import typer

from onnx2luau.backends.luau.find_lune import VERSION, cache_root, find_lune
from onnx2luau.compiler.cli.console import counter, say, say_json, trouble
from onnx2luau.compiler.errors import MissingToolError

PACKAGES = {
    "numpy": "",
    "onnx": "",
    "onnxruntime": "",
    "lark": "",
    "tensorflow": 'for Keras models: pip install "onnx2luau[keras]"',
    "tf2onnx": 'for Keras models: pip install "onnx2luau[keras]"',
    "torch": 'to export PyTorch models to ONNX: pip install "onnx2luau[torch]"',
}
CRATES = 313
ALTERNATIVES = {"tensorflow": ("tensorflow", "tensorflow-cpu", "tf-nightly")}


def command(
    install: Annotated[
        bool, typer.Option("--install", help="Build Lune into the user's cache folder.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Show Python packages and tools, what is missing and how to get it."""
    if install and find_lune() is None:
        install_lune()
    lune = find_lune()
    found = {name: _version(name) for name in PACKAGES}
    if as_json:
        say_json(
            {"packages": found, "lune": {"path": str(lune) if lune else None, "version": lune_version()}}
        )
    else:
        say(f"python {sys.version.split()[0]}")
        for name, version in found.items():
            missing = f"missing; {PACKAGES[name]}" if PACKAGES[name] else "missing; pip install onnx2luau"
            say(f"{name} {version or missing}")
        say(f"{lune_version()} at {lune}" if lune else "Lune missing; `onnx2luau doctor --install` builds it")
    if lune is None:
        raise MissingToolError(
            "Lune was not found, so builds can't be run or verified; `onnx2luau doctor --install` builds it "
            "with cargo, or install it with Rokit"
        )


def install_lune() -> None:
    """Build Lune with cargo into the user's cache folder, where every clone finds it."""
    if shutil.which("cargo") is None:
        raise MissingToolError(
            "cargo was not found; install Rust from rust-lang.org, or get Lune with Rokit or from a release"
        )
    root = cache_root()
    trouble.print(f"building Lune {VERSION} into {root}: about 7 minutes on two cores, once", markup=False)
    command_line = ["cargo", "install", "lune", "--version", VERSION, "--locked", "--root", str(root)]
    process = subprocess.Popen(
        command_line,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "CARGO_TERM_COLOR": "never"},
    )
    assert process.stderr is not None  # noqa: S101 - a pipe was asked for
    last = _follow(process.stderr)
    if process.wait() != 0:
        raise MissingToolError(f"cargo could not build Lune: {last}")


def _follow(lines: IO[str]) -> str:
    """Show how many crates are compiled; return the last line."""
    count, last = 0, ""
    with counter("crates compiled", CRATES) as advance:
        for line in lines:
            last = line.strip() or last
            if last.startswith("Compiling"):
                count += 1
                advance(1)
                if not trouble.is_terminal and count % 50 == 0:
                    trouble.print(f"{count} of about {CRATES} crates", markup=False)
    return last


def lune_version() -> str | None:
    """Return what Lune says its version is, or None without Lune."""
    path = find_lune()
    if path is None:
        return None
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=30)
    except OSError as error:
        return f"Lune that does not start ({error.strerror})"
    return answer.stdout.strip() or "Lune that does not answer"


def _version(package: str) -> str | None:
    for name in ALTERNATIVES.get(package, (package,)):
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return None
