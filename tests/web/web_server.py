"""`wftui web` in a process of its own."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from api.api_server import Server


class WebServer(Server):
    """A server over `tables` and `runs.db` of a folder.

    Attributes:
        page: the address that it prints to open, with the token.
    """

    COMMAND = ("web",)

    def __init__(self, folder: Path, *arguments: str) -> None:
        super().__init__(folder / "tables", folder / "runs.db", *arguments)
        assert self.process.stdout is not None
        self.page = self.process.stdout.readline().split()[1]

    @property
    def address(self) -> str:
        """The address without the token."""
        return f"{self.url}/"

    def screens(self) -> list[psutil.Process]:
        """The processes of its tabs."""
        return psutil.Process(self.process.pid).children()

    def runs(self) -> list[dict[str, Any]]:
        """The history, as another process sees it."""
        return list(json.loads(self.wftui("history", "--json"))["executions"])


@contextmanager
def serving_web(folder: Path, *arguments: str) -> Iterator[WebServer]:
    server = WebServer(folder, *arguments)
    try:
        yield server
    finally:
        server.close()
