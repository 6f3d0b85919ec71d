"""The real program in a terminal that stays open but is not read."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from helpers import PATIENCE, wait_until

from tui.terminal.pty_terminal import Terminal, last_run, run_slow
from wftui.model.run.events import Created, ExecutionEvent
from wftui.store.execution_store import ExecutionStore

pytestmark = [pytest.mark.pty, pytest.mark.skipif(sys.platform != "linux", reason="stops a pty the way of Linux")]

FRAMES = "\x1b[B\x1b[A" * 50
"""Keys that change the screen a hundred times: more than the queues between the app and its terminal hold."""


def status(database: Path) -> str:
    return last_run(database).status


def events(database: Path) -> list[ExecutionEvent]:
    async def read() -> list[ExecutionEvent]:
        store = await ExecutionStore.open(database)
        try:
            return await store.events(await store.find("last"))
        finally:
            await store.close()

    return asyncio.run(read())


@pytest.fixture
def stalled(terminal: Callable[..., Terminal], gate: Path) -> Terminal:
    """Run `slow` in a terminal that is not read from then on."""
    opened = terminal()
    run_slow(opened, gate)
    opened.stop_reading()
    opened.press(FRAMES)
    return opened


@pytest.mark.slow
def test_run_completes_while_stalled(stalled: Terminal, gate: Path, database: Path) -> None:
    gate.touch()
    wait_until(lambda: status(database) == "completed")
    stalled.read_again()
    stalled.shows("completed")


@pytest.mark.slow
def test_run_completes_with_slow_reader(
    terminal: Callable[..., Terminal], put_workflow: Callable[..., Path], database: Path
) -> None:
    """It shows more than such a line can carry: every log line of a whole screen."""
    script = "i=0; while [ $i -lt 100 ]; do echo $i; printf '%0100d\\n' $i; i=$((i+1)); sleep 0.01; done"
    put_workflow("wordy", steps=[{"id": f"s{n}", "type": "shell", "input": {"script": script}} for n in range(3)])
    opened = terminal(size=(160, 50))
    opened.shows("never run")
    opened.press("r")
    opened.shows("running")
    opened.press("3")
    while status(database) != "completed":
        opened.press("\x1b[B\x1b[A")
        opened.read_slowly()
    assert "completed" not in opened.text, "the run ended with its reader far behind"
    opened.shows("completed")


@pytest.mark.slow
def test_timeout_fires_while_stalled(
    terminal: Callable[..., Terminal], put_workflow: Callable[..., Path], tmp_path: Path, database: Path
) -> None:
    go = tmp_path / "go"
    put_workflow(
        "timely",
        steps=[
            {
                "id": "hold",
                "type": "shell",
                "input": {"script": f"touch {go}.waits; while [ ! -e {go} ]; do sleep 0.05; done"},
            },
            {"id": "long", "type": "shell", "timeout": "300ms", "input": {"script": "sleep 100000"}},
        ],
    )
    opened = terminal()
    opened.shows("never run")
    opened.press("r")
    opened.read_until(lambda: Path(f"{go}.waits").exists())
    opened.stop_reading()
    opened.press(FRAMES)
    go.touch()
    wait_until(lambda: status(database) == "failed")
    error = last_run(database).error
    assert error is not None
    assert error.type == "timeout"


@pytest.mark.slow
def test_cancel_by_another_process_works_while_stalled(stalled: Terminal, tables: Path, database: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "wftui", "cancel", "last", "--tables", str(tables), "--db", str(database)],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "cancelled" in done.stdout
    assert status(database) == "cancelled"


def test_hangup_ends_the_screen_but_not_the_run(stalled: Terminal, gate: Path, database: Path) -> None:
    stalled.kill(signal.SIGHUP)
    wait_until(lambda: _has_released(stalled))
    wait_until(lambda: status(database) == "running")  # a commit may come after the start of the process
    gate.touch()
    assert stalled.exit_code() == 0
    assert status(database) == "completed"


def _has_released(opened: Terminal) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{opened.pid}/fd/0").readlink() == Path("/dev/null")
    return False


@pytest.mark.slow
def test_sigterm_cancels_the_run_and_exits(stalled: Terminal, database: Path) -> None:
    stalled.kill(signal.SIGTERM)
    assert stalled.exit_code() == 0
    assert status(database) == "cancelled"


@pytest.mark.slow
def test_quitting_while_stalled_restores_the_terminal_once_read(
    terminal: Callable[..., Terminal], gate: Path, database: Path
) -> None:
    # The reader may be busy for longer than the seconds that a user waits.
    patient = f"from wftui.tui.terminal import driver\ndriver._PATIENCE = {PATIENCE}\nstart = None"
    stalled = terminal(start=patient)
    run_slow(stalled, gate)
    stalled.stop_reading()
    stalled.press(FRAMES)
    gate.touch()
    wait_until(lambda: status(database) == "completed")
    stalled.press("\x1b[21~")
    stalled.read_again()
    assert stalled.exit_code() == 0
    assert stalled.raw.count(b"\x1b[?1049h") == stalled.raw.count(b"\x1b[?1049l") == 1
    assert "✓ slow" in stalled.raw.decode()


def test_screen_is_complete_after_a_stall(terminal: Callable[..., Terminal], put_workflow: Callable[..., Path]) -> None:
    for name in ("one", "two", "three"):
        put_workflow(name)
    seen = []
    for stalls in (False, True):
        opened = terminal()
        opened.shows("never run")
        if stalls:
            opened.stop_reading()
        opened.press(f"{FRAMES}C")
        if stalls:
            opened.read_again()
        opened.shows("No connections")
        seen.append(opened)

    def are_alike() -> bool:
        seen[0].read_arrived()  # its last frame may have come in parts
        return seen[1].text == seen[0].text

    seen[1].read_until(are_alike)


@pytest.mark.slow
def test_memory_is_bounded_while_stalled(
    terminal: Callable[..., Terminal], put_workflow: Callable[..., Path], tmp_path: Path
) -> None:
    for index in range(9):
        touch = {"id": "touch", "type": "shell", "input": {"script": f"touch {tmp_path}/{index}"}}
        put_workflow(f"w{index}", steps=[touch])
    opened = terminal()
    opened.shows("never run")
    process = psutil.Process(opened.pid)
    opened.stop_reading()
    sizes = []
    for index in range(8):
        # The run tells when the keys before it have been handled.
        opened.press(f"{FRAMES}r")
        wait_until((tmp_path / str(index)).exists)
        sizes.append(process.memory_info().rss)
        opened.press("\x1b\x1b[B")
    assert sizes[-1] - sizes[2] < 30_000_000, sizes


@pytest.mark.slow
def test_events_stay_ordered_while_stalled(stalled: Terminal, gate: Path, database: Path) -> None:
    gate.touch()
    wait_until(lambda: status(database) == "completed")
    recorded = events(database)
    assert isinstance(recorded[0], Created)
    assert [event.seq for event in recorded] == list(range(1, len(recorded) + 1))
