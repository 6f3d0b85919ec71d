"""Names that are inserted into the fields of a step form."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.widget import Widget
from textual.widgets import Input

from tui.notices import notices
from tui.screens.editor.editor_views import focused_views, opened_form
from wftui.compiler.editing.names import takes_expressions
from wftui.model.forms.addresses import pointer_of
from wftui.model.json.pointers import pointer_parts
from wftui.steps.registry.step_registry import BUILTIN, builtin_registry
from wftui.tui.app import WftuiApp
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.tui.widgets.picker import Picker
from wftui.tui.widgets.schema_form.form import SchemaForm
from wftui.tui.widgets.schema_form.items_box import AddLine
from wftui.tui.widgets.source.source_view import SourceView
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]
Put = Callable[..., Path]

INNER = [{"id": "inner", "type": "set", "input": {"text": "a"}}]


@pytest.mark.first_cases(1)
@pytest.mark.parametrize(
    ("field", "name", "value"),
    [
        ("/input/method", "steps.first.output.text", "{{ steps.first.output.text }}"),
        ("/input/followRedirects", "steps.first.output.text", "{{ steps.first.output.text }}"),
        ("/input/headers", "steps.first.output.text", "{{ steps.first.output.text }}"),
        ("/input/paginate", "steps.first.output.text", "{{ steps.first.output.text }}"),
        ("/input/maxBytes", "steps.first.output.text", "{{ steps.first.output.text }}"),
        ("/forEach/in", "steps.first.output.text", "steps.first.output.text"),
        ("/timeout", "steps.first.output.text", "{{ steps.first.output.text }}"),
    ],
)
async def test_name_is_picked_for_a_value_that_is_not_text(
    workbench: Workbench, put_workflow: Put, until: Until, field: str, name: str, value: str
) -> None:
    steps = [
        {"id": "first", "type": "set", "input": {"text": "Hello"}},
        {"id": "second", "type": "http", "input": {"url": "https://example.org"}},
    ]
    path = put_workflow("hello", steps=steps)
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test(size=(100, 40)) as pilot:
        form = await opened_form(pilot, until, "j")
        await form.query_one(SchemaForm).focus_on(field)
        await pilot.pause()
        await pilot.press("ctrl+l")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press(*name)
        await until(pilot, lambda: app.screen.query_one(Input).value == name)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is form)
        await until(pilot, lambda: value_at(form._state.collect(), field) == value)
        await pilot.press("f2")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen))
        changed = json.loads(app.screen.query_one(SourceView).text)
        assert value_at(changed["steps"][1], field) == value
        assert json.loads(path.read_text())["steps"][1] == steps[1], "not saved yet"


def value_at(value: Any, pointer: str) -> Any:
    """Return the part of a value at a pointer; None without one."""
    for part in pointer_parts(pointer):
        value = value.get(part) if isinstance(value, dict) else None
    return value


async def test_filled_in_fields_are_not_dropped_for_a_name(
    workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    step = {"id": "get", "type": "http", "input": {"url": "https://example.org", "headers": {"Accept": "text/plain"}}}
    put_workflow("hello", steps=[step])
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test(size=(100, 40)) as pilot:
        form = await opened_form(pilot, until)
        before = form._state.collect()
        await form.query_one(SchemaForm).focus_on("/input/headers")
        lines = [each for each in form.query(AddLine) if each._box.node.field.name == "headers" and each.display]
        lines[-1].focus()
        await until(pilot, lambda: form.focused is lines[-1])
        await pilot.press("ctrl+l")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press("enter")
        await until(pilot, lambda: notices(app) == ["Insert name: clear headers first, or press F7."])
        assert form._state.collect() == before


CONTAINERS: dict[str, dict[str, Any]] = {
    "group": {},
    "forEach": {"type": "set", "input": {"text": "a"}, "forEach": {"in": "[1]"}},
    "loop": {"until": "true"},
    "switch": {"steps": None, "cases": [{"when": "true", "steps": INNER}]},
    "race": {"steps": None, "branches": [{"name": "a", "steps": INNER}]},
    "catch": {"type": "group", "catch": [{"steps": INNER}]},
}


@pytest.mark.slow
@pytest.mark.parametrize("word", [*sorted(BUILTIN), *CONTAINERS])
async def test_every_field_offers_names_or_says_that_it_takes_none(
    workbench: Workbench, put_workflow: Put, until: Until, word: str
) -> None:
    step: dict[str, Any] = {"id": "it", "type": word}
    if word in CONTAINERS:
        step |= {"steps": INNER} | CONTAINERS[word]
        step = {key: value for key, value in step.items() if value is not None}
    else:
        kind = builtin_registry().get(word)
        assert kind is not None
        step["input"] = kind.example
    put_workflow("hello", steps=[step])
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test(size=(120, 50)) as pilot:
        form = await opened_form(pilot, until)
        seen: dict[str, bool] = {}
        walked = list[Widget | None]()
        while form.focused not in walked:
            at = form.focused
            walked.append(at)
            view = next(iter(focused_views(form)), None)
            pointer = "" if view is None else pointer_of(view.node)
            if pointer == "/when" and word not in CONTAINERS:
                break  # the fields that all steps have follow
            if pointer not in ("", *seen):
                app.clear_notifications()
                await pilot.press("ctrl+l")
                await until(pilot, lambda: isinstance(app.screen, Picker) or notices(app))
                seen[pointer] = isinstance(app.screen, Picker)
                if seen[pointer]:
                    await pilot.press("escape")
                    await until(pilot, lambda: app.screen is form)
            await pilot.press("tab")
            await until(pilot, lambda at=at: form.focused not in (at, None))
        wanted = ["/when", "/timeout", "/retry"] if word in CONTAINERS else [f"/input/{key}" for key in step["input"]]
        assert all(any(pointer.startswith(each) for pointer in seen) for each in wanted)
        assert seen == {pointer: takes_expressions(pointer_parts(pointer), of_step=True) for pointer in seen}
