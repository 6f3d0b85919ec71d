"""Unsaved text, undo and earlier versions: nothing that was typed is lost."""

import json
import os
import stat
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from helpers import PATIENCE
from textual.app import App
from textual.pilot import Pilot

from tui.notices import notices
from wftui.tui.app import WftuiApp
from wftui.tui.screens.dialogs.confirm import ConfirmScreen
from wftui.tui.screens.dialogs.diff import DiffScreen
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.tui.screens.editor.step_form import StepForm
from wftui.tui.screens.workflows_screen import WorkflowsScreen
from wftui.tui.widgets.picker import Picker
from wftui.tui.widgets.schema_form.form import SchemaForm
from wftui.tui.widgets.source.compilation_status import CompilationStatus
from wftui.tui.widgets.source.source_view import SourceView
from wftui.workbench import Workbench, source_service

Until = Callable[..., Awaitable[None]]
Put = Callable[..., Path]
TextOf = Callable[[App[Any]], str]


def drafts() -> list[Path]:
    return [*Path(os.environ["XDG_DATA_HOME"]).rglob("drafts/*.json")]


async def opened(pilot: Pilot[Any], until: Until) -> SourceView:
    """Return the source once the editor has checked it."""
    app = pilot.app
    await until(
        pilot,
        lambda: (
            (isinstance(app.screen, EditorScreen) and app.screen.query_one(CompilationStatus).result)
            or isinstance(app.screen, ConfirmScreen)
        ),
    )
    editor = next(screen for screen in app.screen_stack if isinstance(screen, EditorScreen))
    return editor.query_one(SourceView)


async def test_unsaved_text_of_a_killed_editor_is_offered(
    workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    path = put_workflow("hello")
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test() as pilot:
        source = await opened(pilot, until)
        await pilot.press("d")
        await until(pilot, lambda: "greet_2" in source.text)
        changed = source.text
        await until(pilot, lambda: drafts())
        await until(pilot, lambda: "greet_2" in drafts()[0].read_text())
        assert stat.S_IMODE(drafts()[0].stat().st_mode) == 0o600
        # The app ends without an answer, as when its terminal is closed.
    assert drafts()
    again = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with again.run_test() as pilot:
        source = await opened(pilot, until)
        await until(pilot, lambda: isinstance(again.screen, ConfirmScreen))
        await pilot.press("c")
        await until(pilot, lambda: isinstance(again.screen, DiffScreen))
        await until(pilot, lambda: '-      "id": "greet_2",' in text_of(again))
        await pilot.press("r")
        await until(pilot, lambda: source.text == changed)
        assert source.text != path.read_text()
        await until(pilot, drafts)  # written before the text is saved
        await pilot.press("f2")
        await until(pilot, lambda: path.read_text() == changed)
        await until(pilot, lambda: not drafts())


async def test_restored_text_stays_on_disk_if_it_cannot_be_written_again(
    workbench: Workbench, put_workflow: Put, until: Until
) -> None:
    path = put_workflow("hello")
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test() as pilot:
        source = await opened(pilot, until)
        await pilot.press("d")
        await until(pilot, lambda: drafts() and "greet_2" in drafts()[0].read_text())
        changed = source.text
    [kept] = drafts()
    for slot in range(1, 9):  # no draft more can be made
        kept.with_name(kept.name.replace("-0.", f"-{slot}.")).write_text("")
    again = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with again.run_test() as pilot:
        source = await opened(pilot, until)
        await until(pilot, lambda: isinstance(again.screen, ConfirmScreen))
        await pilot.press("r")
        await until(pilot, lambda: source.text == changed)
        await until(pilot, lambda: any("cannot keep unsaved text" in each for each in notices(again)))
        assert json.loads(kept.read_text())["text"] == changed
        await pilot.press("f2")
        await until(pilot, lambda: path.read_text() == changed)


async def test_what_is_typed_into_an_open_form_is_kept(workbench: Workbench, put_workflow: Put, until: Until) -> None:
    put_workflow("hello")
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test() as pilot:
        await opened(pilot, until)
        for is_answered in (True, False):
            await pilot.press("i")
            await until(pilot, lambda: isinstance(app.screen, StepForm) and app.focused)
            await app.screen.query_one(SchemaForm).focus_on("/when")
            await pilot.press(*"1 < 2")
            await until(pilot, lambda: "1 < 2" in "".join(each.read_text() for each in drafts()))
            if is_answered:
                await pilot.press("escape")
                await until(pilot, lambda: isinstance(app.screen, EditorScreen) and not drafts())
        # The program ends below the form, as when its terminal is closed.
    assert ['"when": "1 < 2"' in json.loads(each.read_text())["text"] for each in drafts()] == [True]


async def test_first_screen_names_workflows_with_unsaved_changes(
    workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    put_workflow("hello")
    put_workflow("other")
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test() as pilot:
        await opened(pilot, until)
        await pilot.press("d")
        await until(pilot, drafts)
    again = WftuiApp(workbench)
    async with again.run_test() as pilot:
        await until(pilot, lambda: notices(again))
        assert notices(again) == ["Kept for hello. Open it to restore, compare or discard them."]
        await pilot.press("home", "enter")
        await until(pilot, lambda: isinstance(again.screen, ConfirmScreen))
        await pilot.press("d")
        await until(pilot, lambda: not drafts())
    last = WftuiApp(workbench)
    async with last.run_test() as pilot:
        screen = last.screen
        await until(pilot, lambda: isinstance(screen, WorkflowsScreen) and screen.is_loaded)
        await last.workers.wait_for_complete()
        assert not notices(last)


async def test_discarded_changes_leave_no_draft(workbench: Workbench, put_workflow: Put, until: Until) -> None:
    put_workflow("hello")
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test() as pilot:
        await opened(pilot, until)
        await pilot.press("d")
        await until(pilot, lambda: drafts())
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("d")
        await until(pilot, lambda: not drafts())


async def test_undo_survives_closing_the_editor(workbench: Workbench, put_workflow: Put, until: Until) -> None:
    path = put_workflow("hello")
    before = path.read_text()
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test() as pilot:
        await opened(pilot, until)
        await pilot.press("d", "f2")
        await until(pilot, lambda: path.read_text() != before)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, EditorScreen))
        app.open_editor("hello")
        source = await opened(pilot, until)
        assert source.text != before
        await pilot.press("u")
        await until(pilot, lambda: source.text == before)


