"""The figures of a run on disk, and how single ones are found in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "results"
FILE = "results.json"
TEXTBOOK_RATIO = "textbook / generated"
ORACLE_RATIO = "generated / ONNX Runtime"

Results = dict[str, Any]


def read_results(path: Path) -> Results:
    """Read the figures of a run."""
    results: Results = json.loads(path.read_text("utf-8"))
    return results


def write_results(results: Results, folder: Path) -> None:
    """Write the figures of a run."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(json.dumps(results, indent=1) + "\n", "utf-8")


def ratio(results: Results, network: str, name: str, target: str, batch: int = 1) -> dict[str, float] | None:
    """Return median, least and most of a ratio; None for one that was not measured."""
    measured = results["networks"].get(network, {"ratios": []})["ratios"]
    wanted = {"ratio": name, "target": target, "batch": batch}
    return next((each for each in measured if wanted.items() <= each.items()), None)


def footprint(results: Results, network: str, engine: str) -> dict[str, Any] | None:
    """Return load and size of an engine; None for one that was not measured."""
    measured = results["networks"].get(network, {"footprints": []})["footprints"]
    return next((each for each in measured if each["engine"] == engine), None)


def sliced(results: Results) -> dict[str, Any]:
    """Return what was measured in slices, by network; nothing where it was not, as in older results."""
    networks: dict[str, Any] = (results.get("slices") or {"networks": {}})["networks"]
    return networks


def drawn(results: Results) -> dict[str, Any]:
    """Return what was measured of frames of drawing, by centring; nothing where it was not."""
    reader = results["digit_reader"] or {}
    modes: dict[str, Any] = reader.get("drawing", {"modes": {}})["modes"]
    return modes


def distance_to_fastest(layer: dict[str, Any]) -> float:
    """Return a layer's time by the schedule of its choice over that by the fastest schedule."""
    times = {name: time["median"] for name, time in layer["schedules"].items()}
    return float(times[layer["schedule"]] / min(times.values()))
