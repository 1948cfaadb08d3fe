"""The page as a person meets it: what is seen on it, and what a mouse, a finger and keys do."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from selenium import webdriver
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.actions.pointer_input import PointerInput
from selenium.webdriver.common.by import By

SIZE = 28
PATIENCE = 300
Points = Sequence[tuple[float, float]]


class Page:
    def __init__(self, browser: webdriver.Chrome) -> None:
        self.browser = browser

    def open(self, address: str, state: str = "ready") -> None:
        self.console()
        self.browser.get(f"{address}index.html")
        self.wait(lambda: self.data("state") == state)

    def screen(self, width: int, height: int, *, is_dark: bool = False, touch: bool = False) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": touch}
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})

    def wait(self, condition: Callable[[], Any]) -> None:
        stop = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < stop, f"nothing came of it; the page says {self.text('first')!r}"
            time.sleep(0.02)

    def run(self, script: str, *arguments: Any) -> Any:
        return self.browser.execute_script(script, *arguments)

    def data(self, name: str) -> str | None:
        value = self.run("return document.body.dataset[arguments[0]] ?? null", name)
        return None if value is None else str(value)

    def text(self, identity: str) -> str:
        return str(self.run("return document.getElementById(arguments[0]).textContent", identity))

    def click(self, identity: str) -> None:
        self.browser.find_element(By.ID, identity).click()
        self.settle()

    def choose(self, value: str) -> None:
        """Choose among the radio buttons, by what a person would click on."""
        script = "return document.querySelector(`input[value='${arguments[0]}']`).parentElement"
        self.run(script, value).click()
        self.settle()

    def settle(self) -> None:
        """Wait until the frames have told Luau everything, and it is done."""
        self.run("window.seen = 0; const f = () => { if (++window.seen < 4) requestAnimationFrame(f) }; f()")
        self.wait(lambda: self.run("return window.seen >= 4") and self.data("thinking") == "false")

    def pixels(self) -> list[list[int]]:
        """The greys of the canvas, as it shows them."""
        flat = self.run(
            "const c = document.getElementById('canvas');"
            "return Array.from(c.getContext('2d').getImageData(0, 0, 28, 28).data)"
        )
        return [flat[index : index + 3] for index in range(0, len(flat), 4)]

    def ink(self) -> int:
        """How many pixels differ from the corner, where nobody draws."""
        pixels = self.pixels()
        return sum(pixel != pixels[0] for pixel in pixels)

    def shares(self) -> list[float]:
        """The lengths of the bars, as shares of their tracks."""
        script = (
            "return [...document.querySelectorAll('#bars li')].map((row) =>"
            "row.querySelector('.fill').getBoundingClientRect().width /"
            "row.querySelector('.track').getBoundingClientRect().width)"
        )
        return list(self.run(script))

    def place(self, x: float, y: float) -> tuple[int, int]:
        """Where a point of the canvas is in the window."""
        box = self.run(
            "const b = document.getElementById('canvas').getBoundingClientRect();"
            "return [b.left, b.top, b.width, b.height]"
        )
        return round(box[0] + x / SIZE * box[2]), round(box[1] + y / SIZE * box[3])

    def stroke(self, points: Points, kind: str = "mouse", *, lift: bool = True) -> None:
        """Press, move and lift a real pointer over the canvas."""
        actions = ActionBuilder(self.browser, mouse=PointerInput(kind, kind), duration=15)
        first, *others = [self.place(*point) for point in points]
        actions.pointer_action.move_to_location(*first).pointer_down()
        for point in others:
            actions.pointer_action.move_to_location(*point)
        if lift:
            actions.pointer_action.pointer_up()
        actions.perform()
        self.settle()

    def press(self, key: str, *, control: bool = False, shift: bool = False) -> None:
        modifiers = (2 if control else 0) + (8 if shift else 0)
        code = "Delete" if key == "Delete" else f"Key{key.upper()}"
        for kind in ("rawKeyDown", "keyUp"):
            event = {"type": kind, "key": key, "code": code, "modifiers": modifiers}
            self.browser.execute_cdp_cmd("Input.dispatchKeyEvent", event)
        self.settle()

    def console(self) -> list[str]:
        """What the page has written since the last call, but for what Chromium says by itself."""
        return [entry["message"] for entry in self.browser.get_log("browser")]

    def requests(self) -> list[str]:
        """The addresses that were asked for since the last call."""
        messages = [json.loads(entry["message"])["message"] for entry in self.browser.get_log("performance")]
        sent = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
        return [url for url in sent if not url.startswith("data:")]
