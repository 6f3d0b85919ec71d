"""Names inserted into expressions by a key: in the step form and in the source."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from textual.app import App
from textual.widgets import Input

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
        await until(pilot, lambda: form.focused)
        await form.query_one(SchemaForm).focus_on("/input/copy")
        await until(pilot, lambda: isinstance(form.focused, Input))
        await pilot.press("ctrl+l")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press(*"first.output.text")
        await until(pilot, lambda: "Hello in the last run" in text_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is form)
        await until(pilot, lambda: "{{ steps.first.output.text }}" in text_of(app))
        await pilot.press("f2")
        await until(pilot, lambda: app.screen is editor)
        source = editor.query_one(SourceView)
        await until(
            pilot,
            lambda: json.loads(source.text)["steps"][1]["input"] == {"copy": "{{ steps.first.output.text }}"},
        )


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


HELLO: list[dict[str, Any]] = [
    {"id": "first", "type": "set", "input": {"text": "Hello"}},
    {"id": "second", "type": "set", "input": {"copy": "{{ steps.first.output.text }}!"}},
]


async def open_second(app: WftuiApp, pilot: Any, until: Until, pointer: str) -> StepForm:
    """Open the form of the second step, at a field."""
    await until(pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.query_one(CompilationStatus).result)
    await pilot.press("j", "i")
    await until(pilot, lambda: isinstance(app.screen, StepForm))
    form = app.screen
    assert isinstance(form, StepForm)
    await until(pilot, lambda: form.focused)
    await form.query_one(SchemaForm).focus_on(pointer)
    await until(pilot, lambda: isinstance(form.focused, Input))
    return form


async def test_value_of_the_last_run_and_problems_are_under_the_field(
    workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    put_workflow("hello", steps=HELLO)
    await workbench.runs.wait(await workbench.runs.start("hello", {}))
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test(size=(100, 30)) as pilot:
        await open_second(app, pilot, until, "/input/copy")
        await until(pilot, lambda: '= "Hello!"  last run' in text_of(app))
        await pilot.press("home", *"{{ steps.frist.output }} ")
        await until(pilot, lambda: "^ there is no step 'frist'" in text_of(app))
        lines = text_of(app).splitlines()
        row = next(index for index, line in enumerate(lines) if "^ there is" in line)
        assert lines[row].index("^") == lines[row - 1].index("steps.frist")


async def test_name_is_completed_in_a_field(workbench: Workbench, put_workflow: Put, until: Until) -> None:
    put_workflow("hello", steps=HELLO)
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test(size=(100, 30)) as pilot:
        form = await open_second(app, pilot, until, "/input/copy")
        field = form.focused
        assert isinstance(field, Input)
        await until(pilot, lambda: field.suggester)
        await pilot.press("end", *" {{ steps.fi")
        await until(pilot, lambda: field._suggestion)
        await pilot.press("right", ".", "t")
        await until(pilot, lambda: field._suggestion)
        await pilot.press("right")
        await until(pilot, lambda: field._suggestion.endswith(" }}"))
        await pilot.press("right")
        assert field.value.endswith("! {{ steps.first.output.text }}")


async def test_name_is_completed_in_the_source(workbench: Workbench, put_workflow: Put, until: Until) -> None:
    put_workflow("hello", steps=[HELLO[0], {"id": "second", "type": "set", "when": "x", "input": {}}])
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(
            pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.query_one(CompilationStatus).result
        )
        source = app.screen.query_one(SourceView)
        await pilot.press("2", "ctrl+f", *'"x"', "enter")
        await until(pilot, lambda: source.selected_text == '"x"')
        await pilot.press("right", "left", "backspace", *"steps.first.output.te")
        await until(pilot, lambda: source.suggestion == "xt")
        await pilot.press("right")
        assert '"when": "steps.first.output.text"' in source.text
