"""The canvas under Lune: pens, erasers, history, lists of changes, and where a drawing goes in a network's input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from onnx2luau.backends.lune.lune import Lune
from onnx2luau.game.digits import load_digits

SCRIPT = Path(__file__).parent / "luau" / "canvas" / "perform.luau"
SIZE = 28
Step = list[Any]


def perform(client: Lune, steps: list[Step], *, is_told: bool = False) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = client.call(SCRIPT, {"action": "perform", "steps": steps, "isTold": is_told})
    for each in told:
        each["pixels"] = np.array(each["pixels"]).reshape(SIZE, SIZE)
    return told


def pixels(client: Lune, *steps: Step) -> Any:
    return perform(client, list(steps))[-1]["pixels"]


def test_a_dot_is_dark_in_the_middle_and_fades(client: Lune) -> None:
    dot = pixels(client, ["begin", 14.5, 14.5], ["finish"])
    assert dot[14, 14] == 1
    np.testing.assert_array_equal(dot, dot.T)
    row = dot[14, 14:]
    assert all(row[:-1] >= row[1:])
    assert 0 < row[1] <= 1
    distance = np.hypot(*(np.mgrid[:SIZE, :SIZE] + 0.5 - 14.5))
    assert not dot[distance >= 2].any()
    assert any(0 < value < 1 for value in dot.ravel())


@pytest.mark.parametrize("radius", [0.8, 1, 2, 3, 4.5])
def test_a_larger_pen_covers_more(radius: float, client: Lune) -> None:
    small, large = (
        pixels(client, ["setRadius", r], ["begin", 14, 14], ["finish"]) for r in (radius, radius * 1.3)
    )
    assert small.max() > 0
    assert (large >= small).all()
    assert large.sum() > small.sum()


def test_a_fast_stroke_is_the_same_as_a_slow_one(client: Lune) -> None:
    fast = pixels(client, ["begin", 3, 5], ["move", 24, 19], ["finish"])
    way = [["move", 3 + 21 * k / 200, 5 + 14 * k / 200] for k in range(1, 201)]
    slow = pixels(client, ["begin", 3, 5], *way, ["finish"])
    np.testing.assert_allclose(fast, slow, atol=1e-9)
    assert all(fast[round(5 + 14 * t), round(3 + 21 * t)] > 0.4 for t in np.linspace(0.05, 0.95, 50))


def test_drawing_twice_changes_nothing(client: Lune) -> None:
    stroke = [["begin", 5, 5], ["move", 20, 9], ["finish"]]
    np.testing.assert_array_equal(pixels(client, *stroke), pixels(client, *stroke, *stroke))


def test_intensities_are_never_scaled_again(client: Lune) -> None:
    """The seed divided by 255 twice: nothing was darker than 0.004, and every digit was read as the same."""
    drawn = pixels(client, ["begin", 5, 14], ["move", 23, 14], ["finish"])
    assert drawn.max() == 1
    for mode in ("none", "centre"):
        placed = client.call(SCRIPT, {"action": "place", "pixels": drawn.ravel().tolist(), "mode": mode})
        np.testing.assert_allclose(np.sort(placed["target"]), np.sort(drawn, None), rtol=1e-12)
    fitted = client.call(SCRIPT, {"action": "place", "pixels": drawn.ravel().tolist(), "mode": "fit"})
    assert 0.9 < max(fitted["target"]) <= 1


@pytest.mark.parametrize("radius", [0.5, 1, 2, 4])
def test_the_eraser_takes_all_of_a_line_that_it_follows(radius: float, client: Lune) -> None:
    line: list[Step] = [["begin", 2, 5], ["move", 26, 19], ["finish"]]
    assert pixels(client, ["setRadius", radius], *line).any()
    assert not pixels(client, ["setRadius", radius], *line, ["setErasing", True], *line).any()


def test_the_eraser_leaves_what_is_far_from_it(client: Lune) -> None:
    line: list[Step] = [["begin", 2, 14], ["move", 26, 14], ["finish"]]
    drawn = pixels(client, *line)
    half = pixels(client, *line, ["setErasing", True], ["begin", 2, 14], ["move", 10, 14], ["finish"])
    assert not half[14, 3:9].any()
    np.testing.assert_array_equal(half[:, 14:], drawn[:, 14:])


def random_steps(generator: np.random.Generator, count: int) -> list[Step]:
    steps: list[Step] = []
    for _ in range(count):
        name = generator.choice(
            ["begin", "move", "move", "move", "finish", "undo", "redo", "clear", "setRadius", "setErasing"],
            p=[0.2, 0.15, 0.15, 0.15, 0.12, 0.09, 0.05, 0.02, 0.04, 0.03],
        )
        if name in ("begin", "move"):
            x, y = generator.uniform(-10, 38, 2)
            steps.append([str(name), float(x), float(y)])
        elif name == "setRadius":
            steps.append(["setRadius", float(generator.uniform(-1, 9))])
        elif name == "setErasing":
            steps.append(["setErasing", bool(generator.random() < 0.4)])
        else:
            steps.append([str(name)])
    return steps


def test_undo_and_redo_are_those_of_whole_pictures(client: Lune) -> None:
    """Against a history that keeps every picture. A stroke or a clearing that changed nothing is no step."""
    steps = random_steps(np.random.default_rng(3), 1500)
    told = perform(client, steps, is_told=True)
    done, undone = [np.zeros((SIZE, SIZE))], []
    current = done[0]

    def commit() -> None:
        if not np.array_equal(current, done[-1]):
            done.append(current)
            undone.clear()

    for (name, *_), after in zip(steps, told, strict=True):
        if name in ("begin", "finish", "undo", "redo", "clear"):
            commit()
        if name == "undo":
            assert after["result"] == (len(done) > 1)
            if len(done) > 1:
                undone.append(done.pop())
            np.testing.assert_array_equal(after["pixels"], done[-1])
        elif name == "redo":
            assert after["result"] == bool(undone)
            if undone:
                done.append(undone.pop())
            np.testing.assert_array_equal(after["pixels"], done[-1])
        elif name == "clear":
            assert not after["pixels"].any()
        current = after["pixels"]
        if name == "clear":
            commit()
        assert after["isEmpty"] == (not current.any())


def test_lists_of_changes_and_bounds_hold_whatever_happens(client: Lune) -> None:
    steps = random_steps(np.random.default_rng(4), 10_000)
    before, version = np.zeros(SIZE * SIZE), 0
    for start in range(0, len(steps), 1000):
        told = perform(client, steps[start : start + 1000], is_told=True)
        before, version = np.zeros(SIZE * SIZE), 0
        for after in told:
            now = after["pixels"].ravel()
            assert now.min() >= 0
            assert now.max() <= 1
            listed = after["changes"]
            assert len(set(listed)) == len(listed)
            assert set(np.flatnonzero(now != before) + 1) == set(listed)
            assert (after["version"] != version) == bool(listed)
            before, version = now, after["version"]


@pytest.mark.parametrize("bad", [("nan", 3), (3, "nan"), ("infinity", 3), (3, "infinity")])
def test_positions_that_are_no_numbers_are_ignored(bad: tuple[Any, Any], client: Lune) -> None:
    plain = pixels(client, ["begin", 5, 5], ["move", 20, 20], ["finish"])
    disturbed = pixels(
        client, ["begin", *bad], ["begin", 5, 5], ["move", *bad], ["move", 20, 20], ["finish"], ["move", *bad]
    )
    np.testing.assert_array_equal(plain, disturbed)


def test_far_away_is_no_trouble(client: Lune) -> None:
    drawn = pixels(client, ["begin", 14.5, 14.5], ["move", 1e300, 14.5], ["finish"])
    assert (drawn[14, 14:] == 1).all()
    assert not drawn[:10].any()
    assert not drawn[14, :12].any()


def test_a_move_without_a_stroke_draws_nothing(client: Lune) -> None:
    assert not pixels(client, ["move", 14, 14], ["finish"], ["move", 3, 3]).any()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("mode", ["centre", "fit"])
def test_drawings_are_placed_as_mnist_was(mode: str, seed: int, client: Lune) -> None:
    generator = np.random.default_rng(seed)
    points = generator.uniform(3, 16, (6, 2)) + generator.uniform(0, 8, 2)
    steps = [["begin", *map(float, points[0])], *(["move", *map(float, p)] for p in points[1:]), ["finish"]]
    drawn = pixels(client, *steps)
    placed = client.call(SCRIPT, {"action": "place", "pixels": drawn.ravel().tolist(), "mode": mode})
    target = np.array(placed["target"]).reshape(SIZE, SIZE)
    rows, columns = np.mgrid[:SIZE, :SIZE]
    assert target.min() >= 0
    assert target.max() <= 1
    # MNIST's middle is the pixel (14, 14), counted from 0.
    assert (rows * target).sum() / target.sum() == pytest.approx(14, abs=0.51)
    assert (columns * target).sum() / target.sum() == pytest.approx(14, abs=0.51)
    if mode == "centre":
        assert placed["scale"] == 1
        np.testing.assert_allclose(np.sort(target, None), np.sort(drawn, None), rtol=1e-12)
    else:
        extents = [np.ptp(np.flatnonzero((target > 0.5).any(axis))) + 1 for axis in (0, 1)]
        assert 17 <= max(extents) <= 21
        assert target.sum() == pytest.approx(drawn.sum() * placed["scale"] ** 2, rel=0.06)
    # The placing leads from the canvas to the input.
    x = ((columns + 0.5) * drawn).sum() / drawn.sum() * placed["scale"] + placed["left"]
    assert x == pytest.approx(((columns + 0.5) * target).sum() / target.sum(), abs=0.2)


@pytest.mark.parametrize("mode", ["none", "centre", "fit"])
@pytest.mark.parametrize("content", ["empty", "dot", "corner", "full"])
def test_odd_pictures_are_placed_without_losing_ink(mode: str, content: str, client: Lune) -> None:
    picture = np.zeros((SIZE, SIZE))
    if content == "dot":
        picture[20, 3] = 0.01
    elif content == "corner":
        picture[:2, 25:] = 1
    elif content == "full":
        picture[:] = 1
    placed = client.call(SCRIPT, {"action": "place", "pixels": picture.ravel().tolist(), "mode": mode})
    target = np.array(placed["target"])
    assert np.isfinite(target).all()
    assert target.min() >= 0
    assert target.max() <= 1 + 1e-12
    assert (target.sum() > 0) == picture.any()
    if mode != "fit":
        assert target.sum() == pytest.approx(picture.sum())


def test_a_list_of_changes_leads_from_one_picture_to_the_next(client: Lune) -> None:
    generator = np.random.default_rng(1)
    start = generator.random(784).round(1)
    end = np.where(generator.random(784) < 0.1, generator.random(784), start)
    result = client.call(SCRIPT, {"action": "apply", "from": start.tolist(), "to": end.tolist()})
    assert result["told"] == (np.flatnonzero(start != end) + 1).tolist()
    assert result["count"] == len(result["told"])
    np.testing.assert_allclose(result["from"], end, rtol=1e-12)


@pytest.mark.parametrize("radius", [1.5, 2, 3.7])
def test_pixels_are_covered_by_their_distance_from_the_line(radius: float, client: Lune) -> None:
    """Against numpy. The ink fades over the outer pixel and a half, which is most like MNIST's lines."""
    points = np.random.default_rng(int(radius * 10)).uniform(-4, 32, (12, 2))
    steps = [["begin", *map(float, points[0])], *(["move", *map(float, point)] for point in points[1:])]
    drawn = pixels(client, ["setRadius", radius], *steps)
    rows, columns = np.mgrid[:SIZE, :SIZE] + 0.5
    expected = np.zeros((SIZE, SIZE))
    for (x, y), (toward_x, toward_y) in zip(points, points[1:] - points[:-1], strict=False):
        part = ((columns - x) * toward_x + (rows - y) * toward_y) / (toward_x**2 + toward_y**2)
        part = part.clip(0, 1)
        distance = np.hypot(columns - x - part * toward_x, rows - y - part * toward_y)
        expected = np.maximum(expected, ((radius - distance) / 1.5).clip(0, 1))
    np.testing.assert_allclose(drawn, expected, atol=1e-9)


