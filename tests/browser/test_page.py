"""The page in a browser: real strokes of a mouse and of a finger, and what is to be seen then."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from selenium import webdriver

from tests.browser.page import Page

ONE = [(14, 4), (14, 10), (14, 17), (14, 23)]
SEVEN = [(8, 6), (14, 6), (20, 6), (17, 13), (14, 18), (13, 23)]
ZERO = [(14, 4), (9, 8), (8, 14), (10, 20), (14, 23), (18, 20), (20, 14), (19, 8), (14, 4)]
BLUE, ORANGE = 2, 0
"""Places of the colours in a pixel."""


@pytest.mark.parametrize(("points", "digit"), [(ONE, "1"), (SEVEN, "7"), (ZERO, "0")])
@pytest.mark.parametrize("kind", ["mouse", "touch", "pen"])
def test_a_drawn_digit_is_read(points: list[tuple[float, float]], digit: str, kind: str, page: Page) -> None:
    page.stroke(points, kind)
    assert page.text("digit") == digit
    assert page.text("first").endswith("sure")
    assert sum(page.shares()) == pytest.approx(1, abs=0.005)
    assert max(range(10), key=page.shares().__getitem__) == int(digit)
    assert page.run("return document.querySelector('#bars li.best .digit').textContent") == digit


def test_an_empty_page_says_what_to_do(page: Page) -> None:
    assert page.text("first") == "Draw a digit"
    assert page.shares() == pytest.approx([0.1] * 10, abs=0.005)
    assert page.ink() == 0
    assert page.run("return ['undo', 'redo', 'clear'].every((id) => document.getElementById(id).disabled)")


def test_bars_move_while_drawing(page: Page) -> None:
    page.stroke(SEVEN[:3], lift=False)
    before = page.shares()
    page.stroke([(20, 6), (17, 13), (14, 18), (13, 23)])
    assert before != pytest.approx(page.shares(), abs=0.01)


def test_undo_redo_and_clear(page: Page) -> None:
    page.stroke(ONE)
    one = page.pixels()
    page.stroke([(6, 23), (22, 23)])
    both = page.pixels()
    assert one != both
    page.click("undo")
    assert page.pixels() == one
    page.click("redo")
    assert page.pixels() == both
    page.press("z", control=True)
    assert page.pixels() == one
    page.press("z", control=True, shift=True)
    assert page.pixels() == both
    page.click("clear")
    assert page.ink() == 0
    assert page.text("first") == "Draw a digit"
    page.click("undo")
    assert page.pixels() == both
    page.press("Delete")
    assert page.ink() == 0


def test_the_eraser_takes_ink_away(page: Page) -> None:
    page.stroke(ONE)
    before = page.ink()
    page.click("erase")
    assert page.run("return document.getElementById('erase').getAttribute('aria-pressed')") == "true"
    page.stroke([(14, 4), (14, 12)])
    assert 0 < page.ink() < before
    page.press("e")
    page.stroke([(14, 4), (14, 12)])
    assert page.ink() == before


def test_a_broad_pen_leaves_more_ink(page: Page) -> None:
    def ink(radius: str) -> int:
        page.run(
            "const r = document.getElementById('radius'); r.value = arguments[0];"
            "r.dispatchEvent(new Event('input', {bubbles: true}))",
            radius,
        )
        page.stroke(ONE)
        found = page.ink()
        page.click("clear")
        return found

    assert ink("1") < ink("2") < ink("4")


def test_a_finger_draws_and_does_not_scroll(page: Page) -> None:
    page.screen(390, 600, touch=True)
    page.settle()
    page.run("window.scrollTo(0, 0)")
    assert page.run("return document.documentElement.scrollHeight > innerHeight + 100")
    page.stroke(list(reversed(ONE)), "touch")
    assert page.text("digit") == "1"
    assert page.run("return scrollY") == 0


def test_a_second_finger_changes_nothing(page: Page) -> None:
    page.stroke(ONE)
    drawn = page.pixels()
    page.click("clear")

    def touch(kind: str, *points: tuple[int, float, float]) -> None:
        places = [dict(zip(("x", "y"), page.place(x, y), strict=True), id=finger) for finger, x, y in points]
        page.browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    x, y = ONE[0]
    touch("touchStart", (1, x, y))
    touch("touchStart", (1, x, y), (2, 4, 20))
    for x, y in ONE[1:]:
        touch("touchMove", (1, x, y), (2, 24, 20))
    touch("touchEnd")
    page.settle()
    assert page.pixels() == drawn


@pytest.mark.parametrize("how", ["blur", "pointercancel"])
def test_losing_the_pointer_ends_the_stroke(how: str, page: Page) -> None:
    page.stroke(ONE[:2], lift=False)
    drawn = page.pixels()
    if how == "blur":
        page.run("window.dispatchEvent(new Event('blur'))")
    else:
        page.run(
            "document.getElementById('canvas').dispatchEvent("
            "new PointerEvent('pointercancel', {pointerId: 1, bubbles: true}))"
        )
    page.settle()
    assert page.pixels() == drawn
    page.click("undo")
    assert page.ink() == 0


def test_a_stroke_may_leave_the_canvas(page: Page) -> None:
    page.stroke([(14, 14), (40, 14), (40, 20), (14, 20)])
    pixels = page.pixels()
    assert pixels[14 * 28 + 27] != pixels[0]
    assert pixels[20 * 28 + 27] != pixels[0]


def test_resizing_in_the_middle_keeps_the_drawing(page: Page) -> None:
    page.stroke(SEVEN)
    drawn = page.pixels()
    page.screen(500, 800)
    page.settle()
    assert page.pixels() == drawn
    page.click("clear")
    page.stroke(SEVEN)
    assert page.text("digit") == "7"


def test_the_heat_map_colours_ink_and_nothing_else(page: Page) -> None:
    page.stroke(SEVEN)
    drawn = page.pixels()
    page.click("heat")
    page.wait(lambda: page.data("heat") == "true")
    assert not page.run("return document.getElementById('legend').hidden")
    warm = page.pixels()
    paper = drawn[0]
    assert [pixel == paper for pixel in warm] == [pixel == paper for pixel in drawn]
    assert any(pixel[BLUE] > pixel[ORANGE] + 60 for pixel in warm)
    assert any(pixel[ORANGE] > pixel[BLUE] + 20 for pixel in warm)
    page.click("heat")
    assert page.pixels() == drawn


def test_models_can_be_compared(page: Page) -> None:
    page.stroke(SEVEN)
    shares = {}
    for name in ("mnist64", "mnistcnn", "mnist256"):
        page.choose(name)
        page.wait(lambda: page.data("state") == "ready")
        page.settle()
        assert page.text("digit") == "7"
        page.stroke([(7, 20), (21, 20)])
        shares[name] = page.shares()
        page.click("undo")
    assert len({tuple(each) for each in shares.values()}) == 3


def test_what_is_drawn_small_is_read_when_fitted(page: Page) -> None:
    small = [(2 + (x - 8) * 0.45, 2 + (y - 6) * 0.45) for x, y in SEVEN]
    page.run("document.getElementById('radius').value = 1")
    page.run("document.getElementById('radius').dispatchEvent(new Event('input', {bubbles: true}))")
    page.stroke(small)
    answers = {}
    for mode in ("none", "centre", "fit"):
        page.choose(mode)
        answers[mode] = (page.text("digit"), page.shares())
    assert answers["fit"][0] == "7"
    assert answers["none"][1] != pytest.approx(answers["fit"][1], abs=0.01)


def test_the_threshold_is_set(page: Page) -> None:
    page.stroke([(6, 6), (22, 22)])
    confidence = max(page.shares())
    for value, is_sure in ((max(0.3, confidence - 0.02), True), (min(0.99, confidence + 0.02), False)):
        page.run(
            "const t = document.getElementById('threshold'); t.value = arguments[0];"
            "t.dispatchEvent(new Event('input', {bubbles: true}))",
            value,
        )
        page.settle()
        assert page.text("first").startswith("Not sure") != is_sure


def test_nothing_is_asked_for_elsewhere(page: Page, server: str) -> None:
    page.requests()
    page.open(server)
    page.stroke(SEVEN)
    asked = page.requests()
    assert asked
    assert all(url.startswith(server) for url in asked)


def test_it_opens_from_disk(page: Page, site: Path) -> None:
    page.requests()
    page.open(f"{site.as_uri()}/")
    page.stroke(ZERO)
    assert page.text("digit") == "0"
    assert all(url.startswith("file:") for url in page.requests())


@pytest.mark.parametrize("is_dark", [False, True])
def test_letters_can_be_read_in_light_and_dark(is_dark: bool, page: Page) -> None:
    page.screen(1280, 900, is_dark=is_dark)
    page.stroke(SEVEN)

    def luminance(color: list[int]) -> float:
        parts = [value / 255 for value in color]
        linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in parts]
        return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    colors = page.run(
        "const rgb = (text) => text.match(/\\d+/g).slice(0, 3).map(Number);"
        "const back = rgb(getComputedStyle(document.body).backgroundColor);"
        "return ['h1', '#first', '#third', '#digit', '#bars li', '#bars li.best', '#facts', 'legend'].map((one) =>"
        "[rgb(getComputedStyle(document.querySelector(one)).color), back])"
    )
    for text, back in colors:
        lighter, darker = sorted((luminance(text), luminance(back)), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5
    assert (luminance(colors[0][1]) < 0.2) == is_dark


@pytest.mark.parametrize("width", [320, 390, 768, 1280, 2560, 3840])
def test_it_fits_every_screen(width: int, page: Page) -> None:
    page.screen(width, 900 if width < 2000 else 2000)
    page.stroke(SEVEN)
    assert page.run("return document.documentElement.scrollWidth") <= width
    heights = page.run(
        "return [...document.querySelectorAll('button')].map((b) => b.getBoundingClientRect().height)"
    )
    assert min(heights) >= 38
    assert page.text("digit") == "7"


def test_another_model_than_the_page_was_made_with_is_not_used(
    browser: webdriver.Chrome, site: Path, tmp_path: Path
) -> None:
    shutil.copytree(site, tmp_path / "site")
    script = tmp_path / "site" / "modules.js"
    lines = script.read_text("utf-8").splitlines()
    index = next(index for index, line in enumerate(lines) if line.startswith('"settings":'))
    place = lines[index].index('sourceHash = \\"') + len('sourceHash = \\"')
    lines[index] = lines[index][:place] + "0" * 64 + lines[index][place + 64 :]
    script.write_text("\n".join(lines), "utf-8")
    page = Page(browser)
    page.open(f"{(tmp_path / 'site').as_uri()}/", "broken")
    assert page.text("second").startswith("MNIST 256 is not the model that this place was made with")
    page.stroke(SEVEN)
    assert page.shares() == pytest.approx([0.1] * 10, abs=0.005)
