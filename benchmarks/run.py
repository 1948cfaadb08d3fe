"""Measures every network of the benchmark and writes figures, tables and plots: `make bench`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.contest import advances, measure_network
from benchmarks.digit_reader import NETWORK, measure_digit_reader
from benchmarks.figures import FOLDER, Results, write_results
from benchmarks.machine import machine
from benchmarks.networks import NETWORKS
from benchmarks.plots import write_plots
from benchmarks.slices import measure_slices
from benchmarks.tables import markdown
from onnx2luau.cli.console import counter, say

ROUNDS = 11


def measure(names: list[str], rounds: int) -> Results:
    """Measure some networks, one after another; all engines on one in turn."""
    networks = {}
    for name in names:
        with counter(NETWORKS[name].title, advances(1, rounds)) as advance:
            networks[name] = measure_network(NETWORKS[name], rounds, advance)
    results = {"machine": machine(), "rounds": rounds, "networks": networks}
    has_reader = NETWORK in names
    return {
        **results,
        "digit_reader": measure_digit_reader(rounds, say) if has_reader else None,
        "slices": measure_slices(rounds, say) if has_reader else None,
    }


def chosen(names: list[str] | None) -> list[str]:
    """Return the networks to measure: all, unless some are named; typer.BadParameter for unknown ones."""
    for name in names or ():
        if name not in NETWORKS:
            raise typer.BadParameter(f"there is no network {name!r}; there are {', '.join(NETWORKS)}")
    return names or list(NETWORKS)


def main(
    network: Annotated[list[str] | None, typer.Argument(help="All of them otherwise.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often every engine is measured, in turn.")] = ROUNDS,
    output: Annotated[Path | None, typer.Option(help="A folder for figures, tables and plots.")] = None,
) -> None:
    """Measure all networks and write the results beside this file; or only print those of some networks."""
    names = chosen(network)
    results = measure(names, rounds)
    folder = output or (FOLDER if names == list(NETWORKS) else None)
    if folder is None:
        say(markdown(results))
        return
    write_results(results, folder)
    (folder / "results.md").write_text(markdown(results), "utf-8")
    write_plots(results, folder)
    say(f"figures, tables and plots are in {folder}")


if __name__ == "__main__":
    typer.run(main)
