"""Compares random graphs as Luau with ONNX Runtime: `python -m tests.random_graphs --count 20000 --seed 1`."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np
import onnx

from tests.random_graphs.chunk import CHUNK, chunk
from tests.random_graphs.trial import Difference

STEPS = 25


def main() -> int:
    """Run the campaign and return 1 if any graph is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.random_graphs", description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument(
        "--seed", type=int, default=int(time.time()), help="of the first graph; the time, otherwise"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--steps", type=int, default=STEPS, help="nodes of a graph, at most or so")
    parser.add_argument("--no-extremes", action="store_true", help="leave infinities, NaN and overflow out")
    parser.add_argument(
        "--keep", type=Path, default=Path("build/random_graphs"), help="where wrong models go"
    )
    arguments = parser.parse_args()
    starts = range(arguments.seed, arguments.seed + arguments.count, CHUNK)
    work = partial(
        chunk, end=arguments.seed + arguments.count, steps=arguments.steps, extremes=not arguments.no_extremes
    )
    found: list[Difference] = []
    done, began = 0, time.monotonic()
    with multiprocessing.get_context("spawn").Pool(arguments.jobs) as pool:
        for count, differences in pool.imap_unordered(work, starts):
            done += count
            for each in differences:
                found.append(each)
                keep(each, arguments.keep)
            pace = done / (time.monotonic() - began)
            sys.stderr.write(
                f"{done:,} of {arguments.count:,} graphs, {pace:.1f} a second, {len(found)} wrong\n"
            )
    sys.stdout.write(f"{done:,} graphs from seed {arguments.seed}, {len(found)} wrong\n")
    for operators, count in Counter(_last(each) for each in found).most_common():
        sys.stdout.write(f"{count:6} {operators}\n")
    return int(bool(found))


def keep(found: Difference, folder: Path) -> None:
    """Write a wrong model, its samples and what is wrong, so that it can be looked at."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{found.nodes:02}-{found.seed}-{found.target}"
    onnx.save(found.model, path.with_suffix(".onnx"))
    np.savez(path.with_suffix(".npz"), **found.samples)
    path.with_suffix(".txt").write_text(f"{found.what}\n{onnx.printer.to_text(found.model)}\n", "utf-8")


def _last(found: Difference) -> str:
    """Return the operators that lead to what is wrong, so that differences of one kind are counted together."""
    return f"{found.target}: {' '.join(node.op_type for node in found.model.graph.node[-3:])}"


if __name__ == "__main__":
    sys.exit(main())
