"""Measures again and shows which ratios have moved since the committed results: `make bench-compare`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.figures import FILE, FOLDER, Results, read_results, sliced
from benchmarks.run import ROUNDS, chosen, measure
from benchmarks.tables import spread_text, table
from onnx2luau.cli.console import say

ROOT = Path(__file__).resolve().parents[1]


def committed() -> Results:
    """Return the results of the last commit; those beside this file may be newer."""
    path = (FOLDER / FILE).relative_to(ROOT)
    shown = subprocess.run(
        ["git", "show", f"HEAD:{path.as_posix()}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if shown.returncode:
        raise typer.BadParameter("no results are committed yet; `make bench` makes the first")
    results: Results = json.loads(shown.stdout)
    return results


def moved(old: Results, new: Results) -> list[list[str]]:
    """Return a row for each ratio that moved by more than the spread.

    That is when each of the two medians lies outside of what the rounds of the other run reached. Ratios
    that only one of the runs has are no part of it.
    """
    before = dict(_ratios(old))
    rows = []
    for key, now in _ratios(new):
        was = before.get(key)
        if was is not None and _is_outside(now["median"], was) and _is_outside(was["median"], now):
            change = f"{now['median'] / was['median'] - 1:+.0%}"
            rows.append([*key, spread_text(was), spread_text(now), change])
    return rows


def compared(old: Results, new: Results) -> int:
    """Return how many ratios both runs have."""
    return len(dict(_ratios(old)).keys() & dict(_ratios(new)).keys())


def _is_outside(median: float, spread: dict[str, Any]) -> bool:
    return not spread["least"] <= median <= spread["most"]


def _ratios(results: Results) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Give every ratio between engines; times themselves differ between machines and are not compared."""
    for name, network in results["networks"].items():
        for each in network["ratios"]:
            yield (name, each["ratio"], each["target"], str(each["batch"])), each
    reader = results["digit_reader"]
    if reader is not None:
        yield ("mnist256", "stroke / prediction", "client", "1"), reader["stroke"]["ratio"]
    for name, network in sliced(results).items():
        for target, figures in network["targets"].items():
            yield (name, "sliced / plain", target, "1"), figures["ratio"]


def main(
    network: Annotated[list[str] | None, typer.Argument(help="All of them otherwise.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often every engine is measured, in turn.")] = ROUNDS,
    new: Annotated[Path | None, typer.Option(help="A results.json to take instead of measuring.")] = None,
) -> None:
    """Print the ratios that moved. A change is no failure: the exit status is 0 unless measuring fails."""
    old = committed()
    results = read_results(new) if new is not None else measure(chosen(network), rounds)
    rows = moved(old, results)
    if rows:
        say(table(["network", "ratio", "target", "batch", "committed", "now", "change"], rows))
    say(f"{len(rows)} of {compared(old, results)} ratios moved by more than their spread")
    if old["machine"] != results["machine"]:
        say("the committed results are from another machine or other versions")


if __name__ == "__main__":
    typer.run(main)
