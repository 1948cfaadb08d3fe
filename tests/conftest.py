"""One Lune process for each target serves a whole test run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from onnx2luau.backends.luau.lune import Lune


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
