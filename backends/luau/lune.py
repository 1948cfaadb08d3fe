"""Lune: where it is, and one long-lived process of it that runs builds."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from importlib import resources
from pathlib import Path
from typing import Any, Self

import numpy as np
import platformdirs

from onnx2luau.compiler.errors import MissingToolError, Onnx2LuauError
from onnx2luau.compiler.ir.types import Array

VERSION = "0.10.5"
VARIABLE = "ONNX2LUAU_LUNE"


class LuauError(Onnx2LuauError):
    """Luau code stopped with an error."""

    status = 1


def cache_root() -> Path:
    """Return the folder in which `doctor --install` builds Lune, one for all clones of a user."""
    return platformdirs.user_cache_path("onnx2luau") / f"lune-{VERSION}"


def find_lune() -> Path | None:
    """Look for Lune in $ONNX2LUAU_LUNE, on PATH, in Rokit's folder and in the user's cache folder."""
    name = "lune.exe" if sys.platform == "win32" else "lune"
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named) if Path(named).is_file() else None
    on_path = shutil.which("lune")
    candidates = [
        *([Path(on_path)] if on_path else []),
        Path.home() / ".rokit" / "bin" / name,
        cache_root() / "bin" / name,
    ]
    return next((path for path in candidates if path.is_file()), None)


def require_lune() -> Path:
    """Return Lune's path; MissingToolError says how to get it."""
    found = find_lune()
    if found is None:
        named = os.environ.get(VARIABLE)
        where = f"${VARIABLE} names {named!r}, which is no file" if named else "Lune was not found"
        raise MissingToolError(
            f"{where}; `onnx2luau doctor --install` builds it (about 7 minutes, once), "
            f"or install it with Rokit or from a release and set ${VARIABLE}"
        )
    return found


class Lune:
    """A Lune process that answers requests until it is closed. Use it as a context manager.

    `target` is `client` (the interpreter: LUNE_LUAU_JIT=0) or `server` (native code).
    """

    def __init__(self, target: str = "client") -> None:
        self.target = target
        self._path = require_lune()
        self._process: subprocess.Popen[str] | None = None
        self._scripts = Path(str(resources.files("onnx2luau"))).joinpath("runtime_luau").resolve() / "host"
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def call(self, script: Path | str, arguments: dict[str, Any]) -> Any:
        """Call the function that a Luau module returns, and return its result; both are JSON.

        `script` is a path, or the name of one of runtime_luau/host. LuauError carries Luau's message.
        """
        path = self._scripts / f"{script}.luau" if isinstance(script, str) else script
        request = {"script": self.require_path(path), "arguments": arguments}
        with self._lock:
            process = self._running()
            assert process.stdin is not None  # noqa: S101 - a pipe was asked for
            assert process.stdout is not None  # noqa: S101
            try:
                process.stdin.write(json.dumps(request) + "\n")
                process.stdin.flush()
                line = process.stdout.readline()
            except OSError as error:
                raise LuauError(f"Lune stopped: {error}") from None
            answer = _answer(line)
            if answer is None:
                process.kill()
                _, trouble = process.communicate()
                self._process = None
                raise LuauError(f"Lune stopped while it ran {path.name}: {(line + trouble).strip()[-500:]}")
        if "failure" in answer:
            raise LuauError(str(answer["failure"]))
        return answer.get("result")

    def run(self, folder: Path, inputs: dict[str, Array], samples: int) -> dict[str, Array]:
        """Run a build on samples: each array's first axis counts them. Results are f64, by output name."""
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        with tempfile.TemporaryDirectory(prefix="onnx2luau-") as scratch:
            sources = []
            for index, port in enumerate(manifest["inputs"]):
                path = Path(scratch) / f"input{index}.bin"
                path.write_bytes(np.ascontiguousarray(inputs[port["name"]], "<f8").tobytes())
                sources.append(str(path))
            targets = [
                str(Path(scratch) / f"output{index}.bin") for index, _ in enumerate(manifest["outputs"])
            ]
            self.call(
                "run",
                {
                    "model": self.require_path(folder / "Model.luau"),
                    "inputs": sources,
                    "outputs": targets,
                    "samples": samples,
                },
            )
            return {
                port["name"]: np.fromfile(target, "<f8").reshape(samples, *port["shape"])
                for port, target in zip(manifest["outputs"], targets, strict=True)
            }

    def self_test(self, folder: Path) -> bool:
        """Whether a build's own sample gives ONNX Runtime's answers."""
        result = self.call("self_test", {"model": self.require_path(folder / "Model.luau")})
        return bool(result["agrees"])

    def trace(self, folder: Path, inputs: dict[str, Array]) -> list[Array]:
        """Run a build on one sample and return the values of every layer, flat f64, in order."""
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        with tempfile.TemporaryDirectory(prefix="onnx2luau-") as scratch:
            sources = []
            for index, port in enumerate(manifest["inputs"]):
                path = Path(scratch) / f"input{index}.bin"
                path.write_bytes(np.ascontiguousarray(inputs[port["name"]], "<f8").tobytes())
                sources.append(str(path))
            model = self.require_path(folder / "Model.luau")
            result = self.call("trace", {"model": model, "inputs": sources, "folder": scratch})
            return [
                np.fromfile(Path(scratch) / f"{i}.bin", "<f8") for i in range(1, len(result["layers"]) + 1)
            ]

    def require_path(self, path: Path, folder: Path | None = None) -> str:
        """Return a module's path as `require` wants it in a script of `folder`, or in one of the host's."""
        relative = os.path.relpath(path.resolve().with_suffix(""), (folder or self._scripts).resolve())
        text = Path(relative).as_posix()
        return text if text.startswith("../") else f"./{text}"

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            environment = {**os.environ, "LUNE_LUAU_JIT": "0" if self.target == "client" else "1"}
            self._process = subprocess.Popen(
                [self._path, "run", self._scripts / "worker.luau"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                env=environment,
            )
        return self._process


def _answer(line: str) -> dict[str, Any] | None:
    try:
        answer = json.loads(line)
    except json.JSONDecodeError:
        return None
    return answer if isinstance(answer, dict) else None
