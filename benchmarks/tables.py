"""The figures of a run as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.figures import ORACLE_RATIO, TEXTBOOK_RATIO, Results, distance_to_fastest, drawn, ratio

TARGETS = ("client", "server")
OVERRUN = ("largest overrun, ms", "99th percentile, ms")
STEPS = """\
A call of `session:step` is given {step_budget} ms, one of what `Model.load()` gives {load_budget} ms. The
largest overrun is the least, over the rounds, of the largest within a round: on a shared machine the others
have moments in them when the system takes the core away. The last column is the time of a prediction in one
slice over that of a plain one."""
FRAMES = """\
Frames in which {digits} digits are drawn on the game's canvas, {moves} moves of the pointer in each:
milliseconds of the median frame, of the frame that 99 in 100 stay below, and the least, over the rounds, of
the longest within a round. The screen is the game's own in the stand-in for Roblox, whose property writes
are Luau and cost more than the engine's; without them a frame costs what the game does and a little more."""
LOADS = """\
A round of loading is a fresh process. What can't be sliced there is parsing: `require` of one module of
weights, of fewer than 200,000 characters."""


def markdown(results: Results) -> str:
    """Return the whole page."""
    machine = results["machine"]
    names = {"Lune": "lune", "ONNX Runtime": "onnxruntime", "numpy": "numpy", "Python": "python"}
    versions = ", ".join(f"{name} {machine[key]}" for name, key in names.items())
    sections = [
        "# Benchmark results",
        f"{machine['processor']}, {machine['system']}; {versions}. {results['rounds']} rounds.",
        "client is Luau's interpreter, server its native code; ONNX Runtime and numpy have one thread and\n"
        "are called from Python. Times are microseconds a sample; each figure is the median of the rounds,\n"
        "with the least and the most of them in brackets. `make bench` writes this page.",
        "## Against the textbook and ONNX Runtime",
        overview(results),
        *(_network(results, name) for name in results["networks"]),
    ]
    if results["digit_reader"] is not None:
        sections += ["## The digit reader 784-256-10 in the interpreter", _digit_reader(results)]
    if drawn(results):
        sections += ["## A frame of drawing on the digit reader, in the interpreter", _frames(results)]
    if results.get("slices") is not None:
        sections += ["## In slices", _slices(results["slices"])]
    return "\n\n".join(sections) + "\n"


def overview(results: Results) -> str:
    """Return a table of one line a network: a sample at a time."""
    rows = [
        [
            network["title"],
            *(spread_text(ratio(results, name, TEXTBOOK_RATIO, target)) for target in TARGETS),
            *(spread_text(ratio(results, name, ORACLE_RATIO, target)) for target in TARGETS),
        ]
        for name, network in results["networks"].items()
    ]
    heads = ["network"]
    heads += [f"times as fast as the textbook, {target}" for target in TARGETS]
    heads += [f"time over ONNX Runtime's, {target}" for target in TARGETS]
    return table(heads, rows)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table whose first column is text and whose others are numbers."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def spread_text(figures: dict[str, float] | None) -> str:
    """Return the median, and the least and the most in brackets; nothing for what was not measured."""
    if figures is None:
        return ""
    return f"{_number(figures['median'])} ({_number(figures['least'])} to {_number(figures['most'])})"


def _network(results: Results, name: str) -> str:
    network = results["networks"][name]
    batches = list(dict.fromkeys(each["batch"] for each in network["figures"]))
    engines = list(dict.fromkeys(each["engine"] for each in network["figures"]))
    cells = {(each["engine"], each["batch"]): each for each in network["figures"]}
    rows = [[engine, *(_time(cells[engine, batch]) for batch in batches)] for engine in engines]
    loads = [
        [each["engine"], spread_text(each["load"]), f"{each['bytes'] / 1e6:.3f}"]
        for each in network["footprints"]
    ]
    return "\n\n".join(
        [
            f"## {network['title']}",
            table(["microseconds a sample", *(f"batch of {batch}" for batch in batches)], rows),
            "\\* one sample after another, since this engine or model takes no batch.",
            table(["loading", "milliseconds", "MB on disk"], loads),
            *(_layers(network, target) for target in TARGETS),
            *network["remarks"],
        ]
    )


def _layers(network: Results, target: str) -> str:
    """Return what each layer takes, and how far its schedule is from the fastest of those that fit."""
    rows = [
        [
            layer["name"],
            layer["schedule"],
            f"{layer['multiply_adds']:,}",
            f"{layer['bytes']:,}",
            spread_text(layer["microseconds"]),
            _schedules(layer["schedules"]),
            _number(distance_to_fastest(layer)) if layer["schedules"] else "",
        ]
        for layer in network["layers"][target]
    ]
    heads = ["schedule", "multiply-adds", "bytes", "microseconds", "schedules", "over the fastest"]
    return table([f"layer, {target}", *heads], rows)


def _schedules(measured: dict[str, dict[str, float]]) -> str:
    return ", ".join(f"{name} {_number(time['median'])}" for name, time in measured.items())


def _digit_reader(results: Results) -> str:
    reader = results["digit_reader"]
    stroke, garbage = reader["stroke"], reader["garbage"]
    rows = [
        [f"size on disk, {weights}, MB", f"{size / 1e6:.3f}"] for weights, size in reader["sizes"].items()
    ]
    rows += [
        ["garbage of a prediction, bytes", f"{garbage['prediction']:.0f}"],
        ["of them its result table", f"{garbage['result']:.0f}"],
        ["whole prediction, microseconds", spread_text(stroke["whole"])],
        [f"stroke of {stroke['changes']} pixels by set and refresh", spread_text(stroke["stroke"])],
        ["stroke over whole prediction", spread_text(stroke["ratio"])],
    ]
    return table(["", ""], rows)


def _frames(results: Results) -> str:
    """Return what frames take in which somebody draws, by how the drawing is centred."""
    rows = []
    for mode, parts in drawn(results).items():
        for part, title in (("game", "the game"), ("screen", "with the screen")):
            figures = parts[part]
            times = [spread_text(figures["median"]), spread_text(figures["percentile"])]
            rows.append([f"{mode}, {title}", *times, _number(figures["largest"]["least"])])
    heads = ["centring", "median, ms", "99th percentile, ms", "longest, ms"]
    measured = results["digit_reader"]["drawing"]
    return "\n\n".join([FRAMES.format(**measured), table(heads, rows)])


def _slices(measured: Results) -> str:
    """Return what steps of predictions and of loading take beyond their budgets, and what pauses cost."""
    steps, loads = [], []
    for network in measured["networks"].values():
        for target, figures in network["targets"].items():
            name = f"{network['title']}, {target}"
            steps.append([name, *_overrun(figures["step"]), spread_text(figures["ratio"])])
            loads.append([name, *_overrun(figures["load"]), spread_text(figures["parse"])])
    return "\n\n".join(
        [
            STEPS.format(**measured),
            table(["session:step", *OVERRUN, "steps a prediction", "sliced / plain"], steps),
            LOADS,
            table(["Model.load()", *OVERRUN, "calls", "parsing a module, ms"], loads),
        ]
    )


def _overrun(figures: dict[str, dict[str, float]]) -> list[str]:
    return [
        _number(figures["largest"]["least"]),
        spread_text(figures["percentile"]),
        spread_text(figures["calls"]),
    ]


def _time(figures: dict[str, float]) -> str:
    one_by_one = "\\*" if figures["batch"] > 1 and not figures["together"] else ""
    return f"{spread_text(figures)}{one_by_one}"


def _number(value: float) -> str:
    """Return three digits that count, and never an exponent."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
