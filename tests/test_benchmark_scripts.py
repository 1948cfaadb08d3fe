"""The benchmark's own scripts, on modules whose figures are known."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.digit_reader import HERE
from benchmarks.drawing import play
from onnx2luau.backends.lune.lune import LuauError, Lune
from onnx2luau.bench.engines import SampleFiles

STILL = Path(__file__).parent / "luau" / "measure.luau"
HOST = HERE.parent / "runtime_luau" / "host"
SIZE = 40
TOTAL = """
local function total(values)
	local sum = 0
	for _, value in values do
		sum += value
	end
	return { sum }
end
"""
SESSION = (
    TOTAL
    + """
local function session()
	local held = table.create(40, 0)
	local sum = 0
	return {
		predict = function(_, input)
			return total(input)
		end,
		set = function(_, index, value)
			sum += (value - held[index]) * FACTOR
			held[index] = value
		end,
		refresh = function()
			return { sum }
		end,
	}
end
local function load()
	return function()
		return true
	end
end
return { predict = total, session = session, load = load }
"""
)
SLICED = (
    TOTAL
    + """
local loads = 0
local function load()
	return function(budget)
		loads += 1
		pass(if loads == 2 then budget * 1.05 else 0)
		return loads == 3
	end
end
local function session()
	local given, steps = {}, 0
	return {
		predict = function(_, input)
			pass(0.005)
			return total(input)
		end,
		begin = function(_, input)
			given, steps = input, 0
		end,
		step = function(_, budget)
			steps += 1
			if budget == math.huge then
				pass(0.01)
			elseif steps < 200 then
				pass(if steps == 2 then budget + 0.005 else 0)
				return nil
			end
			return ANSWER
		end,
	}
end
return { load = load, session = session }
"""
)
DRAWN = """
local function answer(input, factor)
	local output = table.create(10, 0)
	for index, value in input do
		output[index % 10 + 1] += value * factor / 50
	end
	return output
end
local function session()
	local held = table.create(784, 0)
	return {
		set = function(_, index, value)
			held[index] = value
		end,
		refresh = function()
			return answer(held, FACTOR)
		end,
		predict = function(_, input)
			table.move(input, 1, 784, 1, held)
			return answer(held, FACTOR)
		end,
		begin = function(_, input)
			table.move(input, 1, 784, 1, held)
		end,
		step = function()
			local stop = os.clock() + SECONDS
			repeat until os.clock() >= stop
			return answer(held, FACTOR)
		end,
	}
end
return {
	metadata = { sourceHash = "hash" },
	load = function()
		return function()
			return true
		end
	end,
	selfTest = function()
		return true, 0
	end,
	predict = function(input)
		return answer(input, 1)
	end,
	session = session,
}
"""
DRAWN_SETTINGS = """
local function open()
	return require("./Model")
