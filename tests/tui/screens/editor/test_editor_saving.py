"""Saving in the editor: conflicts, changes made elsewhere, unwritable files."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tui.notices import notices
from tui.screens.editor.editor_views import STEPS, Open, TextOf, Until, replace, source_of, status_of
from wftui.tui.app import WftuiApp
from wftui.tui.screens.workflows_screen import WorkflowsScreen
from wftui.tui.widgets.source.compilation_status import CompilationStatus
from wftui.workbench import Workbench


async def test_ac_b_1_saving_shows_the_compilation_status(
    workbench: Workbench, put_workflow: Callable[..., Path], open_editor: Open, until: Until, text_of: TextOf
) -> None:
    put_workflow("hello", steps=STEPS)
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        screen = await open_editor(pilot, "hello")
        status = screen.query_one(CompilationStatus)
        seen: list[str] = []
        screen.watch(status, "compiling", lambda: seen.append(status.status_text), init=False)
        replace(screen, '"Hello"', '"Good day"')
        await pilot.press("f2")
        await until(pilot, lambda: seen == ["Compiling…", "Ready"])
        assert "✓ Ready" in text_of(app)
        assert "Good day" in workbench.workspace.generated_path("hello").read_text()
        replace(screen, '"set"', '"sett"')
        await pilot.press("ctrl+s")
        await until(pilot, lambda: seen == ["Compiling…", "Ready", "Compiling…", "3 errors"])
        assert "✗ 3 errors" in text_of(app)


async def test_a_save_changes_only_what_was_edited(
    workbench: Workbench, put_workflow: Callable[..., Path], open_editor: Open, until: Until
) -> None:
    path = put_workflow("hello", steps=STEPS)
    odd = path.read_text().replace('"format": 1,', '"format"  :1 ,\r').replace("\r", "")
    path.write_text(odd)
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        screen = await open_editor(pilot, "hello")
        replace(screen, '"Hello"', '"Bye"')
        await pilot.press("f2")
        await until(pilot, lambda: not screen.is_changed and status_of(screen) == "Ready")
        assert path.read_text() == odd.replace('"Hello"', '"Bye"')


@pytest.mark.parametrize(
    ("key", "on_disk", "in_editor"),
    [("escape", "Theirs", "Mine"), ("t", "Theirs", "Theirs"), ("m", "Mine", "Mine")],
)
async def test_conflicting_save_asks(
    workbench: Workbench,
    put_workflow: Callable[..., Path],
    open_editor: Open,
    until: Until,
    text_of: TextOf,
    key: str,
    on_disk: str,
    in_editor: str,
) -> None:
    path = put_workflow("hello", name="Before")
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        screen = await open_editor(pilot, "hello")
        replace(screen, "Before", "Mine")
        put_workflow("hello", name="Theirs")
        await pilot.press("f2")
        await until(pilot, lambda: "Nothing has been written." in text_of(app))
        assert json.loads(path.read_text())["name"] == "Theirs"
        await pilot.press(key)
        await until(pilot, lambda: app.screen is screen and json.loads(path.read_text())["name"] == on_disk)
        await until(pilot, lambda: json.loads(source_of(screen).text)["name"] == in_editor)
        await until(pilot, lambda: not status_of(screen).startswith("Compiling"))


async def test_a_change_made_elsewhere_is_taken_over(
    workbench: Workbench,
    put_workflow: Callable[..., Path],
    open_editor: Open,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("wftui.tui.screens.editor.source_screen._CHECK_EVERY", 0.02)
    path = put_workflow("hello", name="Before")
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        screen = await open_editor(pilot, "hello")
        put_workflow("hello", name="Theirs")
        await until(pilot, lambda: "Theirs" in source_of(screen).text)
        assert not screen.is_changed
        for content in (b"\xff", b" \xff"):  # what cannot be read is said once, though it is looked at again and again
            fresh = path.with_name("fresh")
            fresh.write_bytes(content)
            fresh.replace(path)
            place = f"not UTF-8 text (byte {len(content) - 1})"
            await until(pilot, lambda place=place: any(place in message for message in notices(app)))
        assert [message for message in notices(app) if "not UTF-8" in message] == [*dict.fromkeys(notices(app))][-2:]
        path.unlink()
        await until(pilot, lambda: screen.is_changed)
        await pilot.press("f2")
        await until(pilot, lambda: app.screen is not screen)
        await pilot.press("m")
        await until(pilot, lambda: path.exists() and not screen.is_changed)
        assert json.loads(path.read_text())["name"] == "Theirs"


async def test_leaving_with_unsaved_changes_asks(
    workbench: Workbench, put_workflow: Callable[..., Path], open_editor: Open, until: Until, text_of: TextOf
) -> None:
    path = put_workflow("hello", name="Before")
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        screen = await open_editor(pilot, "hello")
        replace(screen, "Before", "After")
        await pilot.press("2", "escape", "escape")
        await until(pilot, lambda: "hello has unsaved changes" in text_of(app))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        await pilot.press("f10")
        await until(pilot, lambda: "hello has unsaved changes" in text_of(app))
        await pilot.press("escape")
        await pilot.press("escape")
        await until(pilot, lambda: "hello has unsaved changes" in text_of(app))
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen))
        assert json.loads(path.read_text())["name"] == "After"


async def test_unwritable_file_keeps_the_text(
    workbench: Workbench, put_workflow: Callable[..., Path], open_editor: Open, until: Until, text_of: TextOf
) -> None:
    path = put_workflow("hello", name="Before")
    app = WftuiApp(workbench)
    async with app.run_test(notifications=True) as pilot:
        screen = await open_editor(pilot, "hello")
        replace(screen, "Before", "After")
        text = path.read_text()
        path.unlink()
        path.mkdir()
        await pilot.press("f2")
        await until(pilot, lambda: "Save failed" in text_of(app))
        assert "After" in source_of(screen).text
        assert screen.is_changed
        path.rmdir()
        path.write_text(text)


async def test_workflow_linked_outside_is_read_only_and_runs(
    workbench: Workbench, put_workflow: Callable[..., Path], tmp_path: Path, until: Until, open_editor: Open
) -> None:
    folder = put_workflow("linked", steps=STEPS).parent
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        screen = await open_editor(pilot, "linked")
        await until(pilot, lambda: source_of(screen).text and notices(app))
        assert notices(app) == [
            f"Read-only: {folder} is a link that leads out of the workspace: what lies there is read-only"
        ]
        assert source_of(screen).read_only
        assert screen.why_not("editor.save") == "the file is read-only here"
        screen.action_run()
        await until(pilot, lambda: app.screen is not screen)
    assert [each.name for each in (tmp_path / "elsewhere").iterdir()] == ["workflow.json"]
