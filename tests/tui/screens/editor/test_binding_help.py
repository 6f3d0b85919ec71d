"""Names inserted into expressions by a key: in the step form and in the source."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from textual.app import App

from wftui.tui.app import WftuiApp
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.tui.screens.editor.step_form import StepForm
from wftui.tui.widgets.picker import Picker
from wftui.tui.widgets.schema_form.form import SchemaForm
from wftui.tui.widgets.source.compilation_status import CompilationStatus
from wftui.tui.widgets.source.source_view import SourceView
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
Put = Callable[..., Path]
TextOf = Callable[[App[Any]], str]


async def test_name_is_picked_in_a_step_form(
    workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    steps = [
        {"id": "first", "type": "set", "input": {"text": "Hello"}},
        {"id": "second", "type": "set", "input": {"copy": ""}},
    ]
    put_workflow("hello", steps=steps)
    await workbench.runs.wait(await workbench.runs.start("hello", {}))
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(
            pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.query_one(CompilationStatus).result
        )
        editor = app.screen
        await pilot.press("j", "i")
        await until(pilot, lambda: isinstance(app.screen, StepForm))
        form = app.screen
        assert isinstance(form, StepForm)
        await form.query_one(SchemaForm).focus_on("/input/copy")
        await pilot.press("ctrl+l")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press(*"first.output.text")
        await pilot.pause()
        assert "Hello in the last run" in text_of(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is form)
        await until(pilot, lambda: "{{ steps.first.output.text }}" in text_of(app))
        await pilot.press("f2")
        await until(pilot, lambda: app.screen is editor)
        found = json.loads(editor.query_one(SourceView).text)["steps"][1]["input"]
        assert found == {"copy": "{{ steps.first.output.text }}"}


async def test_name_is_inserted_into_the_source(workbench: Workbench, put_workflow: Put, until: Until) -> None:
    put_workflow("hello", steps=[{"id": "first", "type": "set", "when": "true and ", "input": {}}])
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(
            pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.query_one(CompilationStatus).result
        )
        source = app.screen.query_one(SourceView)
        await pilot.press("2", "ctrl+f", *"true and ", "enter")
        await until(pilot, lambda: source.selected_text == "true and ")
        await pilot.press("right", "ctrl+l")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press(*"run.attempt", "enter")
        await until(pilot, lambda: '"true and run.attempt"' in source.text)
