"""A burst of keys goes to what each key opens, not to the screen below."""

import asyncio
import contextlib
import math
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from helpers import patience
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


@dataclass
class Work:
    """Long work; `cpu` is the CPU time it has used, beside which nothing counts."""

    cpu: float = 0.0


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    made = Work()
    monkeypatch.setattr("wftui.tui.terminal.type_ahead.time.thread_time", lambda: made.cpu)
    return made


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


class OpenApp:
    """An app in which nothing opens; what is called later waits in a list."""

    def __init__(self) -> None:
        self.screen = SimpleNamespace(ancestors_with_self=[])
        self.focused = None
        self.workers: list[Any] = []
        self.later: list[Callable[[], Awaitable[None]]] = []

    def call_later(self, callback: Any, *arguments: Any, **options: Any) -> None:
        self.later.append(partial(callback, *arguments, **options))


async def test_escape_that_comes_as_a_wait_ends_is_handled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type_ahead, "_PATIENCE", -1)
    app: Any = OpenApp()
    handled: list[str] = []

    async def handle(typed: type_ahead.Typed) -> None:
        assert isinstance(typed, events.Key)
        handled.append(typed.key)

    ahead = type_ahead.TypeAhead(app, handle, opening=(), asking=(), loading=())
    for key in "ab":
        await ahead.take(events.Key(key, key))
    async with patience():
        while not app.later:
            await asyncio.sleep(0)
    await ahead.take(events.Key("escape", None))
    for callback in [*app.later]:
        await callback()
    assert handled == ["a", "escape"]


@pytest.mark.parametrize(("cpu", "is_passed"), [(0.011, True), (0.0, False)])
async def test_keys_take_effect_before_the_next_parts_of_long_work(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until, work: Work, cpu: float, is_passed: bool
) -> None:
    """Small parts add up to one before a key is let pass."""
    put_workflow("hello")
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen) and app.screen.is_loaded)
        await app.give_way()  # the work begins
        parts = 0
        burst(app, "/noise")
        while text_in_focus(app) != "noise":
            await app.give_way()
            work.cpu += cpu
            parts += 1
        assert (parts < 15) == is_passed


async def test_key_that_a_thread_reads_during_long_work_takes_effect_before_the_next_part(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until, work: Work
) -> None:
    """A busy machine may leave the thread no time, but not each time."""
    put_workflow("hello")
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen) and app.screen.is_loaded)
        await pilot.press("slash")
        loop = asyncio.get_running_loop()
        typed, in_time = "", False
        while not in_time and len(typed) < 30:
            typed += "x"
            reader = threading.Thread(target=lambda: loop.call_soon_threadsafe(burst, app, "x"))
            reader.start()
            work.cpu += 0.011
            await app.give_way()
            in_time = text_in_focus(app) == typed
            await until(pilot, lambda: text_in_focus(app) == typed and not app.keys_wait)  # noqa: B023  waited for here
            reader.join()
        assert in_time


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


@contextlib.asynccontextmanager
async def files_unread() -> AsyncIterator[None]:
    """Keep threads from reading files until the block ends."""
    read, loop = threading.Event(), asyncio.get_running_loop()
    threads = [loop.run_in_executor(None, read.wait) for _ in range(100)]
    try:
        yield
    finally:
        read.set()
        await asyncio.gather(*threads)


@pytest.mark.parametrize("is_first", [True, False])
async def test_keys_wait_for_the_file_that_an_editor_reads(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until, is_first: bool
) -> None:
    put_workflow("hello")
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen) and app.screen.is_loaded)
        async with files_unread():
            if is_first:
                app.open_editor("hello")
                await until(pilot, lambda: isinstance(app.screen, EditorScreen))
            burst(app, "dd" if is_first else "\rdd")
            await until(pilot, lambda: isinstance(app.screen, EditorScreen))
            await pilot.pause()
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
        async with files_unread():
            gate.set()
            await until(pilot, lambda: isinstance(app.screen, EditorScreen))
            await pilot.pause()
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


async def test_long_work_passes_a_key_that_may_wait_for_it(
    workbench: Workbench,
    put_workflow: Callable[..., Path],
    until: Until,
    work: Work,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put_workflow("hello")
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        gate = await opening_without_end(app, pilot, until, monkeypatch)
        async with patience():
            for _ in range(200):
                work.cpu += 0.011
                await app.give_way()
        assert app.keys_wait
        gate.set()
        await until(pilot, lambda: steps_shown(app))
