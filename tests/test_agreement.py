"""The rule of agreement: what it accepts, and that a wrong answer is never among it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from onnx2luau.compiler.agreement import Agreement, compare
from onnx2luau.compiler.agreement.opinion import Opinion
from onnx2luau.compiler.agreement.tolerance import TOLERANCE

RUNTIME = Path(__file__).parent.parent / "runtime_luau"
EXPECTED = np.float32([[3.0, -250.0, 0.001], [1.0, 0.5, 40.0]])


def compared(got: object, expected: object, **options: object) -> Agreement:
    return compare({"y": np.asarray(got, np.float64)}, {"y": np.asarray(expected)}, **options)  # type: ignore[arg-type]


def test_the_rule_that_was_needed_is_said() -> None:
    assert compared(EXPECTED, EXPECTED).rule == "tolerance"
    assert compared(EXPECTED + 0.9 * TOLERANCE.absolute, EXPECTED).rule == "tolerance"
    # 0.001 may be the difference of numbers as large as 250.
    near = compared(EXPECTED + 0.9 * TOLERANCE.absolute * 250, EXPECTED)
    assert (near.rule, near.agrees) == ("scale", True)


@pytest.mark.parametrize("index", [(0, 0), (0, 1), (0, 2), (1, 2)])
@pytest.mark.parametrize("sign", [1, -1])
def test_three_times_the_tolerance_is_wrong(index: tuple[int, int], sign: int) -> None:
    """Even where the referee would say the same as the generated code."""
    got = EXPECTED.astype(np.float64)
    got[index] += sign * 3 * TOLERANCE.allowed(EXPECTED, 250.0)[index]
    agreement = compared(got, EXPECTED, referee=saying(got, got))
    assert not agreement.agrees
    assert f"sample {index[0]}, element [{index[1]}]" in agreement.difference
    assert compared(EXPECTED, EXPECTED, referee=saying(got, got)).agrees


def saying(doubles: object, singles: object, *, is_odd: bool = False, is_choice: bool = False) -> object:
    """Return a referee that was asked before."""

    def referee(indices: Sequence[int]) -> Opinion:
        right, stray = ({"y": np.asarray(each, np.float64)[list(indices)]} for each in (doubles, singles))
        return Opinion(right, [stray], np.full(len(indices), is_odd), ["y"] if is_choice else [])

    return referee


def test_a_referee_decides_about_roundings() -> None:
    """Singles stray from the right answer, as ONNX Runtime did."""
    right, theirs, stray = [[1.0, 2.0]], np.float32([[1.01, 2.0]]), [[1.004, 2.0]]
    assert compared(right, theirs).agrees is False
    better = compared(right, theirs, referee=saying(right, stray))
    assert (better.agrees, better.rule) == (True, "referee")
    # Farther away than ONNX Runtime's.
    assert not compared([[0.98, 2.0]], theirs, referee=saying(right, stray)).agrees


def test_a_referee_does_not_hide_what_single_precision_does_not_explain() -> None:
    """A graph that was imported wrongly is computed wrongly by the referee, too."""
    wrong, theirs = [[1.0, 2.0]], np.float32([[1.01, 2.0]])
    assert not compared(wrong, theirs, referee=saying(wrong, wrong)).agrees
    assert not compared(wrong, theirs, referee=saying(wrong, np.float32([[1.0001, 2.0]]))).agrees


def test_infinities_and_nan() -> None:
    odd = np.float32([[np.inf, -np.inf, np.nan, 1.0]])
    assert compared(odd, odd).agrees
    for place in range(3):
        for other in (0.0, np.inf, -np.inf, np.nan, 3e38):
            got = odd.astype(np.float64)
            got[0, place] = other
            same = other == odd[0, place] or (np.isnan(other) and np.isnan(odd[0, place]))
            assert compared(got, odd).agrees == same
            assert compared(odd, np.asarray(got, np.float32)).agrees == same


def test_overflow_of_singles_alone_is_for_the_referee() -> None:
    finite, infinite = [[1e38]], np.float32([[np.inf]])
    assert compared(finite, infinite, referee=saying(finite, [[np.inf]])).rule == "referee"
    assert compared(finite, infinite, referee=saying(finite, [[np.inf]])).agrees
    assert not compared(finite, infinite, referee=saying(finite, [[3e38]])).agrees
    assert not compared(infinite, np.float32([[3e38]]), referee=saying(finite, [[np.inf]])).agrees
    assert not compared([[1e39]], infinite, referee=saying([[1e39]], [[np.inf]])).agrees


def test_the_referee_is_as_good_as_onnx_runtime_after_odd_inputs_alone() -> None:
    nan, number = [[np.nan]], np.float32([[1.0]])
    assert compared(nan, number, referee=saying(nan, nan, is_odd=True)).agrees
    assert not compared(nan, number, referee=saying(nan, nan)).agrees
    assert not compared(nan, number, referee=saying(number, number, is_odd=True)).agrees
    assert not compared([[2.0]], number, referee=saying(nan, nan, is_odd=True)).agrees
    assert compared([[2.0]], number, referee=saying([[2.0]], [[2.0]], is_odd=True)).agrees


@pytest.mark.parametrize("kind", [np.int32, np.int64, np.bool_])
def test_integers_are_equal_or_not(kind: type) -> None:
    expected = np.asarray([[0, 1, 1]], kind)
    assert compared(expected, expected).agrees
    assert not compared(expected + np.float64(1e-6), expected).agrees
    large = np.asarray([[2**24]], np.int32)
    assert not compared(large + 1, large).agrees


@pytest.mark.parametrize("kind", [np.int32, np.int64, np.bool_])
def test_whole_numbers_are_the_referees_of_choices_on_odd_samples_alone(kind: type) -> None:
    mine, theirs = np.asarray([[1]], kind), np.asarray([[0]], kind)
    assert not compared(mine, theirs, referee=saying(mine, theirs, is_choice=True)).agrees
    assert not compared(mine, theirs, referee=saying(mine, mine, is_odd=True)).agrees
    assert not compared(mine, theirs, referee=saying(theirs, mine, is_odd=True, is_choice=True)).agrees
    right = compared(mine, theirs, referee=saying(mine, theirs, is_odd=True, is_choice=True))
    assert (right.rule, right.agrees) == ("referee", True)


def test_shapes_count() -> None:
    difference = compared(EXPECTED.reshape(2, 3, 1), EXPECTED).difference
    assert difference == "output 'y' has the shape [3, 1] instead of [3]"


def test_extreme_samples_have_a_scale_of_their_own() -> None:
    """Or they would hide errors of the others."""
    expected = np.float32([[1.0, 0.0], [1e30, 0.0]])
    wrong = np.float64([[1.0, 1e-3], [1e30, 0.0]])
    assert compared(wrong, expected).agrees
    assert not compared(wrong, expected, ordinary=1).agrees
    assert compared([[1.0, 0.0], [1e30, 1e20]], expected, ordinary=1).agrees
    assert compared(wrong, expected, ordinary=1).worst_absolute == pytest.approx(1e-3)


def test_answers_change_where_more_than_a_tie_is_decided() -> None:
    expected = np.float32([[0.5, 0.5 + 1e-6, 0.1], [0.2, 0.9, 0.1]])
    tie = expected.astype(np.float64)
    tie[0, 0] += 2e-6
    assert compared(tie, expected).answers_changed == 0
    tie[1, 0] = 0.95
    assert compared(tie, expected).answers_changed == 1


def test_the_figures_of_the_documents() -> None:
    assert (TOLERANCE.absolute, TOLERANCE.relative) == (1e-5, 1e-4)


def test_luau_allows_as_much() -> None:
    """The self-test of a module and the benchmark have the numbers of the rule, which they can't ask."""
    allowed = {"ABSOLUTE": TOLERANCE.absolute, "RELATIVE": TOLERANCE.relative}
    found = {
        path.name: {
            name: float(value)
            for name, value in re.findall(r"local (\w+)_TOLERANCE = (\S+)", path.read_text())
        }
        for path in (RUNTIME / "model.luau", RUNTIME / "host" / "time.luau")
    }
    assert found == {"model.luau": {"RELATIVE": allowed["RELATIVE"]}, "time.luau": allowed}
