"""A server over a workspace of its own."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.api_server import Server, serving_in


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving_in(tmp_path) as started:
        yield started


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as opened:
        yield opened
