"""`wftui web` in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from helpers import PATIENCE


class WebServer:
    """A server over `tables` and `runs.db` of a folder."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.places = ["--tables", str(folder / "tables"), "--db", str(folder / "runs.db")]
        command = [sys.executable, "-m", "wftui", "web", "--port", "0", *arguments, *self.places]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.url = ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("open "):
                self.url = line.split()[1]
                break
        assert self.url

    @property
    def address(self) -> str:
        """The address without the token."""
        return self.url.partition("?")[0]

    def screens(self) -> list[psutil.Process]:
        """The processes of its tabs."""
        return psutil.Process(self.process.pid).children()

    def runs(self) -> list[dict[str, Any]]:
        """The history, as another process sees it."""
        command = [sys.executable, "-m", "wftui", "history", "--json", *self.places]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
        found: list[dict[str, Any]] = json.loads(done.stdout)["executions"]
        return found


@contextmanager
def serving_web(folder: Path, *arguments: str) -> Iterator[WebServer]:
    server = WebServer(folder, *arguments)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()