def test_a_tap_of_the_finest_pen_always_leaves_ink(client: Lune) -> None:
    for x, y in np.random.default_rng(2).integers(0, 29, (40, 2)) / 2 + 5:
        assert pixels(client, ["setRadius", 0], ["begin", float(x), float(y)]).any()


def test_two_hundred_steps_are_kept(client: Lune) -> None:
    dots = [[["begin", k % SIZE + 0.5, k // SIZE + 0.5], ["finish"]] for k in range(250)]
    told = perform(
        client, [["setRadius", 0.5], *(step for dot in dots for step in dot), *[["undo"]] * 201], is_told=True
    )
    assert [each["result"] for each in told[-201:]] == [True] * 200 + [False]
    assert np.count_nonzero(told[-1]["pixels"]) == 50
    assert told[-1]["canRedo"]
    assert not told[-1]["canUndo"]


def test_what_can_be_undone_is_known_before(client: Lune) -> None:
    steps = random_steps(np.random.default_rng(5), 1500)
    told = perform(client, steps, is_told=True)
    seen = set()
    for (name, *_), before, after in zip(steps[1:], told, told[1:], strict=False):
        if name in ("undo", "redo"):
            assert after["result"] == before["canUndo" if name == "undo" else "canRedo"]
            seen.add((name, after["result"]))
    assert len(seen) == 4


def test_what_is_back_as_it_was_is_no_change(client: Lune) -> None:
    dot, other = [["begin", 5, 5], ["finish"]], [["begin", 8, 5], ["finish"]]
    shown = perform(client, [*dot, ["takeChanges"], *other, ["undo"]])[-1]
    # What is empty comes as JSON's empty object.
    assert not shown["changes"]
    redone = perform(client, [*dot, ["takeChanges"], *other, ["undo"], ["redo"]])[-1]
    drawn = pixels(client, *dot)
    assert sorted(redone["changes"]) == (np.flatnonzero(redone["pixels"] != drawn) + 1).tolist()


def overlaps(scale: float, offset: float) -> Any:
    """Return how much of each place of the input each place of the canvas covers, along one axis."""
    starts = np.arange(SIZE) * scale + offset
    places = np.arange(SIZE)[:, None]
    return (np.minimum(places + 1, starts + scale) - np.maximum(places, starts)).clip(0)


@pytest.mark.parametrize("seed", range(6))
def test_fitting_shares_ink_out_by_area(seed: int, client: Lune) -> None:
    """Against numpy, wherever the drawing is: at the rim, tiny, or larger than the canvas."""
    generator = np.random.default_rng(seed)
    points = generator.uniform(-2, 30, (5, 2)) if seed < 3 else generator.uniform(0, 5, (5, 2)) + 22
    steps = [["begin", *map(float, points[0])], *(["move", *map(float, point)] for point in points[1:])]
    drawn = pixels(client, *steps)
    placed = client.call(SCRIPT, {"action": "place", "pixels": drawn.ravel().tolist(), "mode": "fit"})
    expected = overlaps(placed["scale"], placed["top"]) @ drawn @ overlaps(placed["scale"], placed["left"]).T
    np.testing.assert_allclose(np.reshape(placed["target"], (SIZE, SIZE)), expected, atol=1e-7)
    assert sum(placed["target"]) == pytest.approx(drawn.sum() * placed["scale"] ** 2, rel=1e-6)
    dark = drawn > 0.4 * drawn.max()
    longer = max(np.ptp(np.flatnonzero(dark.any(axis))) + 1 for axis in (0, 1))
    assert longer * placed["scale"] == pytest.approx(20)


def test_mnist_own_digits_stay_where_they_are(client: Lune) -> None:
    digits, _ = load_digits(200)
    for digit in digits / 255:
        placed = client.call(SCRIPT, {"action": "place", "pixels": digit.tolist(), "mode": "centre"})
        assert (placed["left"], placed["top"]) == (0, 0)
        np.testing.assert_allclose(placed["target"], digit, rtol=1e-12)


def test_a_stroke_that_takes_itself_back_is_no_step(client: Lune) -> None:
    steps = [["setRadius", 0.5], ["begin", 5.5, 5.5], ["setErasing", True], ["move", 5.5, 5.5], ["finish"]]
    told = perform(client, steps, is_told=True)
    assert told[1]["pixels"][5, 5] == 1
    assert not told[-1]["pixels"].any()
    assert not told[-1]["canUndo"]


@pytest.mark.parametrize("turns", range(4))
def test_centring_stops_at_the_rim(turns: int, client: Lune) -> None:
    picture = np.zeros((SIZE, SIZE))
    picture[10:20, :8] = 1
    picture[14, 8:26] = 0.2
    drawn = np.rot90(picture, turns)
    placed = client.call(SCRIPT, {"action": "place", "pixels": drawn.ravel().tolist(), "mode": "centre"})
    moved = np.roll(drawn, (placed["top"], placed["left"]), (0, 1))
    np.testing.assert_allclose(placed["target"], moved.ravel(), rtol=1e-12)
    assert 2 in (abs(placed["top"]), abs(placed["left"]))
    assert sum(placed["target"]) == pytest.approx(drawn.sum())


def test_what_is_rubbed_out_leaves_no_ink_that_nobody_sees(client: Lune) -> None:
    steps: list[Step] = [["begin", 5, 5], ["move", 23, 22], ["finish"], ["setErasing", True]]
    for row in range(0, SIZE + 1, 2):
        # A hair's breadth too far from the row below it, of which nearly all is taken.
        y = row - 1e-10
        steps += [["begin", -3, y], ["move", SIZE + 3, y], ["finish"]]
    rubbed = perform(client, steps)[-1]
    assert not rubbed["pixels"].any()
    assert rubbed["isEmpty"]
