"""`wftui --read-only`: nothing that changes data is shown or done."""

import inspect
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App

from tui.notices import notices
from tui.start_app import StartApp
from wftui.cli.main import main
from wftui.model.errors import UserError
from wftui.tui.actions import APP_ACTIONS, CHANGING
from wftui.tui.app import WftuiApp
from wftui.tui.keymap import actions_by_screen
from wftui.tui.screens.base.action_screen import ActionScreen
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.tui.widgets.action_footer import ActionFooter
from wftui.tui.widgets.source.source_view import SourceView
from wftui.workbench import Workbench
from wftui.workbench.read_only import CHANGES, REASON, ReadOnlyError, read_only

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]


def _files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_every_change_is_one_of_an_action_that_exists() -> None:
    known = {action.id for _, actions in actions_by_screen() for action in actions}
    assert known >= CHANGING


@pytest.mark.parametrize("service", sorted(CHANGES))
async def test_workbench_refuses_every_change(workbench: Workbench, service: str) -> None:
    guarded = getattr(read_only(workbench).local, service)
    for name in CHANGES[service]:
        assert callable(getattr(getattr(workbench, service), name)), "it is a method of the workbench"
        with pytest.raises(ReadOnlyError, match=REASON):
            await getattr(guarded, name)()


async def test_workbench_still_reads(workbench: Workbench, put_workflow: Callable[..., Path]) -> None:
    put_workflow("hello")
    guarded = read_only(workbench)
    assert await guarded.workflows.ids() == ["hello"]
    assert (await guarded.local.workflows.check("hello", "{}")).errors


@pytest.mark.parametrize("name", ["workflows", "editor", "history", "connections", "settings", "step_types", "secrets"])
async def test_no_action_of_a_screen_changes_anything(
    name: str, workbench: Workbench, put_workflow: Callable[..., Path], tables: Path, until: Until, text_of: TextOf
) -> None:
    put_workflow("hello")
    before = _files(tables)
    app = WftuiApp(read_only(workbench))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "hello" in text_of(app))
        if name == "editor":
            app.open_editor("hello")
            await until(pilot, lambda: isinstance(app.screen, EditorScreen) and "Ready" in text_of(app))
        elif name != "workflows":
            app.open_screen(name)  # type: ignore[arg-type]
            await until(pilot, lambda: isinstance(app.screen, ActionScreen) and app.screen.query(ActionFooter))
        assert "read-only" in text_of(app)
        screen = app.screen
        assert isinstance(screen, ActionScreen)
        shown = [action.id for action, _ in screen.query_one(ActionFooter).shown]
        assert not CHANGING.intersection(shown)
        for action in screen.ACTIONS:
            if action.changes:
                await screen.action_act(action.id)
                await pilot.pause()
                assert app.screen is screen, f"{action.id} opened something"
                assert f"{action.label}: {REASON}" in notices(app)[-1]
        for action in APP_ACTIONS:
            if action.changes:
                await app.action_act(action.id)
                assert app.screen is screen
    assert _files(tables) == before
    assert not (await workbench.runs.history()).executions


async def test_text_of_the_editor_cannot_be_typed(
    workbench: Workbench, put_workflow: Callable[..., Path], tables: Path, until: Until, text_of: TextOf
) -> None:
    put_workflow("hello")
    before = _files(tables)
    app = StartApp(read_only(workbench), start=lambda app: app.open_editor("hello"))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and "Ready" in text_of(app))
        await pilot.press("2", *"text", "ctrl+s", "f2", "f5", "escape", "1", "D", "p", "a")
        await pilot.pause()
        assert isinstance(app.screen, EditorScreen)
        assert app.screen.query_one(SourceView).read_only
    assert _files(tables) == before


def test_tables_name_every_method_that_changes_something(workbench: Workbench) -> None:
    words = ("save", "delete", "remove", "rename", "create", "set", "unset", "start", "cancel", "answer", "resume")
    for service in CHANGES:
        found = {name for name, _ in inspect.getmembers(getattr(workbench, service), inspect.iscoroutinefunction)}
        changes = {name for name in found if name.split("_")[0] in words}
        assert changes <= CHANGES[service], service


def test_option_goes_with_the_screens_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--read-only", "list"]) == 2
    assert "--read-only is for the terminal UI" in capsys.readouterr().err


def test_refusal_is_an_error_of_the_user() -> None:
    assert issubclass(ReadOnlyError, UserError)
    assert ReadOnlyError().code == "session.read_only"