end
local model = { name = "a", title = "A", sourceHash = "hash", paper = 0, ink = 1, isDistribution = false, open = open }
return { models = { model } }
"""
SLOW = "pass(0.005) return 1"
WASTEFUL = (
    "return { predict = function() local more = table.create(30, 0) return table.create(#more // 3, 0) end }"
)
THRIFTY = "return { predict = function() return table.create(10, 0) end }"


def call(
    lune: Lune, script: str, module: str, folder: Path, is_still: bool = False, **more: object
) -> dict[str, Any]:
    """Call a script on a module; `is_still` if no time shall pass but what the module says it takes."""
    (folder / "Model.luau").write_text(module)
    pictures = np.random.default_rng(0).random((3, SIZE)) * (np.random.default_rng(1).random((3, SIZE)) > 0.5)
    (folder / "input.bin").write_bytes(pictures.astype("<f8").tobytes())
    model = lune.require_path(folder / "Model.luau", HERE)
    arguments = {"model": model, "input": str(folder / "input.bin"), "samples": 3, **more}
    path = HERE / f"{script}.luau"
    result: dict[str, Any] = measure(lune, path, arguments) if is_still else lune.call(path, arguments)
    return result


def measure(lune: Lune, script: Path, arguments: dict[str, Any]) -> Any:
    """Call a script on a clock that stands still but for what modules say they take."""
    path = str(script.with_suffix(""))
    return lune.call(STILL, {"script": path, "arguments": arguments})


def test_strokes(tmp_path: Path, client: Lune) -> None:
    times = call(client, "stroke", SESSION.replace("FACTOR", "1"), tmp_path, changes=12, seconds=0)
    assert min(times.values()) > 0
    assert times.keys() == {"whole", "stroke"}


def test_a_wrong_refresh_is_not_timed(tmp_path: Path, client: Lune) -> None:
    module = SESSION.replace("FACTOR", "1.01")
    with pytest.raises(LuauError, match=r"refresh gives .* where predict gives .* so it is not timed"):
        call(client, "stroke", module, tmp_path, changes=12, seconds=0)


def call_drawing(folder: Path, factor: float, seconds: float = 0) -> dict[str, Any]:
    """Draw on a game whose model answers by steps as by a whole prediction, times a factor."""
    for name in ("canvas", "play"):
        shutil.copytree(HERE.parent / "game" / name, folder / name)
    (folder / "settings.luau").write_text(DRAWN_SETTINGS)
    (folder / "Model.luau").write_text(DRAWN.replace("FACTOR", str(factor)).replace("SECONDS", str(seconds)))
    pictures = np.zeros((2, 28, 28))
    pictures[0, 4:24, 13:16] = pictures[1, 12:15, 4:24] = 1
    (folder / "input.bin").write_bytes(pictures.astype("<f8").tobytes())
    return play(folder, SampleFiles([str(folder / "input.bin")], 2), None, digits=2, centring="none")


def test_drawing(tmp_path: Path) -> None:
    figures = call_drawing(tmp_path, 1)
    assert figures.keys() == {"game"}
    game = figures["game"]
    assert 0 < game["median"] <= game["percentile"] <= game["largest"]


def test_a_slow_frame_of_drawing_is_seen(tmp_path: Path) -> None:
    # Longer than a frame may be, so the game never leaves its slices: 5 ms in each frame.
    assert call_drawing(tmp_path, 1, 0.005)["game"]["median"] >= 5


def test_drawing_that_is_read_wrongly_is_not_timed(tmp_path: Path) -> None:
    with pytest.raises(LuauError, match=r"the game shows .* where predict gives .* so it is not timed"):
        call_drawing(tmp_path, 1.1)


def call_slices(lune: Lune, answer: str, folder: Path) -> dict[str, Any]:
    (folder / "part.luau").write_text(SLOW)
    part = lune.require_path(folder / "part.luau", HERE)
    budgets = {"stepBudget": 0.1, "loadBudget": 0.2}
    module = SLICED.replace("ANSWER", answer)
    return call(lune, "slices", module, folder, is_still=True, part=part, **budgets, rounds=2, seconds=0)


def test_slices(tmp_path: Path, client: Lune) -> None:
    figures = call_slices(client, "total(given)", tmp_path)
    # Milliseconds; the percentile of 200 calls leaves the one out that is too long.
    step = {"calls": 200, "largest": pytest.approx(5), "percentile": 0}
    assert figures == {
        "parse": pytest.approx(5),
        "load": {"calls": 3, "largest": pytest.approx(10), "percentile": pytest.approx(10)},
        "steps": [step, step],
        "ratio": pytest.approx(2),
    }


LAYERS = """
local function step(layer, seconds)
	return { layer = layer, run = function() pass(seconds) end }
end
local steps = { step("tiny", 1e-7), step("large", 3e-3) }
local function trace(_, visit)
	for _, each in steps do
		each.run({})
		visit(each, {})
	end
end
return { inputs = {}, outputs = {}, steps = steps, trace = trace }
"""


def test_each_layer_takes_what_it_takes(tmp_path: Path, client: Lune) -> None:
    """However short it is: no clock sees a tenth of a microsecond, so a tiny layer runs until one sees it."""
    (tmp_path / "Model.luau").write_text(LAYERS)
    arguments = {"model": str(tmp_path / "Model"), "inputs": [], "samples": 2, "seconds": 0}
    assert measure(client, HOST / "layers.luau", arguments)["microseconds"] == pytest.approx([0.1, 3000])


PREDICTING = """
local function predict()
	pass(2e-6)
	return { 1 }
end
return { inputs = { {} }, outputs = { {} }, predict = predict }
"""


@pytest.mark.parametrize("seconds", [0, 1e-3])
def test_a_prediction_takes_what_it_takes(seconds: float, tmp_path: Path, client: Lune) -> None:
    (tmp_path / "Model.luau").write_text(PREDICTING)
    (tmp_path / "input.bin").write_bytes(np.zeros((3, 1)).tobytes())
    arguments = {
        "model": str(tmp_path / "Model"), "inputs": [str(tmp_path / "input.bin")], "samples": 3,
        "together": False, "first": 0, "count": 3, "seconds": seconds,
    }  # fmt: skip
    assert measure(client, HOST / "time.luau", arguments) == {"microseconds": pytest.approx(2)}


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("{ total(given)[1] * 1.0000001 }", r"slices give .* where predict gives .* so they are not timed"),
        ("{}", r"slices give 0 numbers where predict gives 1"),
    ],
)
def test_wrong_slices_are_not_timed(answer: str, problem: str, tmp_path: Path, client: Lune) -> None:
    with pytest.raises(LuauError, match=problem):
        call_slices(client, answer, tmp_path)


def test_garbage(tmp_path: Path, client: Lune) -> None:
    (tmp_path / "thrifty").mkdir()
    thrifty = call(client, "garbage", THRIFTY, tmp_path / "thrifty")
    assert thrifty["prediction"] == pytest.approx(thrifty["result"], rel=0.05)
    assert thrifty["result"] >= 10 * 16  # numbers of 16 bytes each
    (tmp_path / "wasteful").mkdir()
    wasteful = call(client, "garbage", WASTEFUL, tmp_path / "wasteful")
    assert wasteful["prediction"] >= wasteful["result"] + 30 * 16
