"""One Lune process for each target serves a whole test run."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from onnx2luau.backends.lune.lune import Lune
from onnx2luau.compiler.onnx_runtime import TELEMETRY

# Before any test imports ONNX Runtime itself.
os.environ.setdefault(TELEMETRY, "1")

# A run in the background may have been started with these ignored, and commands leave ignored signals ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def client() -> Iterator[Lune]:
    with Lune("client") as lune:
        yield lune


@pytest.fixture(scope="session")
def server() -> Iterator[Lune]:
    with Lune("server") as lune:
        yield lune


@pytest.fixture(scope="session")
def lunes(client: Lune, server: Lune) -> dict[str, Lune]:
    return {"client": client, "server": server}


settings.register_profile(
    "default",
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.register_profile(
    "campaign", settings.get_profile("default"), max_examples=2500, derandomize=False, print_blob=True
)
settings.load_profile("default")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="Write tests/golden anew.")
