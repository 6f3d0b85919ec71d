"""Questions of an operator, each answered by at most six keys."""

import asyncio
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tui.terminal.pty_terminal import Terminal
from wftui.model.history_query import STATUSES
from wftui.model.run.events import Completed, Created, ExecutionEvent, Failed, Log, Started, StepCompleted, StepStarted
from wftui.model.run.steps import ExecutionError
from wftui.store.execution_store import ExecutionStore
from wftui.store.transfer.run_file import read_run_file
from wftui.workbench import Settings, Workbench

pytestmark = pytest.mark.pty
_ESCAPE, _BACKSPACE, _ENTER, _HOME, _END = "\x1b", "\x7f", "\r", "\x1b[H", "\x1b[F"
_NIGHTLY = [
    {"id": "mail", "type": "shell", "idempotent": False, "input": {"script": "echo sent"}},
    {"id": "check", "type": "shell", "input": {"script": "exit 3"}},
]


def run_of(number: int, at: datetime, *, error: str = "") -> list[ExecutionEvent]:
    """Return a run whose step `load` takes three times as long in the last week."""
    run = f"01question{number:05d}"
    load = 3_000.0 if at > datetime.now(UTC) - timedelta(days=7) else 1_000.0
    events: list[ExecutionEvent] = [
        Created(run_id=run, timestamp=at, workflow_id="deploy", user_id="ada", inputs={"host": "b" if error else "a"}),
        Started(run_id=run, timestamp=at),
    ]
    for step, took in (("fetch", 500.0), ("load", load)):
        begin = StepStarted(run_id=run, timestamp=at, step_id=step, path=step, step_name=step, step_type="shell")
        at += timedelta(milliseconds=took)
        end = StepCompleted(run_id=run, timestamp=at, step_id=step, path=step, output=step, duration=took)
        events += [begin, Log(run_id=run, timestamp=at, path=step, message=f"ticket {number} of {step}"), end]
    if error:
        return [*events, Failed(run_id=run, timestamp=at, error=ExecutionError(type="disk.full", message=error))]
    return [*events, Completed(run_id=run, timestamp=at, duration=500.0 + load)]


async def fill(database: Path, runs: int) -> None:
    """Store runs of ten days ago and of yesterday; the last three failed."""
    store, now = await ExecutionStore.open(database), datetime.now(UTC)
    try:
        for number in range(runs):
            error = f"volume {number} is full" if number >= runs - 3 else ""
            at = now - timedelta(days=10 if number < runs / 3 else 1) + timedelta(seconds=10 * number)
            await store.append(run_of(number, at, error=error), wait=number == runs - 1)
    finally:
        await store.close()


def bells(opened: Terminal) -> int:
    """Return how often the bell was rung; titles end with the same byte."""
    return re.sub(rb"\x1b\][^\x07\x1b]*\x07", b"", opened.raw).count(b"\x07")


async def begun(bench: Workbench, workflow_id: str) -> str:
    """Start a run; return its id once the start of its first step is stored."""
    run = await bench.runs.start(workflow_id, {})
    async for events in bench.runs.follow(run):
        if any(isinstance(event, StepStarted) for event in events):
            break
    return run


@contextmanager
def closing(loop: asyncio.Runner, tables: Path, database: Path) -> Iterator[Workbench]:
    """Open a workbench of another user in this process, driven by the same loop."""
    bench = Workbench(Settings(tables=tables, database=database, user_id="grace"))
    try:
        yield bench
    finally:
        loop.run(bench.close(cancel=True))