async def test_a_version_that_ran_is_compared_and_restored(
    workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    path = put_workflow("hello")
    before = path.read_text()
    await workbench.runs.wait(await workbench.runs.start("hello", {}))
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test() as pilot:
        source = await opened(pilot, until)
        await pilot.press("d", "f2")
        await until(pilot, lambda: path.read_text() != before)
        await pilot.press("equals_sign")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await until(pilot, lambda: "saved file" in text_of(app))
        await pilot.press(*"completed", "enter")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        await until(pilot, lambda: '+      "id": "greet_2",' in text_of(app))
        await pilot.press("r")
        await until(pilot, lambda: source.text == before)


async def test_last_commit_is_compared_and_restored(
    workbench: Workbench,
    put_workflow: Put,
    tables: Path,
    until: Until,
    text_of: TextOf,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(source_service, "_GIT_SECONDS", PATIENCE)  # a busy machine may need more than a user waits
    path = put_workflow("hello")
    before = path.read_text()
    own = ["git", "-C", str(tables), "-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "Add hello"]):
        subprocess.run([*own, *command], check=True, capture_output=True)
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test() as pilot:
        source = await opened(pilot, until)
        await pilot.press("d", "equals_sign")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press(*"last commit", "enter")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        await until(pilot, lambda: '+      "id": "greet_2",' in text_of(app))
        await pilot.press("r")
        await until(pilot, lambda: source.text == before)


async def test_a_conflict_shows_the_difference(
    workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    path = put_workflow("hello")
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test() as pilot:
        source = await opened(pilot, until)
        await pilot.press("d")
        path.write_text(path.read_text().replace('"hi"', '"ho"'))
        await pilot.press("f2")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        await until(pilot, lambda: '-        "text": "ho"' in text_of(app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("m")
        await until(pilot, lambda: path.read_text() == source.text)
