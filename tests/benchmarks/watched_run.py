"""Runs and screens in a separate process, with or without a pseudo-terminal.

As a program: `watched_run.py FOLDER WORKFLOW {watched|clock|feed|unseen|alone|idle} RESULT`.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wftui.tui.app import WftuiApp
    from wftui.workbench.protocols import AnyWorkbench

_SOURCES = Path(__file__).parents[2]
_SETTLED = 3.0
"""Seconds without a byte after which a screen is at rest, or moves only its clock."""
_PAUSE = 0.005


@dataclass(frozen=True, slots=True)
class RunCost:
    """The cost of a run from start to end.

    Attributes:
        seconds: on the clock, between its first and its last event.
        cpu: seconds of all threads of its process.
        screen: those of the thread of the screen.
        written: bytes that the screen wrote.
    """

    seconds: float
    cpu: float
    screen: float
    written: int = 0


def measure_run(folder: Path, workflow: str, *, watched: bool, shown: str = "watched") -> RunCost:
    """Run a workflow without inputs in another process.

    Args:
        watched: started on a screen, which shows its monitor.
        shown: of the monitor: all of it, its header (`clock`), nothing (`feed`); or no monitor is opened (`unseen`).
    """
    result = folder / "cost.json"
    written = 0
    with _process(folder, workflow, shown if watched else "alone", result) as (process, controller):
        with contextlib.suppress(OSError):  # the end of the terminal
            while data := os.read(controller, 1 << 16):
                written += len(data)
        if process.wait() != 0:
            raise RuntimeError(f"it ended with {process.returncode}")
    seconds, cpu, screen = json.loads(result.read_text())
    return RunCost(seconds, cpu, screen, written)


def measure_idle(folder: Path, what: str, seconds: float) -> int:
    """Return the bytes that an idle screen writes: `history`, or a new run's monitor."""
    result = folder / "ready"
    result.unlink(missing_ok=True)
    with _process(folder, what, "idle", result) as (process, controller):
        while not result.exists():
            _read_for(controller, _PAUSE)
        _read_for(controller, _SETTLED)
        written = _read_for(controller, seconds)
        process.kill()  # a signal that it handles would let its run continue
    return written


def _read_for(controller: int, seconds: float) -> int:
    end, read = time.monotonic() + seconds, 0
    while (left := end - time.monotonic()) > 0:
        if select.select([controller], [], [], left)[0]:
            read += len(os.read(controller, 1 << 16))
    return read


@contextmanager
def _process(folder: Path, workflow: str, mode: str, result: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    words = [sys.executable, __file__, str(folder), workflow, mode, str(result)]
    environment = {**os.environ, "PYTHONPATH": str(_SOURCES), "TERM": "xterm-256color", "XDG_DATA_HOME": str(folder)}
    with subprocess.Popen(words, env=environment, stdin=terminal, stdout=terminal, stderr=terminal) as process:
        os.close(terminal)
        try:
            yield process, controller
        finally:
            os.close(controller)


# --- in the other process


def _main(folder: Path, workflow: str, mode: str, result: Path) -> None:
    from wftui.cli.main import _GARBAGE
    from wftui.workbench import Settings, Workbench

    gc.set_threshold(*_GARBAGE)
    workbench = Workbench(Settings(tables=folder / "tables", database=folder / "runs.db", user_id="bench"))
    if mode == "alone":
        asyncio.run(_alone(workbench, workflow, result))
        return
    from wftui.tui.launch import run_app

    async def start(app: WftuiApp) -> None:
        match mode:
            case "watched":
                app.run_worker(_watched(app, workflow, result))
            case "idle":
                app.run_worker(_at_rest(app, workflow, result))
            case _:
                app.run_worker(_reduced(app, workflow, mode, result))

    asyncio.run(run_app(workbench, start))


async def _alone(workbench: AnyWorkbench, workflow: str, result: Path) -> None:
    await workbench.workflows.outline(workflow)
    run = await workbench.runs.start(workflow, {})
    begin = time.process_time(), time.thread_time()
    await workbench.runs.until_end(run)
    await _note(workbench, run, begin, result)
    await workbench.close()


async def _watched(app: WftuiApp, workflow: str, result: Path) -> None:
    from wftui.tui.exit_summary import ExitMode

    app.open_run_form(workflow)
    while not (runs := app.workbench.runs.running()):
        await asyncio.sleep(_PAUSE)
    begin = time.process_time(), time.thread_time()
    await app.workbench.runs.until_end(runs[0])
    await _note(app.workbench, runs[0], begin, result)
    app.exit(ExitMode.DONE)


async def _reduced(app: WftuiApp, workflow: str, shown: str, result: Path) -> None:
    """Run a workflow in front of a monitor that draws less, or of none."""
    from wftui.tui.exit_summary import ExitMode
    from wftui.tui.screens.runs.monitor_screen import MonitorScreen
    from wftui.tui.widgets.run.header import RunHeader

    class ReducedMonitor(MonitorScreen):
        """A monitor that reads all events, and draws its header at most."""

        def _paint(self) -> None:
            painting, self._painting = self._painting, None
            if painting is not None:
                painting.stop()
            self._is_painted.set()
            self._budget.paint()
            if shown == "clock":
                self.query_one(RunHeader).read(self.shown)

    await app.workbench.workflows.outline(workflow)
    run = await app.workbench.runs.start(workflow, {})
    begin = time.process_time(), time.thread_time()
    if shown != "unseen":
        app.push_screen(ReducedMonitor(run))
    await app.workbench.runs.until_end(run)
    await _note(app.workbench, run, begin, result)
    app.exit(ExitMode.DONE)


async def _note(workbench: AnyWorkbench, run: str, begin: tuple[float, float], result: Path) -> None:
    cpu, screen = time.process_time() - begin[0], time.thread_time() - begin[1]
    summary = await workbench.records.summary(run)
    result.write_text(json.dumps([(summary.duration or 0) / 1000, cpu, screen]))


async def _at_rest(app: WftuiApp, what: str, result: Path) -> None:
    if what == "history":
        app.open_history()
    else:
        app.open_run_form(what)
        while not (runs := (await app.workbench.runs.history()).executions):
            await asyncio.sleep(_PAUSE)
        while what == "ends" and runs[0].status != "completed":
            runs = (await app.workbench.runs.history()).executions
            await asyncio.sleep(_PAUSE)
    await asyncio.sleep(1)
    result.touch()


if __name__ == "__main__":
    _main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4]))
