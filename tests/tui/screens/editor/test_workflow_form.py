"""The form of a workflow: header, inputs and maps as fields, without writing JSON."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input

from wftui.tui.app import WftuiApp
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.tui.screens.editor.step_form import StepForm
from wftui.tui.screens.editor.workflow_form import RunFormPreview
from wftui.tui.widgets.schema_form.form import SchemaForm
from wftui.tui.widgets.source.compilation_status import CompilationStatus
from wftui.tui.widgets.source.source_view import SourceView
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
Put = Callable[..., Path]


async def form_of_workflow(pilot: Pilot[Any], until: Until) -> tuple[EditorScreen, StepForm]:
    app: App[Any] = pilot.app
    await until(pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.query_one(CompilationStatus).result)
    editor = app.screen
    await pilot.press("E")
    await until(pilot, lambda: isinstance(app.screen, StepForm) and app.screen.focused)
    assert isinstance(editor, EditorScreen)
    assert isinstance(app.screen, StepForm)
    return editor, app.screen


async def test_output_is_added_by_keys(workbench: Workbench, put_workflow: Put, until: Until) -> None:
    path = put_workflow("hello")
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test(size=(120, 40)) as pilot:
        editor, form = await form_of_workflow(pilot, until)
        await form.query_one(SchemaForm).focus_on("/outputs")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(form.focused, Input))
        await pilot.press(*"say", "tab", *"{{ run.id }}", "f2")
        await until(pilot, lambda: app.screen is editor and "say" in editor.query_one(SourceView).text)
        text = editor.query_one(SourceView).text
        assert json.loads(text)["outputs"] == {"say": "{{ run.id }}"}
        assert text.startswith(path.read_text().rstrip().removesuffix("}").rstrip()), "nothing else changed"
        await pilot.press("u")
        await until(pilot, lambda: editor.query_one(SourceView).text == path.read_text())


async def test_unchanged_form_changes_no_byte(
    workbench: Workbench,
    put_workflow: Put,
    until: Until,
    size: tuple[int, int],
    matches: Callable[[Pilot[Any]], Awaitable[bool]],
) -> None:
    schema = {"type": "object", "properties": {"limit": {"type": "integer", "maximum": 9}}, "required": ["limit"]}
    path = put_workflow("hello", name="Hello", labels={"team": "ops"}, inputSchema=schema, outputs={"x": 1})
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test(size=size) as pilot:
        editor, _form = await form_of_workflow(pilot, until)
        assert await matches(pilot)
        await pilot.press("f2")
        await until(pilot, lambda: app.screen is editor)
        assert editor.query_one(SourceView).text == path.read_text()


async def test_run_form_of_edited_inputs_is_previewed(
    workbench: Workbench, put_workflow: Put, until: Until, text_of: Callable[[App[Any]], str]
) -> None:
    schema = {"type": "object", "properties": {"limit": {"type": "integer", "title": "Most rows"}}}
    path = put_workflow("hello", inputSchema=schema)
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test(size=(120, 40)) as pilot:
        editor, form = await form_of_workflow(pilot, until)
        await form.query_one(SchemaForm).focus_on("/inputSchema/properties/limit/title")
        await pilot.press("end", *"!")
        await until(pilot, lambda: text_of(app).count("Most rows!") == 2)  # the field, and the form beside it
        await pilot.press("ctrl+t")
        await until(pilot, lambda: isinstance(app.screen, RunFormPreview) and "Most rows!" in text_of(app))
        await pilot.resize_terminal(80, 24)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is form)
        await until(pilot, lambda: text_of(app).count("Most rows!") == 1)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is editor)
        assert editor.query_one(SourceView).text == path.read_text()


async def test_preview_follows_until_there_are_no_inputs(
    workbench: Workbench, put_workflow: Put, until: Until, text_of: Callable[[App[Any]], str]
) -> None:
    put_workflow("hello", inputSchema={"type": "object", "properties": {"limit": {"type": "integer"}}})
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test(size=(160, 48)) as pilot:
        _editor, form = await form_of_workflow(pilot, until)
        await until(pilot, lambda: len(form.query(SchemaForm)) == 2)
        await form.query_one(SchemaForm).focus_on("/inputSchema/properties/limit")
        await pilot.press("shift+f9")
        await until(pilot, lambda: "it starts without a form" in text_of(app))
        await until(pilot, lambda: len(form.query(SchemaForm)) == 1)


async def test_description_is_shown_where_the_focus_is(
    workbench: Workbench, put_workflow: Put, until: Until, text_of: Callable[[App[Any]], str]
) -> None:
    put_workflow("hello")
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    about = {"/connections": "Connections that steps use", "/defaults": "Values for steps that do not set"}
    async with app.run_test(size=(120, 60)) as pilot:
        _editor, form = await form_of_workflow(pilot, until)
        for pointer, sentence in about.items():
            await form.query_one(SchemaForm).focus_on(pointer)
            await until(pilot, lambda sentence=sentence: sentence in text_of(app))
            await until(pilot, lambda: sum(each in text_of(app) for each in about.values()) == 1)
