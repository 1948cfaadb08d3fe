"""One long-lived Lune process that runs builds."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
from importlib import resources
from pathlib import Path
from typing import Any, Self

import numpy as np

from onnx2luau.backends.luau.tools import LUNE
from onnx2luau.compiler.errors import MissingToolError, Onnx2LuauError
from onnx2luau.compiler.ir.types import Array


class LuauError(Onnx2LuauError):
    """Luau code stopped with an error."""

    status = 1


class Lune:
    """A Lune process that answers requests until it is closed. Use it as a context manager.

    `target` is `client` (the interpreter: LUNE_LUAU_JIT=0) or `server` (native code).
    """

    def __init__(self, target: str = "client") -> None:
        self.target = target
        self._path = LUNE.require()
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
            targets = [
                str(Path(scratch) / f"output{index}.bin") for index, _ in enumerate(manifest["outputs"])
            ]
            arguments = {
                "model": self.require_path(folder / "Model.luau"),
                "inputs": _write_inputs(manifest, inputs, Path(scratch)),
                "outputs": targets,
                "samples": samples,
            }
            self.call("run", arguments)
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
            arguments = {
                "model": self.require_path(folder / "Model.luau"),
                "inputs": _write_inputs(manifest, inputs, Path(scratch)),
                "folder": scratch,
            }
            layers = self.call("trace", arguments)["layers"]
            return [np.fromfile(Path(scratch) / f"{index}.bin", "<f8") for index in range(1, len(layers) + 1)]

    def require_path(self, path: Path, folder: Path | None = None) -> str:
        """Return a module's path as `require` wants it in a script of `folder`, or in one of the host's."""
        relative = os.path.relpath(path.resolve().with_suffix(""), (folder or self._scripts).resolve())
        text = Path(relative).as_posix()
        return text if text.startswith("../") else f"./{text}"

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            environment = {**os.environ, "LUNE_LUAU_JIT": "0" if self.target == "client" else "1"}
            try:
                self._process = subprocess.Popen(
                    [self._path, "run", self._scripts / "worker.luau"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                    encoding="utf-8",
                    env=environment,
                )
            except OSError as error:
                raise MissingToolError(f"{self._path} can't be started as Lune: {error.strerror}") from None
        return self._process


def _write_inputs(manifest: dict[str, Any], inputs: dict[str, Array], folder: Path) -> list[str]:
    """Write each input as a file of f64 and return their paths, in the manifest's order."""
    paths = []
    for index, port in enumerate(manifest["inputs"]):
        path = folder / f"input{index}.bin"
        path.write_bytes(np.ascontiguousarray(inputs[port["name"]], "<f8").tobytes())
        paths.append(str(path))
    return paths


def _answer(line: str) -> dict[str, Any] | None:
    try:
        answer = json.loads(line)
    except json.JSONDecodeError:
        return None
    return answer if isinstance(answer, dict) else None
