"""The monitor: cost for a run, first frame, idle bytes."""

import asyncio
import gc
import json
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cli_runs import Runs
from measure import Row
from textual.pilot import Pilot
from watched_run import measure_idle, measure_run

from wftui.cli.main import _GARBAGE
from wftui.model.run.events import Completed, Created, ExecutionEvent, Log, Started, StepCompleted, StepStarted
from wftui.model.run.steps import StepInfo
from wftui.store.execution_store import ExecutionStore
from wftui.tui.app import WftuiApp
from wftui.tui.screens.runs.monitor_screen import MonitorScreen
from wftui.workbench import Settings, Workbench
from wftui.workbench.engine_thread import EngineThread, on_engine_thread

_STEPS = 10_000
_ROUNDS = 3
_PAUSE = 0.005
_TOTAL = 100_000
_IDLE_SECONDS = 10


def rows() -> Iterable[Row]:
    """Watched and not, first frames, idle screens."""
    gc.set_threshold(*_GARBAGE)  # as the program does
    with tempfile.TemporaryDirectory() as name:
        yield from _watching(Path(name))
    for ended in (True, False):
        with tempfile.TemporaryDirectory() as name:
            yield asyncio.run(_first_frame(Path(name), ended=ended))
    with tempfile.TemporaryDirectory() as name:
        yield from _idle(Path(name))


# --- what watching costs

_FLOORS = {
    "unseen": "floor: another screen in front",
    "feed": "floor: a monitor that reads and draws nothing",
    "clock": "floor: a monitor that draws its header",
}


def _watching(folder: Path) -> Iterable[Row]:
    workflow = Runs(folder).chain(_STEPS)
    measure_run(folder, workflow, watched=False)
    pairs = [
        (measure_run(folder, workflow, watched=True), measure_run(folder, workflow, watched=False))
        for _ in range(_ROUNDS)
    ]
    pairs.sort(key=lambda pair: pair[0].cpu / pair[1].cpu)
    watched, alone = pairs[len(pairs) // 2]
    what = f"{_STEPS:,} set steps on the screen"
    yield Row(
        f"{what}, CPU of the process",
        f"{watched.cpu:.2f} s, {watched.written / 1000:.0f} kB written",
        f"without {alone.cpu:.2f} s",
        watched.cpu / alone.cpu,
        1.25,
    )
    ratios = sorted(one.seconds / other.seconds for one, other in pairs)
    best = min(pairs, key=lambda pair: pair[0].seconds / pair[1].seconds)
    yield Row(
        f"{what}, duration of the run",
        f"{best[0].seconds:.2f} s",
        f"without {best[1].seconds:.2f} s",
        ratios[len(ratios) // 2],
        1.25,
    )
    for shown, about in _FLOORS.items():
        costs = [measure_run(folder, workflow, watched=True, shown=shown).cpu for _ in range(_ROUNDS)]
        cost = sorted(costs)[_ROUNDS // 2]
        yield Row(f"{what}, {about}", f"{cost:.2f} s", f"without {alone.cpu:.2f} s", cost / alone.cpu)
    share = watched.screen / watched.seconds
    yield Row(f"{what}, thread of the screen", f"{watched.screen:.2f} s", f"{share:.0%} of the time", share, 0.15)


# --- first frames


async def _first_frame(folder: Path, *, ended: bool) -> Row:
    """Open a recorded run in a process that has already opened the screens once."""
    await _record(folder / "runs.db", ended=ended)
    async with shown_app(folder) as (app, pilot):
        app.open_monitor("small-run")
        await _until(lambda: isinstance(app.screen, MonitorScreen) and app.screen.state.record.last_seq > 0)
        await pilot.press("escape")
        begin = time.process_time()
        app.open_monitor("big-run")
        await _until(lambda: isinstance(app.screen, MonitorScreen) and app.screen.state.record.last_seq >= _TOTAL)
        monitor = app.screen
        assert isinstance(monitor, MonitorScreen)
        await monitor.painted()
        taken = (time.process_time() - begin) * 1000
    what = "first true frame of a recorded run" if ended else "attach to a run"
    return Row(f"{what} of {_TOTAL:,} events", f"{taken:.0f} ms of CPU", "aim 300 ms", taken / 300, 1)


async def _record(path: Path, *, ended: bool) -> None:
    store = await ExecutionStore.open(path)
    at = datetime.now(UTC) - timedelta(minutes=5)
    infos = [StepInfo(path=f"s{n}", step_id=f"s{n}", step_name=f"s{n}", step_type="set") for n in range(1_000)]
    for run, events in (("small-run", 10), ("big-run", _TOTAL)):
        made: list[ExecutionEvent] = [
            Created(run_id=run, timestamp=at, workflow_id="w", steps=infos),
            Started(run_id=run, timestamp=at),
        ]
        for number in range(events - 3):
            path_ = f"s{number // 100 % 1_000}"
            if number % 100 == 0:
                made.append(
                    StepStarted(
                        run_id=run,
                        timestamp=at,
                        path=path_,
                        step_id=path_,
                        step_name=path_,
                        step_type="set",
                        input=number,
                    )
                )
            elif number % 100 == 99:
                made.append(StepCompleted(run_id=run, timestamp=at, path=path_, step_id=path_, output=1, duration=1.0))
            else:
                made.append(Log(run_id=run, timestamp=at, path=path_, message=f"line {number}"))
        made.append(
            Completed(run_id=run, timestamp=at, outputs=None, duration=5.0)
            if ended or run == "small-run"
            else Log(run_id=run, timestamp=at, message="still going")
        )
        for start in range(0, len(made), 500):
            await store.append(made[start : start + 500], wait=True)
    await store.close()


# --- at rest


def _idle(folder: Path) -> Iterable[Row]:
    path = folder / "tables" / "workflows"
    for name, kind, given in (("ends", "set", {}), ("waits", "approval", {"prompt": "?"})):
        (path / name).mkdir(parents=True)
        steps = [{"id": "a", "type": kind, "input": given}]
        (path / name / "workflow.json").write_text(json.dumps({"format": 1, "id": name, "steps": steps}))
    for what, screen in {
        "a finished run's monitor": "ends",
        "History": "history",
        "a waiting monitor (its clock moves)": "waits",
    }.items():
        written = measure_idle(folder, screen, _IDLE_SECONDS)
        aim = 400 * _IDLE_SECONDS if screen == "waits" else 0
        ratio, most = (written / aim, 1) if aim else (written, 0)
        yield Row(f"{what}, bytes on the wire in {_IDLE_SECONDS} s", f"{written}", f"aim {aim}", ratio, most)


# --- the app as the program runs it


@asynccontextmanager
async def shown_app(folder: Path) -> AsyncIterator[tuple[WftuiApp, Pilot[Any]]]:
    """Open the app without a terminal, its engine in a thread as in the program."""
    workbench = Workbench(Settings(tables=folder / "tables", database=folder / "runs.db", user_id="bench"))
    async with EngineThread() as engine:
        local = on_engine_thread(workbench.local, engine)
        app = WftuiApp(local)
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.pause()
            yield app, pilot
        await local.close(cancel=True)


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(_PAUSE)
