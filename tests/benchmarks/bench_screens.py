"""The screens: first frame against a minimal app, and the start of a big workflow."""

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from bench_commands import Commands
from bench_startup import HELLO, first_frame
from cli_runs import Runs
from measure import Row, measure_pair
from rich.console import RenderableType
from shown_program import ShownProgram
from textual.screen import Screen

from wftui.tui.app import WftuiApp
from wftui.tui.widgets.title_bar import TitleBar
from wftui.workbench import Settings, Workbench

_FRAME = 1000 / 60
_PAUSE = 0.01


def rows() -> Iterable[Row]:
    """Frames of 200 and 2,000 workflows, and starts of 2,000 and 10,000 steps."""
    with tempfile.TemporaryDirectory() as name:
        yield _first_frame(Path(name))
    with tempfile.TemporaryDirectory() as name:
        yield _all_states(Path(name))
    for steps in (2_000, 10_000):
        with tempfile.TemporaryDirectory() as name:
            taken = asyncio.run(_start(Path(name), steps)) * 1000
        yield Row(
            f"{steps:,} steps, until the screen says that it starts", f"{taken:.0f} ms", "a frame", taken / _FRAME, 1
        )


def _first_frame(folder: Path) -> Row:
    for number in range(200):
        path = folder / "tables" / "workflows" / f"w{number}" / "workflow.json"
        path.parent.mkdir(parents=True)
        steps = [{"id": "a", "type": "set", "input": {"n": number}}]
        path.write_text(json.dumps({"format": 1, "id": f"w{number}", "steps": steps}))
    os.environ["XDG_DATA_HOME"] = str(folder / "data")
    screen = [sys.executable, "-m", "wftui", "--tables", str(folder / "tables"), "--db", str(folder / "runs.db")]
    hello = [sys.executable, "-c", HELLO]
    pair = measure_pair(
        lambda: first_frame(screen, b"Workflows"), lambda: first_frame(hello, b"HELLO-FRAME"), rounds=21
    )
    measured, other = f"{pair.median_a * 1000:.0f} ms", f"hello-world {pair.median_b * 1000:.0f} ms"
    return Row("first frame with 200 workflows", measured, other, pair.ratio, 1.1)


def _all_states(folder: Path) -> Row:
    """The CPU of a start until the states of 2,000 unchanged workflows are shown."""
    Commands(folder, 2_000)
    taken = []
    for _ in range(3):
        with ShownProgram(folder) as program:
            program.shows("ready")
            taken.append(program.cpu()[1])
    shown = min(taken)
    return Row("all states of 2,000 unchanged workflows on the screen", f"{shown:.2f} CPU s", "0.5 s", shown / 0.5, 1)


class _Watched(WftuiApp):
    """An app that notes when a frame first said that a run is being started."""

    message: float | None = None

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        super()._display(screen, renderable)
        if self.message is None and any(bar.doing for bar in self.screen.query(TitleBar)):
            self.message = time.perf_counter()


async def _start(folder: Path, steps: int) -> float:
    """Return the seconds from the key to the "starting" frame, before compiling."""
    workbench = Workbench(Settings(tables=folder / "tables", database=folder / "runs.db", user_id="bench"))
    app = _Watched(workbench)
    async with app.run_test() as pilot:
        await pilot.pause()
        workflow = Runs(folder).chain(steps)
        begin = time.perf_counter()
        app.open_run_form(workflow)
        while app.message is None:
            await asyncio.sleep(_PAUSE)
    await workbench.close(cancel=True)
    return app.message - begin
