"""Renaming steps and inputs, with what refers to them."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App

from tui.notices import notices
from tui.screens.editor.editor_views import cursor, ids, ready, text_in
from wftui.model.errors import UserError
from wftui.tui.app import WftuiApp
from wftui.tui.screens.dialogs.confirm import ConfirmScreen
from wftui.tui.screens.dialogs.prompt import PromptScreen
from wftui.tui.widgets.source.compilation_status import CompilationStatus
from wftui.tui.widgets.source.source_view import SourceView
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]
Put = Callable[..., Path]

GREET = {"id": "a", "type": "set", "input": {"text": "Hello"}}


async def test_renaming_a_step_updates_references_in_one_undo(
    workbench: Workbench, put_workflow: Put, until: Until
) -> None:
    reader = {"id": "b", "type": "set", "needs": ["a"], "input": {"text": "{{ steps.a.output.text }} steps.a"}}
    put_workflow("flow", steps=[GREET, reader])
    app = WftuiApp(workbench, start=lambda app: app.open_editor("flow"))
    async with app.run_test() as pilot:
        screen = await ready(pilot, until)
        before = text_in(screen)
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        await pilot.press("b", "enter")
        await pilot.pause()
        assert isinstance(app.screen, PromptScreen), "b is another step"
        await pilot.press("1", "enter")
        await until(pilot, lambda: ids(screen) == ["b1", "b"])
        assert text_in(screen) == before.replace('"a"', '"b1"').replace("steps.a.output", "steps.b1.output")
        await until(pilot, lambda: cursor(screen) == "b1")
        await pilot.press("u")
        await until(pilot, lambda: text_in(screen) == before)


async def test_an_input_is_renamed_at_the_cursor_of_the_source(
    workbench: Workbench, put_workflow: Put, until: Until
) -> None:
    schema = {"type": "object", "properties": {"who": {"type": "string"}}, "required": ["who"]}
    put_workflow("flow", inputSchema=schema, steps=[{"id": "a", "type": "set", "input": {"x": "{{ inputs.who }}"}}])
    app = WftuiApp(workbench, start=lambda app: app.open_editor("flow"))
    async with app.run_test() as pilot:
        screen = await ready(pilot, until)
        before = text_in(screen)
        await pilot.press("2", "ctrl+f", *"inputs.w", "enter")
        source = screen.query_one(SourceView)
        await until(pilot, lambda: source.selected_text == "inputs.w" and source.has_focus)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        await pilot.press(*"name", "enter")
        await until(pilot, lambda: text_in(screen) == before.replace("who", "name"))
        await until(pilot, lambda: source.has_focus)


async def test_manual_rename_is_the_first_fix(
    workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    reader = {"id": "b", "type": "set", "input": {"text": "{{ steps.list.output.text }}"}}
    put_workflow("flow", steps=[{**GREET, "id": "list"}, reader])
    app = WftuiApp(workbench, start=lambda app: app.open_editor("flow"))
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        screen = await ready(pilot, until)
        source = screen.query_one(SourceView)
        source.change_to(source.text.replace('"list"', '"found"'))
        await until(pilot, lambda: screen.query_one(CompilationStatus).status_text == "1 error")
        await pilot.press("f8", "f4")
        await until(pilot, lambda: "steps.found.output.text" in source.text)
        await until(pilot, lambda: "list was renamed to found" in notices(app))


async def test_an_input_is_renamed_in_the_workflows_that_give_it(
    workbench: Workbench, put_workflow: Put, until: Until
) -> None:
    schema = {"type": "object", "properties": {"who": {"type": "string"}}}
    put_workflow("flow", inputSchema=schema, steps=[{"id": "a", "type": "set", "input": {"x": "{{ inputs.who }}"}}])
    call = {"id": "call", "type": "workflow", "input": {"workflow": "flow", "inputs": {"who": "Ada"}}}
    caller = put_workflow("caller", steps=[call])
    before = caller.read_text()
    app = WftuiApp(workbench, start=lambda app: app.open_editor("flow"))
    async with app.run_test() as pilot:
        screen = await ready(pilot, until)
        await pilot.press("2", "ctrl+f", *'"who', "enter")
        await until(pilot, lambda: screen.query_one(SourceView).selected_text == '"who')
        await pilot.press("ctrl+r")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        await pilot.press(*"name", "enter")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("s")
        await until(pilot, lambda: caller.read_text() == before.replace('"who"', '"name"'))
        await until(pilot, lambda: '"name"' in (caller.parents[1] / "flow" / "workflow.json").read_text())


async def test_callers_keep_a_name_whose_change_is_refused(
    workbench: Workbench, put_workflow: Put, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise UserError("no such input")

    schema = {"type": "object", "properties": {"who": {"type": "string"}}}
    source = put_workflow("flow", inputSchema=schema)
    call = {"id": "call", "type": "workflow", "input": {"workflow": "flow", "inputs": {"who": "Ada"}}}
    caller = put_workflow("caller", steps=[call])
    before = caller.read_text(), source.read_text()
    app = WftuiApp(workbench, start=lambda app: app.open_editor("flow"))
    async with app.run_test(notifications=True) as pilot:
        screen = await ready(pilot, until)
        await pilot.press("2", "ctrl+f", *'"who', "enter")
        await until(pilot, lambda: screen.query_one(SourceView).selected_text == '"who')
        await pilot.press("ctrl+r")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        monkeypatch.setattr("wftui.compiler.editing.step_edits.apply_operation", refuse)
        await pilot.press(*"name", "enter")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("s")
        await until(pilot, lambda: "no such input" in notices(app) and app.screen is screen)
        await until(pilot, lambda: not [work for work in app.workers if work.group == "ask"])
        assert (caller.read_text(), source.read_text()) == before
