"""The benchmark's own scripts, on modules whose figures are known."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.digit_reader import HERE
from benchmarks.drawing import play
from onnx2luau.backends.luau.lune import LuauError, Lune
from onnx2luau.compiler.bench.engines import SampleFiles

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
local function spin(seconds)
	local stop = os.clock() + seconds
	repeat until os.clock() >= stop
end
local loads = 0
local function load()
	return function(budget)
		loads += 1
		spin(if loads == 2 then budget * 1.05 else 0)
		return loads == 3
	end
end
local function session()
	local given, steps = {}, 0
	return {
		predict = function(_, input)
			spin(0.005)
			return total(input)
		end,
		begin = function(_, input)
			given, steps = input, 0
		end,
		step = function(_, budget)
			steps += 1
			if budget == math.huge then
				spin(0.01)
			elseif steps < 200 then
				spin(if steps == 2 then budget + 0.005 else 0)
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
SLOW = "local stop = os.clock() + 0.005 repeat until os.clock() >= stop return 1"
WASTEFUL = (
    "return { predict = function() local more = table.create(30, 0) return table.create(#more // 3, 0) end }"
)
THRIFTY = "return { predict = function() return table.create(10, 0) end }"


def call(lune: Lune, script: str, module: str, folder: Path, **more: object) -> dict[str, Any]:
    (folder / "Model.luau").write_text(module)
    pictures = np.random.default_rng(0).random((3, SIZE)) * (np.random.default_rng(1).random((3, SIZE)) > 0.5)
    (folder / "input.bin").write_bytes(pictures.astype("<f8").tobytes())
    model = lune.require_path(folder / "Model.luau", HERE)
    arguments = {"model": model, "input": str(folder / "input.bin"), "samples": 3, **more}
    result: dict[str, Any] = lune.call(HERE / f"{script}.luau", arguments)
    return result


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
        shutil.copytree(HERE.parent / "runtime_luau" / name, folder / name)
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
    return call(lune, "slices", module, folder, part=part, **budgets, rounds=2, seconds=0)


def test_slices(tmp_path: Path, client: Lune) -> None:
    figures = call_slices(client, "total(given)", tmp_path)
    assert figures.keys() == {"parse", "load", "steps", "ratio"}
    assert figures["parse"] >= 5  # milliseconds
    assert figures["load"]["calls"] == 3
    assert 10 <= figures["load"]["largest"] < 100  # milliseconds: a twentieth of its budget
    assert figures["load"]["percentile"] == figures["load"]["largest"]
    assert len(figures["steps"]) == 2
    for step in figures["steps"]:
        assert step["calls"] == 200
        assert 5 <= step["largest"] < 80
        assert 0 <= step["percentile"] < 5  # one call of 200 is too long
    assert 1.2 < figures["ratio"] < 5  # 10 milliseconds over 5


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
