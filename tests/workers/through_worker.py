"""Pytest plugin: run steps through a worker (`-p workers.through_worker …`)."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from steps.sql.sql_servers import postgresql

from wftui.model.workers_address import VARIABLE
from wftui.workbench.run_service import RunService
from wftui.workers.sealing import key_path, make_key
from workers.conftest import MAIN, PATIENT, lengthen_lease

POOL = "suite"


@pytest.fixture(scope="session")
def worker_key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, bytes]]:
    """The address and the key of a worker that lives as long as the tests."""
    folder = tmp_path_factory.mktemp("worker")
    with postgresql() as url, pytest.MonkeyPatch.context() as patched:
        address = url.replace("+psycopg", "")
        patched.setenv(VARIABLE, address)
        patched.setenv("WFTUI_CONNECTIONS", str(folder))
        for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
            patched.setenv(name, str(folder))
        key, _ = make_key()
        command = [sys.executable, "-c", f"{PATIENT}\n{MAIN}", "worker", "--pool", POOL, "-j", "8"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
            assert worker.stdout is not None
            assert "ready" in worker.stdout.readline()
            patched.undo()
            yield address, key.read_bytes()
            worker.kill()


@pytest.fixture(autouse=True)
def through_worker(isolated: None, worker_key: tuple[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test's user the key, and each run a pool if it names none."""
    path: Path = key_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(worker_key[1])
    monkeypatch.setenv(VARIABLE, worker_key[0])
    path.chmod(0o600)
    lengthen_lease(monkeypatch)
    start = RunService.start

    async def start_in_pool(service: RunService, *arguments: Any, **options: Any) -> str:
        return await start(service, *arguments, **{"pool": POOL, **options})

    monkeypatch.setattr(RunService, "start", start_in_pool)
