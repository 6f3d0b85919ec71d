"""Live durations follow a monotonic clock: setting the time of day moves none."""

import re
import signal
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from textual.app import App

from tui.notices import notices
from tui.run_events import running
from wftui.tui.app import WftuiApp
from wftui.workbench import Settings, Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]


@dataclass
class Machine:
    """The clocks of a machine."""

    time_of_day: datetime
    elapsed: float = 0.0


@pytest.fixture
def machine(now: datetime) -> Machine:
    return Machine(now)


@pytest.fixture
async def workbench(tables: Path, tmp_path: Path, machine: Machine) -> AsyncIterator[Workbench]:
    bench = Workbench(
        Settings(tables=tables, database=tmp_path / "runs.db", user_id="ada"),
        clock=lambda: machine.time_of_day,
        elapsed=lambda: machine.elapsed,
    )
    yield bench
    await bench.close(cancel=True)


def length(monitor: str) -> str:
    """The duration of the run, at the end of the header of a monitor."""
    return "".join(monitor.splitlines()[1:2]).rstrip().rpartition(" ")[2]


@pytest.mark.parametrize("hours", [-24, -1, 1, 24])
async def test_clock_change_keeps_monitor_durations(
    workbench: Workbench, machine: Machine, until: Until, text_of: TextOf, hours: int
) -> None:
    story = running()
    await (await workbench.store()).append(story.events, wait=True)
    app = WftuiApp(workbench, start=lambda app: app.open_monitor(story.run_id))
    async with app.run_test() as pilot:
        await until(pilot, lambda: length(text_of(app)) == "0:16")
        machine.time_of_day += timedelta(hours=hours)
        machine.elapsed += 5
        await until(pilot, lambda: length(text_of(app)) == "0:21")


async def test_run_ahead_of_the_clock_continues_from_its_newest_event(
    workbench: Workbench, machine: Machine, until: Until, text_of: TextOf
) -> None:
    story = running()
    await (await workbench.store()).append(story.events, wait=True)
    machine.time_of_day -= timedelta(hours=1)
    app = WftuiApp(workbench, start=lambda app: app.open_monitor(story.run_id))
    began = next(event.timestamp for event in story.events if event.type == "started")
    told = int((story.events[-1].timestamp - began).total_seconds())
    assert told > 0
    async with app.run_test() as pilot:
        for later in (0, 7):
            machine.elapsed = later
            await until(pilot, lambda later=later: length(text_of(app)) == f"0:{told + later:02}")


@pytest.mark.parametrize("hours", [-24, -1, 1, 24])
async def test_clock_change_keeps_history_durations(
    workbench: Workbench,
    machine: Machine,
    put_run: Callable[..., Awaitable[str]],
    until: Until,
    text_of: TextOf,
    hours: int,
) -> None:
    await put_run("old", "running", ago=60)
    app = WftuiApp(workbench, start=lambda app: app.open_history())
    async with app.run_test(size=(120, 24)) as pilot:
        await until(pilot, lambda: "1:00" in text_of(app))
        machine.time_of_day += timedelta(hours=hours)
        machine.elapsed += 5
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "1:05" in text_of(app))


@pytest.mark.parametrize("hours", [-2, 48])
async def test_screens_opened_after_a_clock_change_show_the_time_of_runs_of_this_process(
    workbench: Workbench,
    machine: Machine,
    put_workflow: Callable[..., Path],
    until: Until,
    text_of: TextOf,
    hours: int,
) -> None:
    put_workflow("long", steps=[{"id": "wait", "type": "shell", "input": {"script": "sleep 100000"}}])
    run_id = await workbench.runs.start("long", {})
    machine.elapsed += 65
    machine.time_of_day += timedelta(hours=hours)
    app = WftuiApp(workbench, start=lambda app: app.open_monitor(run_id))
    async with app.run_test(size=(120, 24)) as pilot:
        await until(pilot, lambda: length(text_of(app)) == "1:05")
        app.open_history()
        await until(pilot, lambda: "Duration" in text_of(app) and " 1:05 " in text_of(app))


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """Another process, which has existed for a moment."""
    with subprocess.Popen(["sleep", "100000"]) as process:
        yield process
        process.kill()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="starts of processes are times of day here")
