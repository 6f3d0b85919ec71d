"""Try a step and pin outputs by keys; marks of steps in list and canvas."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from textual.app import App

from tui.notices import notices
from wftui.tui.app import WftuiApp
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.tui.screens.editor.trial_screen import TrialScreen
from wftui.tui.screens.runs.run_form import RunInputModal
from wftui.tui.widgets.source.compilation_status import CompilationStatus
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
Put = Callable[..., Path]
TextOf = Callable[[App[Any]], str]

STEPS = [
    {"id": "first", "type": "set", "input": {"text": "Hello"}},
    {"id": "second", "type": "set", "retry": {"maxAttempts": 3}, "input": {"copy": "{{ steps.first.output.text }}!"}},
]


async def opened(app: WftuiApp, pilot: Any, until: Until) -> EditorScreen:
    await until(pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.query_one(CompilationStatus).result)
    assert isinstance(app.screen, EditorScreen)
    return app.screen


async def test_step_is_tried_and_its_output_pinned(
    workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    path = put_workflow("hello", steps=STEPS)
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test(size=(100, 30)) as pilot:
        editor = await opened(app, pilot, until)
        await pilot.press("j", "t")
        await until(pilot, lambda: isinstance(app.screen, TrialScreen) and '"copy": "Hello!"' in text_of(app))
        await pilot.press("p")
        await until(pilot, lambda: (path.parent / "pins.json").exists())
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is editor and "⚑ ↻3" in text_of(app))
        await until(pilot, lambda: "pinned for trials, up to 3 attempts" in text_of(app))
        await pilot.press("asterisk")
        await until(pilot, lambda: not (path.parent / "pins.json").exists() and "⚑" not in text_of(app))
        await pilot.press("k", "asterisk")
        await until(pilot, lambda: any("first has no output in the last run" in each for each in notices(app)))


async def test_inputs_are_asked_and_a_trial_can_be_left(
    workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    steps = [{"id": "first", "type": "shell", "input": {"script": "sleep 60"}}]
    schema = {"type": "object", "properties": {"name": {"type": "string"}}}
    put_workflow("hello", steps=steps, inputSchema=schema)
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test(size=(100, 30)) as pilot:
        editor = await opened(app, pilot, until)
        await pilot.press("g")
        await until(pilot, lambda: isinstance(app.screen, RunInputModal))
        await pilot.press("f5")
        await until(pilot, lambda: isinstance(app.screen, TrialScreen) and "Running" in text_of(app))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is editor)
        assert workbench.runs.running() == []
