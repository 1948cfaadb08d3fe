"""The figures of a run as plain JSON: nothing but medians and how far the rounds reach."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from onnx2luau.bench.contest import Result


def described(result: Result) -> dict[str, Any]:
    """Return a run for other programs; each ratio is to the first engine with batches of the same size."""
    first = {each.batch: each for each in reversed(result.times)}
    return {
        "name": result.name,
        "samples": result.samples,
        "rounds": result.rounds,
        "figures": [
            {
                "engine": each.engine,
                "batch": each.batch,
                "together": each.together,
                **asdict(each.spread),
                "ratio": each.ratio(first[each.batch]).median,
            }
            for each in result.times
        ],
        "footprints": [asdict(each) for each in result.footprints],
        "remarks": result.remarks,
    }
