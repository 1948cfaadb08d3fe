"""onnx2luau bench --layers: what each layer takes, and how it is computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple

from onnx2luau.bench.layers import LayerTime
from onnx2luau.cli.console import say_json, show, table


def show_layers(title: str, layers: Mapping[str, Sequence[LayerTime]], *, as_json: bool) -> None:
    """Print the layers of a model or build by target."""
    if as_json:
        say_json({target: [asdict(layer) for layer in each] for target, each in layers.items()})
        return
    for target, each in layers.items():
        columns = ("layer", "schedule", "multiply-adds", "bytes", "median", "least", "most", "share")
        rows = table(f"{title}, {target}: microseconds a prediction", *columns, right="234567")
        whole = sum(layer.microseconds.median for layer in each)
        for layer in each:
            counts = [f"{count:,}" for count in (layer.multiply_adds, layer.bytes)]
            times = [f"{time:,.1f}" for time in astuple(layer.microseconds)]
            share = f"{layer.microseconds.median / max(whole, 1e-9):.0%}"
            rows.add_row(layer.name, layer.schedule, *counts, *times, share)
        show(rows)
