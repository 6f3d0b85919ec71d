"""A burst of keys goes to what each key opens, not to the screen below."""

import asyncio
import math
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from wftui.tui.app import WftuiApp
from wftui.tui.canvas.workflow_canvas import WorkflowCanvas
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.tui.screens.editor.step_form import StepForm
from wftui.tui.screens.workflows_screen import WorkflowsScreen
from wftui.tui.terminal import type_ahead
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
NAMES = {"\x0e": "ctrl+n", ":": "colon", "/": "slash", "\x06": "ctrl+f", "\r": "enter"}


def burst(app: App[Any], text: str) -> None:
    """Press all keys of a text at once, as after a network delay."""
    for letter in text:
        app.post_message(events.Key(NAMES.get(letter, letter), letter))


def text_in_focus(app: App[Any]) -> str:
    return app.focused.value if isinstance(app.focused, Input) else ""


async def editor_with_steps(app: WftuiApp, pilot: Pilot[Any], until: Until) -> EditorScreen:
    """Wait for the editor that an app begins with, and return it."""
    await until(pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.steps)
    assert isinstance(app.screen, EditorScreen)
    return app.screen


@pytest.mark.parametrize("opens", ["/", "n", "d"])
async def test_burst_reaches_the_opened_screen(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until, opens: str
) -> None:
    put_workflow("hello")
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen) and app.screen.is_loaded)
        burst(app, f"{opens}noise")
        await until(pilot, lambda: text_in_focus(app).endswith("noise"))
        assert len(app.screen_stack) == (1 if opens == "/" else 2)


@pytest.mark.parametrize("opens", ["/", "n", "d"])
async def test_text_pasted_right_after_a_key_reaches_what_it_opens(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until, opens: str
) -> None:
    put_workflow("hello")
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen) and app.screen.is_loaded)
        burst(app, f"{opens}ab")
        app.post_message(events.Paste("noise"))
        burst(app, "cd")
        await until(pilot, lambda: text_in_focus(app).endswith("abnoisecd"))


async def test_burst_reaches_the_run_form_loaded_first(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until
) -> None:
    put_workflow("hello", inputSchema={"type": "object", "properties": {"who": {"type": "string"}}})
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen) and app.screen.is_loaded)
        burst(app, "rnoise")
        await until(pilot, lambda: text_in_focus(app) == "noise")


async def test_editor_search_takes_the_following_keys(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until
) -> None:
    put_workflow("hello")
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test() as pilot:
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and app.focused is not None)
        burst(app, "\x06greet")
        await until(pilot, lambda: text_in_focus(app) == "greet")


async def test_keys_reach_the_form_after_a_dialog(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until
) -> None:
    path = put_workflow("hello")
    before = path.read_text()
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test() as pilot:
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.steps)
        burst(app, "\x0eshell:\rdate")
        await until(pilot, lambda: isinstance(app.focused, TextArea) and app.focused.text == "date")
        assert isinstance(app.screen, StepForm)
        assert path.read_text() == before


async def test_keys_after_a_closing_dialog_reach_the_screen_below(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until
) -> None:
    put_workflow("hello")
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test() as pilot:
        screen = await editor_with_steps(app, pilot, until)
        burst(app, "wloop\rd")
        await until(pilot, lambda: [each.id for each in screen.steps] == ["loop", "greet", "loop_2", "greet_2"])


async def test_keys_reach_the_pane_that_a_key_focuses(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until
) -> None:
    put_workflow("hello")
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test() as pilot:
        screen = await editor_with_steps(app, pilot, until)
        before = screen.source.text
        burst(app, "2dD")
        await until(pilot, lambda: len(screen.source.text) == len(before) + 2)
        assert screen.source.text.replace("dD", "") == before


async def test_moved_cursor_is_kept_when_the_next_key_focuses_another_pane(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until
) -> None:
    put_workflow("hello", steps=[{"id": name, "type": "set", "input": {}} for name in ("a", "b", "c")])
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test() as pilot:
        screen = await editor_with_steps(app, pilot, until)
        await until(pilot, lambda: screen.step_list.has_focus)
        screen.step_list.focus_step("c")
        screen.set_focus(screen.query_one(WorkflowCanvas))
        await until(pilot, lambda: screen.query_one(WorkflowCanvas).cursor == "c")
        assert app.memory.recall("editor hello")["step"] == "c"


@pytest.mark.parametrize("is_first", [True, False])
async def test_keys_wait_for_the_file_that_an_editor_reads(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until, is_first: bool
) -> None:
    put_workflow("hello")
    read = threading.Event()
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen) and app.screen.is_loaded)
        loop = asyncio.get_running_loop()
        threads = [loop.run_in_executor(None, read.wait) for _ in range(100)]  # none is left to read a file
        if is_first:
            app.open_editor("hello")
            await until(pilot, lambda: isinstance(app.screen, EditorScreen))
        burst(app, "dd" if is_first else "\rdd")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen))
        await pilot.pause()
        read.set()
        await asyncio.gather(*threads)
        await until(
            pilot,
            lambda: (
                isinstance(app.screen, EditorScreen)
                and [each.id for each in app.screen.steps] == ["greet", "greet_2", "greet_3"]
            ),
        )


def steps_shown(app: WftuiApp) -> int:
    return len(app.screen.steps) if isinstance(app.screen, EditorScreen) else 0


async def opening_without_end(
    app: WftuiApp, pilot: Pilot[Any], until: Until, monkeypatch: pytest.MonkeyPatch
) -> asyncio.Event:
    """Begin to open the editor, blocked on an event; return after a very long wait."""
    monkeypatch.setattr(type_ahead, "_PATIENCE", 2)
    gate = asyncio.Event()

    async def open_late() -> None:
        await gate.wait()
        app.open_editor("hello")

    await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen) and app.screen.is_loaded)
    app.screen.run_worker(open_late(), group="load")
    burst(app, "dd")
    await until(pilot, lambda: app._type_ahead._turns > type_ahead._PATIENCE)
    return gate


async def test_keys_wait_for_a_screen_however_long_it_takes(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_workflow("hello")
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        gate = await opening_without_end(app, pilot, until, monkeypatch)
        assert isinstance(app.screen, WorkflowsScreen)
        monkeypatch.setattr(type_ahead, "_PATIENCE", math.inf)  # keys take effect as slowly as the machine is
        gate.set()
        await until(pilot, lambda: steps_shown(app) == 3)


async def test_escape_drops_the_keys_that_wait_for_a_screen(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_workflow("hello")
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        gate = await opening_without_end(app, pilot, until, monkeypatch)
        app.post_message(events.Key("escape", None))
        await pilot.pause()
        burst(app, "/x")
        await until(pilot, lambda: text_in_focus(app) == "x")
        monkeypatch.setattr(type_ahead, "_PATIENCE", math.inf)
        gate.set()
        await until(pilot, lambda: steps_shown(app) == 1)
        await pilot.press("d")
        await until(pilot, lambda: steps_shown(app) == 2)
