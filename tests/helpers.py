"""Helpers shared by the tests of several rooms."""

import asyncio
import ctypes
import fcntl
import json
import os
import random
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil

from wftui.model.base import Json
from wftui.model.run.record import ExecutionRecord
from wftui.workbench import Workbench

Cli = Callable[..., tuple[int, str, str]]
"""Runs a command in this process; returns its exit code, its output and its errors."""

EXAMPLES = Path(__file__).parents[1] / "tables"
"""The shipped workflows."""

PATIENCE = 300.0
"""Seconds to wait for what has to happen: only a failing test waits this long, however busy the machine is."""


def patience() -> asyncio.Timeout:
    """Fail what has not ended after `PATIENCE`."""
    return asyncio.timeout(PATIENCE)


async def until(condition: Callable[[], object]) -> None:
    """Wait for an effect that cannot be awaited, such as that of another process."""
    async with patience():
        while not condition():
            await asyncio.sleep(0.005)


def wait_until(condition: Callable[[], object]) -> None:
    """Wait for an effect of another process or thread, outside an event loop."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"still not so after {PATIENCE:g} s"
        time.sleep(0.005)


def rest_of(program: "subprocess.Popen[str]") -> tuple[str, str]:
    """Return the rest of a program's output after some lines, and its errors.

    `communicate` passes over what has been read from the pipe together with those lines.
    """
    assert program.stdout is not None
    assert program.stderr is not None
    ended = threading.Timer(PATIENCE, program.kill)
    ended.start()
    try:
        return program.stdout.read(), program.stderr.read()
    finally:
        program.wait()
        ended.cancel()


def has_ended(process: psutil.Process) -> bool:
    """Return whether a process has ended; an orphan may stay a zombie for long."""
    with suppress(psutil.NoSuchProcess):
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    return True


def has_open(pid: int, path: Path) -> bool:
    """Return whether a process has a file open; one that has ended has not."""
    with suppress(OSError):
        return any(_target(each) == path for each in Path(f"/proc/{pid}/fd").iterdir())
    return False


def _target(link: Path) -> Path | None:
    with suppress(OSError):
        return link.readlink()
    return None


def status_of(pid: int) -> str | None:
    """Return the status of a process as psutil has it; None without a process."""
    with suppress(psutil.NoSuchProcess):
        return str(psutil.Process(pid).status())
    return None


def lives(pid: int) -> bool:
    """Return whether a process of that id runs; a zombie does not."""
    return status_of(pid) not in (None, psutil.STATUS_ZOMBIE)


_RESERVED: list[IO[bytes]] = []


def free_port() -> int:
    """A free port that no other test gets until this process ends.

    It is none of those that the system gives to servers with port 0 and to clients.
    """
    folder = Path(tempfile.gettempdir()) / f"wftui-test-ports-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    for port in random.Random().sample(range(20_000, 32_000), 1_000):
        file = (folder / str(port)).open("wb")
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.create_server(("127.0.0.1", port)):
                _RESERVED.append(file)  # the lock lasts as long as the file is open
                return port
        file.close()
    raise AssertionError("no port is free")


def write_workflow(tables: Path, workflow_id: str, *steps: dict[str, Json], **fields: Json) -> None:
    """Write the workflow.json of a workflow with these steps, as it is: unchecked."""
    path = tables / "workflows" / workflow_id / "workflow.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"format": 1, "id": workflow_id, **fields, "steps": list(steps)}))


async def run_to_end(workbench: Workbench, workflow_id: str, inputs: dict[str, Json]) -> ExecutionRecord:
    """Run a workflow and return its whole record."""
    run_id = await workbench.runs.start(workflow_id, inputs)
    async with patience():
        await workbench.runs.wait(run_id)
    return await workbench.runs.record(run_id, whole=True)


def obey_permissions() -> None:
    """For `preexec_fn`: make the child obey file permissions, even as root."""
    bounding_set_drop, dac_override, dac_read_search = 24, 1, 2
    libc = ctypes.CDLL(None)
    for capability in (dac_override, dac_read_search):
        libc.prctl(bounding_set_drop, capability, 0, 0, 0)
