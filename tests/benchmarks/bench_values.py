"""A stored value of 50 MB on the screen: opened, searched to its end, as a table.

A hold-up is what the thread of the screen computes between two turns of its event loop, or a collection of garbage in
any thread, by the clock of the thread: keys wait for as long.
"""

import asyncio
import gc
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from measure import Row
from textual.pilot import Pilot

from wftui.cli.main import _GARBAGE
from wftui.model.clock import utc_now
from wftui.model.json.big_values import collect_all
from wftui.model.run.events import Completed, Created, ExecutionEvent, Started, StepCompleted, StepStarted
from wftui.model.run.steps import ValueRef
from wftui.tui.app import WftuiApp
from wftui.tui.screens.runs.value_screen import ValueScreen
from wftui.tui.screens.runs.value_table_screen import ValueTableScreen
from wftui.workbench import Settings, Workbench

_RUN = "01k9x2m4z-10n9s"
_AIM = 50
_ROWS = 400_000
_TEXT = "lorem ipsum " * 6


class _HoldUps:
    """The longest turn of the event loop or collection, in milliseconds of CPU."""

    def __init__(self) -> None:
        self._worst = 0.0
        loop: Any = asyncio.get_running_loop()
        turn = loop._run_once

        def timed() -> None:
            begun = time.thread_time()
            turn()
            self._worst = max(self._worst, (time.thread_time() - begun) * 1000)

        loop._run_once = timed
        gc.callbacks.append(self._collected)
        self._local = threading.local()

    def _collected(self, phase: str, _facts: Mapping[str, int]) -> None:
        if phase == "start":
            self._local.begun = time.thread_time()
        else:
            self._worst = max(self._worst, (time.thread_time() - self._local.begun) * 1000)

    def take(self) -> float:
        """Return the longest, and forget it."""
        worst, self._worst = self._worst, 0.0
        return worst


def rows() -> Iterable[Row]:
    """The longest hold-up of each thing a user does with the value."""
    gc.set_threshold(*_GARBAGE)  # as the program does
    with tempfile.TemporaryDirectory() as folder:
        for what, worst in asyncio.run(_measure(Path(folder))).items():
            yield Row(f"50 MB value, {what}: longest hold-up", f"{worst:.0f} ms", "CPU of its thread", worst / _AIM, 1)


async def _measure(folder: Path) -> dict[str, float]:
    found: dict[str, float] = {}
    async with _opened(folder) as (app, pilot, reference):
        screen = ValueScreen("it", reference.to_wire(), _source(app), name="it")
        turns = _HoldUps()

        async def until(is_done: Callable[[], bool], what: str) -> None:
            while not is_done():
                await asyncio.sleep(0.02)
            found[what] = turns.take()

        collect_all()  # as the program does while no key comes
        await asyncio.sleep(0)
        turns.take()
        app.push_screen(screen)
        await until(lambda: screen._view.rows > 10, "opened")
        screen._view.set_search("the needle")
        await until(lambda: screen._view.found().startswith("the needle 1 of 1"), "searched to its end")
        await pilot.press("home", "end")
        await until(lambda: screen._view.cursor == screen._view.rows - 1, "its end")
        await pilot.press("O")
        await until(lambda: bool(screen._view._folds), "all folded")
        await pilot.press("t")
        await until(lambda: isinstance(app.screen, ValueTableScreen), "as a table")
        table = app.screen
        assert isinstance(table, ValueTableScreen)
        await pilot.press("s")
        await until(lambda: table.table.sorted_by is not None and not table.table.is_busy, "sorted")
    return found


def _source(app: WftuiApp) -> Callable[[ValueRef, int], Any]:
    return lambda reference, offset: app.workbench.runs.value_text(_RUN, reference, offset)


@asynccontextmanager
async def _opened(folder: Path) -> AsyncIterator[tuple[WftuiApp, Pilot[Any], ValueRef]]:
    workbench = Workbench(Settings(tables=folder / "tables", database=folder / "runs.db", user_id="me"))
    value = [{"id": number, "name": f"name {number}", "text": _TEXT} for number in range(_ROWS)]
    value[-1]["name"] = "the needle"
    where: dict[str, Any] = {"run_id": _RUN, "timestamp": utc_now()}
    step: dict[str, Any] = {"step_id": "a", "path": "a", **where}
    ends: list[ExecutionEvent] = [StepCompleted(output=value, duration=1, **step), Completed(duration=1, **where)]
    begins: list[ExecutionEvent] = [
        Created(workflow_id="w", user_id="me", **where),
        Started(**where),
        StepStarted(step_name="a", **step),
    ]
    await (await workbench.store()).append([*begins, *ends], wait=True)
    del value, ends
    reference = (await workbench.runs.record(_RUN)).step_results[0].output
    app = WftuiApp(workbench)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        yield (
            app,
            pilot,
            ValueRef.model_validate(
                {"hash": reference["$value"], "bytes": reference["bytes"], "preview": reference["preview"]}
            ),
        )
    await workbench.close()
