"""Steps edited and added in forms; only the changes reach the source."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import TextArea

from wftui.tui.app import WftuiApp
from wftui.tui.canvas.step_list import StepList
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.tui.screens.editor.step_form import StepForm
from wftui.tui.screens.runs.run_form import RunInputModal
from wftui.tui.widgets.picker import Picker
from wftui.tui.widgets.schema_form.editors.text_editor import TextEditor
from wftui.tui.widgets.schema_form.form import SchemaForm
from wftui.tui.widgets.source.source_view import SourceView
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]
Put = Callable[..., Path]

FETCH = {
    "id": "fetch",
    "type": "http",
    "needs": [],
    "input": {"url": "https://example.org/{{ inputs.page }}", "headers": {"Accept": "text/plain"}, "maxBytes": 1000},
}


def opened(workbench: Workbench) -> WftuiApp:
    return WftuiApp(workbench, start=lambda app: app.open_editor("pull"))


def ready(app: App[Any]) -> bool:
    return isinstance(app.screen, EditorScreen) and bool(app.screen.query(SourceView)) and "fetch" in source(app)


def source(app: App[Any]) -> str:
    return str(app.screen.query_one(SourceView).text)


@pytest.mark.first_cases(1)
async def test_the_inspector_looks(
    workbench: Workbench,
    put_workflow: Put,
    size: tuple[int, int],
    until: Until,
    text_of: TextOf,
    matches: Callable[[Pilot[Any]], Awaitable[bool]],
) -> None:
    put_workflow("pull", steps=[FETCH])
    app = opened(workbench)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: ready(app) and "[1 Steps]" in text_of(app))
        await pilot.press("f3")
        await until(pilot, lambda: isinstance(app.screen, StepForm) and "default: GET" in text_of(app) and app.focused)
        await until(pilot, lambda: "Apply" in text_of(app))
        assert await matches(pilot)


async def test_change_writes_only_its_value(workbench: Workbench, put_workflow: Put, until: Until) -> None:
    path = put_workflow("pull", steps=[FETCH])
    written = path.read_text()
    app = opened(workbench)
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, lambda: ready(app))
        await pilot.press("f3")
        await until(pilot, lambda: isinstance(app.screen, StepForm) and app.focused is not None)
        form = app.screen
        assert isinstance(form, StepForm)
        await until(pilot, lambda: _pointer(form) == "/input/method")
        await pilot.press("tab", "end", *"/x", "enter")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen))
        await until(pilot, lambda: source(app) == written.replace("{{ inputs.page }}", "{{ inputs.page }}/x"))
        await pilot.press("f3")
        await until(pilot, lambda: isinstance(app.screen, StepForm) and app.focused is not None)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen))
        await pilot.press("ctrl+z")
        await until(pilot, lambda: source(app) == written)


async def test_a_step_is_added_from_the_palette(
    workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    put_workflow("pull", steps=[FETCH])
    app = opened(workbench)
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, lambda: ready(app))
        await pilot.press("ctrl+n")
        await until(pilot, lambda: isinstance(app.screen, Picker) and "Approval" in text_of(app))
        await pilot.press(*"shell:", "enter")
        await until(pilot, lambda: isinstance(app.screen, StepForm) and isinstance(app.focused, TextArea))
        await pilot.press(*"date", "f2")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and "shell" in source(app))
        steps = json.loads(source(app))["steps"]
        assert steps[1] == {"id": "shell", "type": "shell", "input": {"script": "date"}}
        assert steps[0] == FETCH
        await until(pilot, lambda: app.screen.query_one(StepList).cursor == "shell")
        view = app.screen.query_one(SourceView)
        await until(pilot, lambda: '"id": "shell"' in source(app).splitlines()[view.line])


async def test_leaving_the_palette_or_its_form_adds_nothing(
    workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    path = put_workflow("pull", steps=[FETCH])
    app = opened(workbench)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: ready(app))
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, Picker) and "Approval" in text_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, StepForm) and app.focused is not None)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen))
        assert source(app) == path.read_text()


def _pointer(form: StepForm) -> str:
    from wftui.model.forms.addresses import pointer_of
    from wftui.tui.widgets.schema_form.field_row import FieldRow

    focused = form.focused
    row = next((each for each in focused.ancestors if isinstance(each, FieldRow)), None) if focused else None
    return pointer_of(row.node) if row is not None else ""


async def test_form_help_lists_its_keys(workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf) -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}}
    put_workflow("pull", inputSchema=schema)
    app = WftuiApp(workbench, start=lambda app: app.open_run_form("pull"))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, RunInputModal) and app.focused is not None)
        await pilot.press("f1")
        await until(pilot, lambda: "Validate the inputs and run the workflow." in text_of(app))
        assert "Show the connections." not in text_of(app)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, RunInputModal))


async def test_inputs_of_a_chosen_child_are_fields(workbench: Workbench, put_workflow: Put, until: Until) -> None:
    schema = {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]}
    put_workflow("child", inputSchema=schema)
    put_workflow("pull", steps=[{"id": "fetch", "type": "workflow", "input": {"workflow": "child"}}])
    app = opened(workbench)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: ready(app) and app.focused)
        await pilot.press("f3")
        await until(pilot, lambda: isinstance(app.screen, StepForm) and app.focused)
        form = app.screen.query_one(SchemaForm)
        await form.focus_on("/input/inputs/place")
        await until(pilot, lambda: isinstance(app.focused, TextEditor))
        await pilot.press("U", "l", "m", "enter")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and "Ulm" in source(app))
        assert json.loads(source(app))["steps"][0]["input"] == {"workflow": "child", "inputs": {"place": "Ulm"}}