async def test_a_run_is_not_older_than_its_process(
    workbench: Workbench, machine: Machine, until: Until, text_of: TextOf, sleeper: subprocess.Popen[bytes]
) -> None:
    """The time of day was set forward before this process began to read."""
    story = running()
    store = await workbench.store()
    await store.append(story.events, wait=True)
    begun = psutil.Process(sleeper.pid).create_time() - psutil.boot_time()
    owner = replace(store.owner, pid=sleeper.pid, started=begun)
    await store.release(story.run_id)
    await store.claim(story.run_id, owner)
    machine.time_of_day += timedelta(hours=5)
    summary = await workbench.records.summary(story.run_id)
    assert summary.owner is not None
    assert (summary.owner.pid, summary.owner.host) == (owner.pid, owner.host)
    assert summary.to_wire()["owner"].keys() == {"host", "pid", "since", "stopped", "heartbeatAt"}
    app = WftuiApp(workbench, start=lambda app: app.open_monitor(story.run_id))
    async with app.run_test(size=(120, 24)) as pilot:
        await until(pilot, lambda: f"process {owner.pid} on {owner.host} since " in text_of(app))
        await until(pilot, lambda: re.fullmatch(r"\d?\d:\d\d", length(text_of(app))))
        app.open_history()
        await until(pilot, lambda: "repo_health" in text_of(app) and "Started" in text_of(app))
        assert "5:00:" not in text_of(app)


async def test_a_stopped_process_is_shown_and_takes_no_request(
    workbench: Workbench, machine: Machine, until: Until, text_of: TextOf, sleeper: subprocess.Popen[bytes]
) -> None:
    story = running()
    store = await workbench.store()
    await store.append(story.events, wait=True)
    begun = psutil.Process(sleeper.pid).create_time() - psutil.boot_time()
    await store.release(story.run_id)
    await store.claim(
        story.run_id, replace(store.owner, pid=sleeper.pid, started=begun, heartbeat_at=machine.time_of_day)
    )
    sleeper.send_signal(signal.SIGSTOP)
    app = WftuiApp(workbench, start=lambda app: app.open_monitor(story.run_id))
    async with app.run_test(size=(120, 24)) as pilot:
        await until(pilot, lambda: "its process is stopped" in text_of(app))
        await pilot.press("c")
        await until(pilot, lambda: "Cancel this run" in text_of(app))
        await pilot.press("c")
        note = f"is stopped; kill -CONT {sleeper.pid} continues it."
        await until(pilot, lambda: any(each.endswith(note) for each in notices(app)))
        app.open_history()
        await until(pilot, lambda: "process stopped, " in text_of(app))
        sleeper.send_signal(signal.SIGCONT)
        await until(pilot, lambda: "process stopped, " not in text_of(app))


async def test_the_usual_time_and_what_is_left_are_shown(
    workbench: Workbench,
    put_run: Callable[..., Awaitable[str]],
    until: Until,
    text_of: TextOf,
) -> None:
    story = running()
    await (await workbench.store()).append(story.events, wait=True)
    record = await workbench.runs.record(story.run_id)
    app = WftuiApp(workbench, start=lambda app: app.open_monitor(story.run_id))
    for number in range(3):
        assert await workbench.statistics.usual(record.workflow_id) is None
        await put_run(record.workflow_id, "completed", ago=3600 + number, duration=60_000)
    async with app.run_test(size=(120, 24)) as pilot:
        await until(pilot, lambda: "usually 1m00s, 0:43 left  0:16" in text_of(app))
