"""The benchmark's own scripts, on modules whose figures are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.digit_reader import HERE
from onnx2luau.backends.luau.lune import LuauError, Lune

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