@pytest.mark.parametrize("size", [(80, 24), (160, 48)], ids=["80x24", "160x48"])
@pytest.mark.parametrize("runs", [120, pytest.param(5_000, marks=pytest.mark.slow)])
def test_six_keys_answer_an_operator(
    terminal: Callable[..., Terminal],
    tables: Path,
    database: Path,
    put_workflow: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    runs: int,
    size: tuple[int, int],
) -> None:
    put_workflow("deploy")
    asyncio.run(fill(database, runs))
    monkeypatch.chdir(tmp_path)
    opened = terminal(size=size)
    opened.shows("deploy")
    opened.press("H")
    opened.shows(f"{runs:,} runs")

    opened.press("w")  # which step is slower than last week?
    opened.shows("workflow:deploy")
    opened.press("s")
    opened.read_until(lambda: any(line.split()[:1] == ["load"] and "slower" in line for line in opened.screen.display))
    assert not any(line.split()[:1] == ["fetch"] and "slower" in line for line in opened.screen.display)
    opened.press(_ESCAPE)
    opened.shows(f"{runs:,} runs")

    opened.press("f")  # what changed between the last good and the first bad run?
    opened.shows("3 runs")
    opened.press(_END)
    opened.press("c")
    opened.shows(f"01question{runs - 3:05d}")
    opened.shows(f"01question{runs - 4:05d}")
    opened.shows('The inputs differ: /host was "a" and is "b"')
    opened.press(_ESCAPE)
    opened.shows("3 runs")
    opened.press(_BACKSPACE)
    opened.shows(f"{runs:,} runs")

    opened.press("b")  # which of all runs failed with this error?
    opened.shows("Group by")
    opened.press(_ENTER)
    opened.shows("3  disk.full")
    opened.press(_ENTER)
    opened.shows("3 runs")
    assert "error:disk.full" in opened.text

    opened.press("x")  # give a colleague this run
    opened.shows("Export to file")
    opened.press(_ENTER)
    opened.shows("Exported to")
    (exported,) = tmp_path.glob("deploy-*.wfrun")
    assert read_run_file(exported).created.run_id in exported.name

    opened.press(_BACKSPACE)  # the log line of yesterday
    opened.shows(f"{runs:,} runs")
    opened.press("l")
    opened.shows("text in logs")
    opened.press(f"ticket {runs - 20} of load\r")
    opened.shows("1 place")
    yesterday = datetime.now() - timedelta(days=1)
    assert f"{yesterday:%m-%d}" in opened.text or f"{datetime.now():%m-%d}" in opened.text
    opened.press(_ESCAPE)
    opened.shows(f"{runs:,} runs")

    with asyncio.Runner() as other, closing(other, tables, database) as bench:
        gate = tmp_path / "gate"
        backup = [{"id": "copy", "type": "shell", "input": {"script": f"while [ ! -e {gate} ]; do sleep 0.05; done"}}]
        put_workflow("backup", steps=backup)
        put_workflow("nightly", steps=_NIGHTLY)

        failed = other.run(bench.runs.start("nightly", {}))
        other.run(bench.runs.wait(failed))
        opened.press("f")  # what would a re-run lose?
        opened.shows("4 runs")
        opened.press(_HOME + _ENTER)
        opened.shows("exit_code")
        opened.press(_HOME + "R")
        opened.shows("Rerun from mail")
        opened.shows("2 steps to run, 0 reused")
        opened.shows("mail  requested; not idempotent")
        opened.press(_ESCAPE)
        opened.read_until(lambda: "Rerun from mail" not in opened.text)
        opened.press(_ESCAPE)
        opened.shows("4 runs")
        opened.press(_BACKSPACE)

        going = other.run(begun(bench, "backup"))
        opened.shows("backup")
        opened.press(f"{STATUSES.index('running') + 1}")  # what is running, where, by whom?
        opened.read_until(lambda: any(line.strip() == "1 run" for line in opened.screen.display))
        opened.shows(f"grace on {socket.gethostname()}"[:24])

        opened.press(_ENTER)  # tell me when it ends
        opened.shows(going)
        opened.press("B")
        opened.shows("The bell rings when this run ends.")
        opened.press(_ESCAPE)
        rung = bells(opened)
        gate.touch()
        other.run(bench.runs.wait(going))
        opened.shows("backup completed")
        opened.read_until(lambda: bells(opened) == rung + 1)
