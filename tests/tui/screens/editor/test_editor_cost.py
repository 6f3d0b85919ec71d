"""The cost of a key is independent of the workflow's size: calls are counted."""

import asyncio
import gc
import sys
import weakref
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from helpers import patience
from textual import events
from textual.pilot import Pilot

from tui.conftest import settle
from wftui.tui.app import WftuiApp
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.tui.screens.workflows_screen import WorkflowsScreen
from wftui.tui.widgets.source.code_area import CodeArea
from wftui.tui.widgets.source.compilation_status import CompilationStatus
from wftui.tui.widgets.source.source_view import SourceView
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]


class Calls:
    """Counts the Python functions called in this thread."""

    def __init__(self) -> None:
        self.number = 0

    def __enter__(self) -> "Calls":
        sys.setprofile(self._profile)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _profile(self, _frame: FrameType, event: str, _argument: object) -> None:
        self.number += event == "call"


async def open_source(pilot: Pilot[Any], until: Until, workflow_id: str) -> SourceView:
    app = pilot.app
    assert isinstance(app, WftuiApp)
    app.open_editor(workflow_id)
    await until(pilot, lambda: isinstance(app.screen, EditorScreen) and is_checked(app.screen))
    await pilot.press("2")
    source = app.screen.query_one(SourceView)
    source.jump(
        next(row for row, line in enumerate(source.text.split("\n"), 1) if "word" in line), len('        "a": "w')
    )
    await pilot.pause()
    return source


def is_checked(screen: Any) -> bool:
    status = screen.query_one(CompilationStatus)
    return status.result is not None and not status.stale


async def calls_of_keys(workbench: Workbench, until: Until, workflow_id: str, keys: list[str]) -> int:
    """Return the calls of the cheapest key, to exclude unrelated work."""
    app = WftuiApp(workbench)
    async with app.run_test(size=(120, 40)) as pilot:
        source = await open_source(pilot, until, workflow_id)
        status = app.screen.query_one(CompilationStatus)
        changed = asyncio.Event()
        app.screen.watch(source, "selection", changed.set, init=False)
        app.screen.watch(status, "stale", changed.set, init=False)
        taken = []
        for key in keys:
            before = source.selection, source.text, status.result
            changed.clear()
            with Calls() as calls:  # without the pilot, which looks the more often the longer a key takes
                app.post_message(events.Key(key, key if len(key) == 1 else None))
                async with patience():
                    while source.selection == before[0] or (source.text != before[1]) == (status.result is before[2]):
                        changed.clear()
                        await changed.wait()
                await settle(app)
            await until(pilot, lambda: is_checked(app.screen))
            taken.append(calls.number)
    return min(taken)


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("keys", [["x"] * 3, ["down"] * 3], ids=["typing", "moving"])
async def test_a_key_costs_the_same_in_a_big_source(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until, keys: list[str]
) -> None:
    taken = []
    for number in (10, 200):
        put_workflow(
            f"w{number}", steps=[{"id": f"s{n}", "type": "set", "input": {"a": "word"}} for n in range(number)]
        )
        taken.append(await calls_of_keys(workbench, until, f"w{number}", keys))
    assert taken[1] < 1.4 * taken[0]


@pytest.mark.slow
async def test_closed_screens_are_freed(workbench: Workbench, put_workflow: Callable[..., Path], until: Until) -> None:
    put_workflow("many")
    app = WftuiApp(workbench)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen) and app.screen.is_loaded)
        closed: list[weakref.ref[Any]] = []
        for key, name in 2 * [("enter", "EditorScreen"), ("H", "HistoryScreen"), ("S", "SettingsScreen")]:
            await pilot.press(key)
            await until(pilot, lambda name=name: type(app.screen).__name__ == name)
            closed.append(weakref.ref(app.screen))
            closed.extend(weakref.ref(each) for each in app.screen.query(SourceView))
            closed.extend(weakref.ref(each.document) for each in app.screen.query(CodeArea))
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen))

        def kept() -> int:
            gc.collect()
            return sum(each() is not None for each in closed)

        # The last one may be known to the key that closed it.
        await until(pilot, lambda: kept() <= 1)
