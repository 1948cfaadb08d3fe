"""The numpy reference as a contestant: in a process of its own, so that it can be held to one thread."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from multiprocessing.connection import Connection

from onnx2luau.backends.numpy import evaluate
from onnx2luau.bench.engines import NUMPY, Engine, stacked, time_passes
from onnx2luau.compiler.errors import ModelError
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.samples.samples import Samples, count_of, select

THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""What the libraries behind numpy read when they are loaded; afterwards it is too late."""


def numpy_engine(graph: Graph, batched: Mapping[int, Graph], samples: Samples, stack: ExitStack) -> Engine:
    """Return the reference evaluator, op by op; its process ends with `stack`.

    `batched` is the same model by size of a batch; without any it takes one sample after another.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, graph, batched, samples), daemon=True)
    with _one_thread():
        process.start()
    theirs.close()
    stack.callback(process.join)
    stack.callback(process.terminate)

    def measure(together: bool, first: int, count: int, seconds: float) -> float:
        try:
            ours.send((together, first, count, seconds))
            return float(ours.recv())
        except (EOFError, OSError):
            raise ModelError("the numpy reference stopped; there may not be enough memory for it") from None

    return Engine(NUMPY, partial(measure, False), partial(measure, True) if batched else None)


def _serve(connection: Connection, graph: Graph, batched: Mapping[int, Graph], samples: Samples) -> None:
    each = [select(samples, index) for index in range(count_of(samples))]

    def predict(first: int, count: int) -> None:
        for sample in each[first : first + count]:
            evaluate(graph, sample)

    while True:
        try:
            together, first, count, seconds = connection.recv()
        except (EOFError, KeyboardInterrupt):
            return
        once: Callable[[], object] = partial(predict, first, count)
        if together:
            once = partial(evaluate, batched[count], stacked(samples, first, count))
        connection.send(time_passes(once, seconds, count))


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let processes that start inside use one thread for numpy."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
