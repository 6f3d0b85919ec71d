"""Names inserted into expressions by a key: in the step form and in the source."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.app import App
from textual.widgets import Input

from tui.screens.editor.editor_views import focused_views, opened_form
from wftui.model.forms.addresses import pointer_of
from wftui.model.run.steps import ValueRef
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


async def test_new_step_reads_the_step_before_it_and_its_own_item(
    workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    put_workflow("hello", steps=[{"id": "first", "type": "set", "input": {"rows": [1, 2]}}])
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(
            pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.query_one(CompilationStatus).result
        )
        await pilot.press("ctrl+n")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press(*"assert", "enter")
        await until(pilot, lambda: isinstance(app.screen, StepForm))
        form = app.screen
        assert isinstance(form, StepForm)
        await form.query_one(SchemaForm).focus_on("/when")
        await until(pilot, lambda: isinstance(form.focused, Input))
        await pilot.press("ctrl+l")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press(*"first.output.rows")
        await until(pilot, lambda: "steps.first.output.rows" in text_of(app))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is form)
        await form.query_one(SchemaForm).focus_on("/forEach/in")
        await until(pilot, lambda: isinstance(form.focused, Input))
        await pilot.press(*"[1]")
        await form.query_one(SchemaForm).focus_on("/when")
        await pilot.press("ctrl+l")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await until(pilot, lambda: "item of the forEach of assert" in text_of(app))


@pytest.mark.parametrize(
    ("word", "field", "typed", "step"),
    [
        ("http", "/input/url", "https://x.org", {"id": "http", "type": "http", "input": {"url": "https://x.org"}}),
        (
            "for each",
            "/forEach/in",
            "range(3)",
            {
                "id": "each",
                "type": "group",
                "forEach": {"in": "range(3)"},
                "steps": [{"id": "each_step", "type": "set", "input": {}}],
            },
        ),
    ],
)
async def test_form_of_a_new_step_begins_where_a_value_is_required(
    word: str, field: str, typed: str, step: Any, workbench: Workbench, put_workflow: Put, until: Until
) -> None:
    put_workflow("hello", steps=[])
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(
            pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.query_one(CompilationStatus).result
        )
        editor = app.screen
        await pilot.press("ctrl+n")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press(*("space" if letter == " " else letter for letter in word), "enter")
        await until(pilot, lambda: isinstance(app.screen, StepForm) and app.screen.focused)
        form = app.screen
        await until(pilot, lambda: field in {pointer_of(each.node) for each in focused_views(form)})
        await pilot.press(*typed, "enter")
        await until(pilot, lambda: app.screen is editor)
        source = editor.query_one(SourceView)
        await until(pilot, lambda: json.loads(source.text)["steps"] == [step])


@pytest.mark.slow
async def test_names_in_a_big_output_are_offered(
    workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    rows = [{"number": number, "name": "Ada"} for number in range(10_000)]
    steps = [
        {"id": "first", "type": "set", "input": {"rows": rows}},
        {"id": "second", "type": "set", "input": {"copy": ""}},
    ]
    put_workflow("hello", steps=steps)
    await workbench.runs.wait(await workbench.runs.start("hello", {}))
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test(size=(100, 30)) as pilot:
        form = await opened_form(pilot, until, "j")
        await form.query_one(SchemaForm).focus_on("/input/copy")
        await until(pilot, lambda: isinstance(form.focused, Input))
        await pilot.press("ctrl+l")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press(*"first.output.rows")
        await until(pilot, lambda: "items or more in the last run" in text_of(app))
        await until(
            pilot, lambda: "steps.first.output.rows[0].name" in text_of(app) and "Ada in the last" in text_of(app)
        )


async def test_names_are_offered_while_the_outputs_in_reach_are_read(
    workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    big = {"word": "Ada", "rest": "long " * 10_000}
    steps = [
        {"id": "first", "type": "set", "input": big},
        {"id": "second", "type": "set", "input": {"copy": ""}},
        {"id": "third", "type": "set", "input": {**big, "word": "Eve"}},
        {"id": "fourth", "type": "set", "input": {"copy": "{{ steps.second.output.copy }}", **big}},
    ]
    put_workflow("hello", steps=steps)
    await workbench.runs.wait(await workbench.runs.start("hello", {}))
    gate, asked, value_text = asyncio.Event(), list[ValueRef](), workbench.runs.value_text

    async def read_late(run_id: str, ref: ValueRef, offset: int = 0) -> tuple[str, int | None]:
        asked.append(ref)
        await gate.wait()
        return await value_text(run_id, ref, offset)

    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test(size=(100, 30)) as pilot:
        form = await opened_form(pilot, until, "j")
        await form.query_one(SchemaForm).focus_on("/input/copy")
        await until(pilot, lambda: isinstance(form.focused, Input))
        asked.clear()
        monkeypatch.setattr(workbench.runs, "value_text", read_late)
        for key in ("ctrl+l", *"first.output.word"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: "steps.first.output.word" in text_of(app) and asked)
        assert "Ada in the last run" not in text_of(app)
        gate.set()
        await until(pilot, lambda: "first.output.word " in text_of(app) and "Ada in the last run" in text_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: "{{ steps.first.output.word }}" in text_of(app))
        assert len({ref.hash for ref in asked}) == 1, "outputs of later steps are not in reach"


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


"""Keys of a step of each container, besides its id, its type and its steps; None: without that key."""
