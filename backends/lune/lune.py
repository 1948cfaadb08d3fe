"""One long-lived Lune process that runs builds."""

from __future__ import annotations

import json
import math
import os
import tempfile
import threading
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any, Self

import numpy as np

from onnx2luau.backends.lune.process import LuneProcess
from onnx2luau.backends.lune.run_time import Work
from onnx2luau.backends.lune.tools import LUNE
from onnx2luau.compiler.errors import Onnx2LuauError
from onnx2luau.compiler.ir.types import Array

PATIENCE = 1800.0
"""Seconds for requests of which nothing is known."""
Advance = Callable[[int], None]
"""Told how many more samples are done."""


class LuauError(Onnx2LuauError):
    """Luau code stopped with an error."""

    status = 1


class Lune:
    """A Lune process that answers requests until it is closed. Use it as a context manager.

    `target` is `client` (the interpreter: LUNE_LUAU_JIT=0) or `server` (native code). `seconds_left` says how
    long the next request may take at most.
    """

    def __init__(self, target: str = "client", seconds_left: Callable[[], float] = lambda: math.inf) -> None:
        self.target = target
        self._seconds_left = seconds_left
        self._path = LUNE.require()
        self._process: LuneProcess | None = None
        self._scripts = Path(str(resources.files("onnx2luau"))).joinpath("runtime_luau").resolve() / "host"
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.close()
            self._process = None

    def call(
        self,
        script: Path | str,
        arguments: dict[str, Any],
        seconds: float = PATIENCE,
        advance: Advance = lambda _: None,
    ) -> Any:
        """Call the function that a Luau module returns, and return its result; both are JSON.

        `script` is a path, or the name of one of runtime_luau/host. LuauError carries Luau's message;
        LuneStoppedError says that Lune ended, or did not answer within `seconds`.
        """
        path = self._scripts / f"{script}.luau" if isinstance(script, str) else script
        request = {"script": self.require_path(path), "arguments": arguments}
        doing = f"ran {path.name}"
        with self._lock:
            process = self._running()
            try:
                with process.within(max(0.0, min(seconds, self._seconds_left()))):
                    process.write(json.dumps(request), doing)
                    while "progress" in (answer := self._answer(process, path)):
                        advance(int(answer["progress"]))
            except BaseException:
                # It may be interrupted, and the next request must not get the answer to this one.
                self.close()
                raise
        if "failure" in answer:
            raise LuauError(str(answer["failure"]))
        return answer.get("result")

    def run(
        self,
        folder: Path,
        inputs: dict[str, Array],
        samples: int,
        work: Work,
        advance: Advance = lambda _: None,
    ) -> dict[str, Array]:
        """Run a build on samples: each array's first axis counts them. Results are f64, by output name.

        work: of one sample, which tells when a run has gone wrong.
        """
        with tempfile.TemporaryDirectory(prefix="onnx2luau-") as scratch:
            arguments = {
                "model": self.require_path(folder / "Model.luau"),
                "inputs": _written(inputs, Path(scratch)),
                "folder": scratch,
                "samples": samples,
            }
            # Twice, since predictBatch may be run besides.
            seconds = work.longest_seconds(self.target, 2 * samples)
            ports = self.call("run", arguments, seconds, advance)
            return {
                port["name"]: np.fromfile(Path(scratch) / f"output{number}.bin", "<f8").reshape(
                    samples, *port["shape"]
                )
                for number, port in enumerate(ports, 1)
            }

    def self_test(self, folder: Path, work: Work) -> bool:
        """Whether a build's own sample gives ONNX Runtime's answers."""
        arguments = {"model": self.require_path(folder / "Model.luau")}
        return bool(self.call("self_test", arguments, work.longest_seconds(self.target, 1))["agrees"])

    def trace(self, folder: Path, inputs: dict[str, Array], work: Work) -> list[Array]:
        """Run a build on one sample and return the values of every layer, flat f64, in order."""
        with tempfile.TemporaryDirectory(prefix="onnx2luau-") as scratch:
            arguments = {
                "model": self.require_path(folder / "Model.luau"),
                "inputs": _written(inputs, Path(scratch)),
                "folder": scratch,
            }
            seconds = work.longest_seconds(self.target, 1)
            layers = self.call("trace", arguments, seconds)["layers"]
            return [np.fromfile(Path(scratch) / f"{index}.bin", "<f8") for index in range(1, len(layers) + 1)]

    def require_path(self, path: Path, folder: Path | None = None) -> str:
        """Return a module's path as `require` wants it in a script of `folder`, or in one of the host's."""
        relative = os.path.relpath(path.resolve().with_suffix(""), (folder or self._scripts).resolve())
        text = Path(relative).as_posix()
        return text if text.startswith("../") else f"./{text}"

    def _running(self) -> LuneProcess:
        if self._process is None or not self._process.is_running:
            self.close()
            environment = {**os.environ, "LUNE_LUAU_JIT": "0" if self.target == "client" else "1"}
            self._process = LuneProcess(self._path, self._scripts / "worker.luau", environment)
        return self._process

    def _answer(self, process: LuneProcess, script: Path) -> dict[str, Any]:
        line = process.read(f"ran {script.name}")
        try:
            answer = json.loads(line)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise LuauError(f"{script.name} printed {line.strip()[-500:]!r} where Lune's answer is expected")
        return answer


def _written(inputs: dict[str, Array], folder: Path) -> dict[str, str]:
    """Write each input as a file of f64 and return their paths by name."""
    paths = {}
    for number, (name, array) in enumerate(inputs.items(), 1):
        path = folder / f"input{number}.bin"
        path.write_bytes(np.ascontiguousarray(array, "<f8").tobytes())
        paths[name] = str(path)
    return paths
