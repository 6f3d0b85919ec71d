"""A second signal always ends the program, whatever a step does with its thread."""

import asyncio
import json
import re
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from helpers import PATIENCE, has_open, wait_until

from wftui.workbench import Settings, Workbench

pytest_plugins = "started_programs"

Start = Callable[..., "subprocess.Popen[str]"]

STEPS = '''
import asyncio
import threading
import time
from pathlib import Path
from wftui.steps.plugin import step

def forever(file: str) -> None:
    Path(file).touch()
    while True:
        time.sleep(0.05)

@step("stuck.own_thread")
def own_thread(file: str) -> str:
    """Never returns, in the thread of its step."""
    forever(file)

@step("stuck.pool")
async def pool(file: str) -> str:
    """Never returns, in a thread that the event loop waits for at its end."""
    await asyncio.to_thread(forever, file)

@step("stuck.loop")
async def loop(file: str) -> str:
    """Never gives the event loop back."""
    forever(file)

@step("stuck.foreground")
async def foreground(file: str) -> str:
    """Never returns, in a thread that the interpreter waits for at its end."""
    threading.Thread(target=forever, args=(file,)).start()
    await asyncio.Event().wait()
'''
KINDS = ["own_thread", "pool", "loop", "foreground"]
SCREENLESS = """
import asyncio, sys
from pathlib import Path
from wftui.output.output_thread import OutputThread
from wftui.tui.exit_summary import ExitMode, finish
from wftui.workbench import Settings, Workbench

async def main():
    bench = Workbench(Settings(tables=Path(sys.argv[1]), database=Path(sys.argv[2]), user_id="ada"))
    run_id = await bench.runs.start(sys.argv[3], {})
    await finish(bench, [run_id], ExitMode.FINISH, OutputThread(), ascii_only=False)

asyncio.run(main())
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(tables=tmp_path / "tables", database=tmp_path / "wftui.db", user_id="ada")
    for kind in KINDS:
        folder = settings.tables / "workflows" / kind
        folder.mkdir(parents=True)
        stuck = {"id": "stuck", "type": f"stuck.{kind}", "input": {"file": str(tmp_path / "stuck")}}
        (folder / "workflow.json").write_text(json.dumps({"format": 1, "id": kind, "steps": [stuck]}))
    plugin = settings.tables / "steps" / "stuck.py"
    plugin.parent.mkdir()
    plugin.write_text(STEPS)

    _trust(settings)
    return settings


def _trust(settings: Settings) -> None:
    async def trust() -> None:
        workbench = Workbench(settings)
        await workbench.steps.trust(settings.tables / "steps" / "stuck.py")
        await workbench.close()

    asyncio.run(trust())


def catches(pid: int, number: signal.Signals) -> bool:
    """Return whether a process handles a signal; one that has ended needs no handler."""
    with suppress(OSError):
        (mask,) = re.findall(r"^SigCgt:\s*(\w+)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE) or ["f" * 16]
        return bool(int(mask, 16) >> (number - 1) & 1)
    return True


def status_of(settings: Settings) -> str:
    """The status of the last run for a program that starts now."""

    async def read() -> str:
        workbench = Workbench(settings)
        try:
            return (await workbench.runs.record("last")).status
        finally:
            await workbench.close()

    return asyncio.run(read())


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["int", "term"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("frontend", ["run", "screen"])
def test_a_second_signal_ends_the_program(
    settings: Settings, tmp_path: Path, start: Start, frontend: str, kind: str, number: signal.Signals
) -> None:
    places = [str(settings.tables), str(settings.database)]
    if frontend == "run":
        program = start("-m", "wftui", "run", kind, "--tables", places[0], "--db", places[1])
    else:
        program = start("-c", SCREENLESS, *places, kind)
    wait_until(lambda: (tmp_path / "stuck").exists() or program.poll() is not None)
    wait_until(lambda: catches(program.pid, signal.SIGTERM))  # set after the start of the run, SIGINT before it
    program.send_signal(number)
    program.send_signal(number)
    # The kernel may merge two signals into one that is not handled yet; so keep sending them.
    while True:
        try:
            _, errors = program.communicate(timeout=0.5)
            break
        except subprocess.TimeoutExpired:
            program.send_signal(number)
    assert program.returncode in {130, 0 if frontend == "screen" else 130}, errors
    assert status_of(settings) in {"cancelled", "interrupted"}


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("words", [("watch",), ("watch", "--events"), ("watch", "--json"), ("cancel",)], ids=" ".join)
@pytest.mark.parametrize("times", [1, 2, 1000], ids=["once", "twice", "without end"])
def test_ctrl_c_ends_waiting_commands(
    settings: Settings, tmp_path: Path, start: Start, words: tuple[str, ...], times: int
) -> None:
    """However often and however close together, it is exit 130 and not the signal."""
    places = ["--tables", str(settings.tables), "--db", str(settings.database)]
    start("-m", "wftui", "run", "own_thread", *places)  # a cancel takes seconds until it gives up the thread
    wait_until(lambda: (tmp_path / "stuck").exists())
    waiting = start("-m", "wftui", words[0], "last", *words[1:], *places)
    wait_until(lambda: has_open(waiting.pid, settings.database))
    for _ in range(times):
        if waiting.poll() is None:
            waiting.send_signal(signal.SIGINT)
    _, errors = waiting.communicate(timeout=PATIENCE)
    assert (waiting.returncode, errors) == (130, "")
    assert status_of(settings) == "running"


@pytest.mark.parametrize("words", [("steps",), ("list",), ("run", "own_thread")], ids=" ".join)
def test_one_ctrl_c_ends_work_in_a_thread(
    settings: Settings, tmp_path: Path, start: Start, words: tuple[str, ...]
) -> None:
    """Such as SQLite indexing a million runs without checking for interrupts."""
    plugin = settings.tables / "steps" / "stuck.py"
    plugin.write_text(
        f"import pathlib, time\nhere = pathlib.Path({str(tmp_path)!r})\n"
        "if (here / 'begin').exists():\n    (here / 'stuck').touch()\n    time.sleep(100_000)\n"
    )
    _trust(settings)
    (tmp_path / "begin").touch()
    program = start("-m", "wftui", *words, "--tables", str(settings.tables), "--db", str(settings.database))
    wait_until(lambda: (tmp_path / "stuck").exists() or program.poll() is not None)
    program.send_signal(signal.SIGINT)
    _, errors = program.communicate(timeout=PATIENCE)
    assert program.returncode == 130
    assert errors.startswith("wftui: ended without waiting for work that does not end")
