"""The benchmark's own scripts, on modules whose figures are known."""

from __future__ import annotations

from pathlib import Path

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
return { predict = total, session = session }
"""
)
WASTEFUL = (
    "return { predict = function() local more = table.create(30, 0) return table.create(#more // 3, 0) end }"
)
THRIFTY = "return { predict = function() return table.create(10, 0) end }"


def call(lune: Lune, script: str, module: str, folder: Path, **more: object) -> dict[str, float]:
    (folder / "Model.luau").write_text(module)
    pictures = np.random.default_rng(0).random((3, SIZE)) * (np.random.default_rng(1).random((3, SIZE)) > 0.5)
    (folder / "input.bin").write_bytes(pictures.astype("<f8").tobytes())
    model = lune.require_path(folder / "Model.luau", HERE)
    arguments = {"model": model, "input": str(folder / "input.bin"), "samples": 3, **more}
    result: dict[str, float] = lune.call(HERE / f"{script}.luau", arguments)
    return result


def test_strokes(tmp_path: Path, client: Lune) -> None:
    times = call(client, "stroke", SESSION.replace("FACTOR", "1"), tmp_path, changes=12, seconds=0)
    assert min(times.values()) > 0
    assert times.keys() == {"whole", "stroke"}


def test_a_wrong_refresh_is_not_timed(tmp_path: Path, client: Lune) -> None:
    module = SESSION.replace("FACTOR", "1.01")
    with pytest.raises(LuauError, match=r"refresh gives .* where predict gives .* so it is not timed"):
        call(client, "stroke", module, tmp_path, changes=12, seconds=0)


def test_garbage(tmp_path: Path, client: Lune) -> None:
    (tmp_path / "thrifty").mkdir()
    thrifty = call(client, "garbage", THRIFTY, tmp_path / "thrifty")
    assert thrifty["prediction"] == pytest.approx(thrifty["result"], rel=0.05)
    assert thrifty["result"] >= 10 * 16  # numbers of 16 bytes each
    (tmp_path / "wasteful").mkdir()
    wasteful = call(client, "garbage", WASTEFUL, tmp_path / "wasteful")
    assert wasteful["prediction"] >= wasteful["result"] + 30 * 16
