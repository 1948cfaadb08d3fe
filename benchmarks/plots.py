"""The figures of a run as pictures, PNG and SVG; the same figures give the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from benchmarks.figures import ORACLE_RATIO, TEXTBOOK_RATIO, Results, ratio

DOTS = 120
"""Pixels an inch."""
# From Okabe and Ito's palette, which colour-blind people can tell apart; the hatches help in grey.
LOOKS: dict[str, dict[str, Any]] = {
    "client": {"color": "#0072B2", "hatch": ""},
    "server": {"color": "#E69F00", "hatch": "///"},
}
TITLES = {
    TEXTBOOK_RATIO: ("speedup", "times as fast as textbook Luau", "Generated code against textbook Luau"),
    ORACLE_RATIO: ("onnxruntime", "time over that of ONNX Runtime", "Distance to ONNX Runtime, one thread"),
}


def write_plots(results: Results, folder: Path) -> None:
    """Write a picture each of speed, distance to ONNX Runtime, loading and size."""
    # Element names in an SVG are random without a salt.
    with mpl.rc_context({"svg.hashsalt": "onnx2luau", "svg.fonttype": "none"}):
        for name, (file, label, title) in TITLES.items():
            _save(_ratios(results, name, label, title), folder / file)
        _save(_footprints(results, "load", "milliseconds to load"), folder / "load")
        _save(_footprints(results, "bytes", "MB on disk"), folder / "size")


def _ratios(results: Results, name: str, label: str, title: str) -> Figure:
    groups = {
        target: [ratio(results, network, name, target) for network in results["networks"]] for target in LOOKS
    }
    figure = _bars(_titles(results), groups, LOOKS, label, title)
    figure.axes[0].axhline(1, color="black", linewidth=0.8)
    return figure


def _footprints(results: Results, field: str, label: str) -> Figure:
    """Draw generated code beside the textbook; sizes don't depend on the textbook's target."""
    looks = {"generated": LOOKS["client"], "textbook": {"color": "#999999", "hatch": "xx"}}
    groups: dict[str, list[dict[str, float] | None]] = {}
    for kind in looks:
        measured = [
            {each["engine"]: each for each in network["footprints"]}.get(f"{kind}, client")
            for network in results["networks"].values()
        ]
        groups[kind] = [None if each is None else _values(each[field]) for each in measured]
    return _bars(_titles(results), groups, looks, label, f"{label[0].upper()}{label[1:]}, client")


def _values(figure: dict[str, float] | int) -> dict[str, float]:
    if isinstance(figure, dict):
        return figure
    return dict.fromkeys(("median", "least", "most"), figure / 1e6)


def _titles(results: Results) -> list[str]:
    return ["\n".join(network["title"].rsplit(" ", 1)) for network in results["networks"].values()]


def _bars(
    titles: Sequence[str],
    groups: dict[str, list[dict[str, float] | None]],
    looks: dict[str, dict[str, Any]],
    label: str,
    title: str,
) -> Figure:
    """Draw bars beside each other on a log scale, with a line from the least to the most of the rounds."""
    figure = Figure(figsize=(10, 4.6), dpi=DOTS, layout="constrained")
    axes = figure.add_subplot()
    axes.set_yscale("log")
    width = 0.8 / len(groups)
    for number, (name, values) in enumerate(groups.items()):
        shown = [(place, value) for place, value in enumerate(values) if value is not None]
        places = [place + (number - (len(groups) - 1) / 2) * width for place, _ in shown]
        medians = [value["median"] for _, value in shown]
        reach = [
            [value["median"] - value["least"] for _, value in shown],
            [value["most"] - value["median"] for _, value in shown],
        ]
        axes.bar(
            places, medians, width, yerr=reach, label=name, edgecolor="black", linewidth=0.6,
            error_kw={"elinewidth": 1, "capsize": 2}, **looks[name],
        )  # fmt: skip
        for place, median, (_, value) in zip(places, medians, shown, strict=True):
            text = f"{median:.3g}" if median < 1000 else f"{median:,.0f}"
            axes.annotate(
                text, (place, value["most"]), (0, 2), textcoords="offset points", ha="center", size=8
            )
    axes.set_xticks(range(len(titles)), titles, fontsize=8)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="y", which="major", linewidth=0.4)
    axes.set_axisbelow(True)
    axes.margins(y=0.12)
    axes.set(ylabel=label, title=title)
    axes.legend()
    return figure


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path.with_suffix(".png"), metadata={"Software": None})
    figure.savefig(path.with_suffix(".svg"), metadata={"Date": None, "Creator": None})
