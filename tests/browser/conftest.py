"""One browser and one site for all tests; a page for each of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from onnx2luau.game.folder import game_folder
from onnx2luau.game.page.pages import write_site
from tests.browser.page import Page

BROWSERS = ("chromium", "google-chrome", "chrome")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the three shipped models, in a folder below what a server serves."""
    folder = tmp_path_factory.mktemp("web") / "below" / "site"
    with game_folder(verify=False) as game:
        write_site(game, folder)
    return folder


@pytest.fixture(scope="session")
def server(site: Path) -> Iterator[str]:
    """The address of the site on a server of this machine."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site.parents[1]))) as served:
        Thread(target=served.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{served.server_port}/below/site/"
        served.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[webdriver.Chrome]:
    binary = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = shutil.which("chromedriver")
    assert binary, "these tests need Chromium or Chrome"
    assert driver, "these tests need chromedriver"
    options = Options()
    options.binary_location = binary
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(driver))
    yield browser
    browser.quit()


@pytest.fixture
def page(browser: webdriver.Chrome, server: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page, ready, on a wide screen. Whatever it wrote to the console fails the test."""
    page = Page(browser)
    page.screen(1280, 900)
    page.open(server)
    yield page
    shots = os.environ.get("ONNX2LUAU_SCREENSHOTS")
    if shots:
        Path(shots).mkdir(parents=True, exist_ok=True)
        browser.save_screenshot(str(Path(shots) / f"{request.node.name}.png"))
    assert page.console() == []
