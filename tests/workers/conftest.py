"""A real PostgreSQL server, and workers in real processes."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from helpers import PATIENCE, wait_until
from steps.sql.sql_servers import postgresql

from wftui.model.base import Json
from wftui.model.workers_address import VARIABLE
from wftui.workbench import Settings


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of a PostgreSQL server, with its password."""
    for package in ("procrastinate", "cryptography"):
        pytest.importorskip(package, reason=f"the package {package} is not installed")
    with postgresql() as url:
        yield url.replace("+psycopg", "")


@pytest.fixture
def address(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of an empty database, also in the environment; there is a key."""
    import psycopg

    from wftui.workers.sealing import make_key

    name = f"test_{os.urandom(6).hex()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    url = server.replace("/postgres?", f"/{name}?") + "&connect_timeout=60"  # a busy server needs more than 2 s
    monkeypatch.setenv(VARIABLE, url)
    lengthen_lease(monkeypatch)
    make_key()
    yield url
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


LEASE, HOLD = 20.0, 14.0
"""Seconds in place of 6 and 4: on a busy machine a worker may lose its turn for longer than that, and is not lost."""
PATIENT = f"""
from wftui.workers import tables
tables.LEASE_SECONDS, tables.HOLD_SECONDS = {LEASE}, {HOLD}
from wftui.workers import worker
worker._GIVE_BACK_SECONDS = {PATIENCE}
"""
MAIN = "import sys\nfrom wftui.cli.main import main\nsys.exit(main())"


def lengthen_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give workers that long in this process, too."""
    from wftui.workers import coordinator, listing, remote_attempt

    for module in (coordinator, remote_attempt, listing):
        monkeypatch.setattr(module, "LEASE_SECONDS", LEASE)


class StartedWorker:
    """A worker in a process of its own.

    Attributes:
        name: as in `wftui workers`.
    """

    def __init__(self, log: Path, *arguments: str, prelude: str = "", **environment: str) -> None:
        program = f"{prelude}\n{PATIENT}\n{MAIN}"
        command = [sys.executable, "-c", program, "worker", *arguments]
        self.log = log
        self._out = log.open("w")
        self.process = subprocess.Popen(
            command,
            stdout=self._out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, **environment},
        )
        wait_until(lambda: "is ready" in self.printed or self.process.poll() is not None)
        assert self.process.poll() is None, self.printed
        self.name = self.printed.split(" is ready", 1)[0].rsplit(" ", 1)[1]

    @property
    def printed(self) -> str:
        """Its output so far."""
        return self.log.read_text()

    def end(self) -> None:
        """Kill it before its children, so that it reports no end of a killed step."""
        started = psutil.Process(self.process.pid).children(recursive=True) if self.process.poll() is None else []
        self.process.kill()
        for process in started:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()
        self._out.close()


StartWorker = Callable[..., StartedWorker]


@pytest.fixture
def start_worker(address: str, tmp_path: Path) -> Iterator[StartWorker]:
    """Starts workers, and ends them after the test; arguments as of `wftui worker`."""
    started: list[StartedWorker] = []

    def start(*arguments: str, **options: str) -> StartedWorker:
        worker = StartedWorker(tmp_path / f"worker{len(started)}.log", *(arguments or ("--pool", "build")), **options)
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.end()


@pytest.fixture
def settings(tmp_path: Path, address: str) -> Settings:
    """Settings over an empty workspace."""
    return Settings(tables=tmp_path / "tables", database=tmp_path / "wftui.db", user_id="ada")


def shell(id: str, script: str, **more: Json) -> dict[str, Json]:
    """A shell step in the pool `build`."""
    return {"id": id, "type": "shell", "pool": "build", "input": {"script": script}, **more}
