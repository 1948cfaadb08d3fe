"""Compiles mutants of ONNX models in a process of its own: `python -m tests.mutants.in_process SEED COUNT`."""

from __future__ import annotations

import faulthandler
import resource
import sys
import tempfile
import traceback
from collections import Counter
from pathlib import Path

import numpy as np

from onnx2luau.backends.luau.options import Options
from onnx2luau.backends.luau.scheduling import schedule
from onnx2luau.backends.luau.write.module import emit_module
from onnx2luau.backends.luau.write.sample import Sample
from onnx2luau.compiler.errors import Onnx2LuauError
from onnx2luau.compiler.passes import run_pipeline
from onnx2luau.frontends.onnx import import_model, load_model
from tests.mutants.onnx_models import mutants

MOST_SECONDS = 30
MOST_MEMORY = 4 << 30


def compile_file(path: Path) -> str:
    """Compile an ONNX file without proof; return the sentence it is refused with, or an empty text."""
    try:
        graph = run_pipeline(import_model(load_model(path), path.stem))
        sample = Sample(
            tuple(np.zeros(port.value.shape, np.float32) for port in graph.inputs),
            tuple(np.zeros(port.value.shape, np.float32) for port in graph.outputs),
            (0.0,) * len(graph.outputs),
        )
        emit_module(schedule(graph, Options()), Options(), sample)
    except Onnx2LuauError as error:
        return str(error)
    return ""


def main(seed: int, count: int) -> int:
    """Compile all; print how many were refused, and the trace of whatever else was raised."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    results: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mutant.onnx"
        for name, data in mutants(seed, count):
            path.write_bytes(data)
            faulthandler.dump_traceback_later(MOST_SECONDS, exit=True)
            try:
                results["refused" if compile_file(path) else "compiled"] += 1
            except Exception:
                results["failed"] += 1
                print(name, flush=True)  # noqa: T201
                traceback.print_exc()
            faulthandler.cancel_dump_traceback_later()
    print(dict(results))  # noqa: T201
    return 1 if results["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
