"""The questions of an operator, each answered by at most six keys in a real terminal of 80x24."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tui.terminal.pty_terminal import Terminal
from wftui.model.run.events import Completed, Created, ExecutionEvent, Failed, Log, Started, StepCompleted, StepStarted
from wftui.model.run.steps import ExecutionError
from wftui.store.execution_store import ExecutionStore
from wftui.store.transfer.run_file import read_run_file

pytestmark = pytest.mark.pty
_DAYS = [10.0] * 40 + [1.0] * 80
_ESCAPE = "\x1b"


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


async def fill(database: Path) -> None:
    store, now = await ExecutionStore.open(database), datetime.now(UTC)
    try:
        for number, days in enumerate(_DAYS):
            error = f"volume {number} is full" if number >= len(_DAYS) - 3 else ""
            at = now - timedelta(days=days) + timedelta(seconds=10 * number)
            await store.append(run_of(number, at, error=error), wait=number == len(_DAYS) - 1)
    finally:
        await store.close()


def test_six_keys_answer_an_operator(
    terminal: Callable[..., Terminal],
    database: Path,
    put_workflow: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put_workflow("deploy")
    asyncio.run(fill(database))
    monkeypatch.chdir(tmp_path)
    opened = terminal()
    opened.shows("deploy")
    opened.press("H")
    opened.shows("120 runs")

    opened.press("w")  # which step is slower than last week?
    opened.shows("workflow:deploy")
    opened.press("s")
    opened.read_until(lambda: any(line.split()[:1] == ["load"] and "slower" in line for line in opened.screen.display))
    assert not any(line.split()[:1] == ["fetch"] and "slower" in line for line in opened.screen.display)
    opened.press(_ESCAPE)
    opened.shows("120 runs")

    opened.press("f")  # what changed between the last good and the first bad run?
    opened.shows("3 runs")
    opened.press("\x1b[F")
    opened.press("c")
    opened.shows("01question00117")
    opened.shows("01question00116")
    opened.shows('The inputs differ: /host was "a" and is "b"')
    opened.press(_ESCAPE)
    opened.shows("3 runs")
    opened.press("\x7f")
    opened.shows("120 runs")

    opened.press("b")  # which of all runs failed with this error?
    opened.shows("Group by")
    opened.press("\r")
    opened.shows("3  disk.full")
    opened.press("\r")
    opened.shows("3 runs")
    assert "error:disk.full" in opened.text

    opened.press("x")  # give a colleague this run
    opened.shows("Export to file")
    opened.press("\r")
    opened.shows("Exported to")
    (exported,) = tmp_path.glob("deploy-*.wfrun")
    assert read_run_file(exported).created.run_id in exported.name

    opened.press("\x7f")  # the log line of yesterday
    opened.shows("120 runs")
    opened.press("l")
    opened.shows("text in logs")
    opened.press("ticket 100 of load\r")
    opened.shows("1 place")
    yesterday = datetime.now() - timedelta(days=1)
    assert f"{yesterday:%m-%d}" in opened.text or f"{datetime.now():%m-%d}" in opened.text
