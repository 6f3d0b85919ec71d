import json
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from helpers import PATIENCE
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input

from tui.notices import notices
from tui.run_events import asking
from wftui.tui.app import WftuiApp
from wftui.tui.screens.dialogs.paste import PasteScreen
from wftui.tui.screens.dialogs.prompt import PromptScreen
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.tui.screens.workflows_screen import WorkflowsScreen
from wftui.tui.widgets.picker import Picker
from wftui.tui.widgets.workflow_table import WorkflowTable
from wftui.workbench import Settings, Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]


@pytest.fixture
async def some(
    workbench: Workbench, put_workflow: Callable[..., Path], put_run: Callable[..., Awaitable[str]]
) -> Workbench:
    """Create four workflows: ready, broken, not compiled, with warnings."""
    put_workflow("backup", name="Back up the photos", description="Archives a folder and proves it.")
    put_workflow(
        "broken", name="Broken", steps=[{"id": "a", "type": "sett"}, {"id": "b", "type": "set", "needs": ["c"]}]
    )
    put_workflow("fresh", name="Never compiled")
    await workbench.workflows.compile("backup")
    for number in range(3):
        await put_run("backup", "completed", ago=7200 - number, duration=4200)
    await put_run("backup", "failed", ago=180, duration=90, error="no space left on the device\nat write")
    return workbench


async def ready(pilot: Pilot[Any], until: Until) -> WorkflowTable:
    table = pilot.app.screen.query_one(WorkflowTable)
    screen = pilot.app.screen
    assert isinstance(screen, WorkflowsScreen)
    await until(pilot, lambda: screen.is_loaded)
    return table


async def test_workflows_look(
    some: Workbench, size: tuple[int, int], until: Until, matches: Callable[[Pilot[Any]], Awaitable[bool]]
) -> None:
    app = WftuiApp(some)
    async with app.run_test(size=size) as pilot:
        await ready(pilot, until)
        assert await matches(pilot)


async def test_a_last_run_that_waits_for_an_approval_is_called_waiting(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until, text_of: TextOf
) -> None:
    put_workflow("repo_health")
    await (await workbench.store()).append(asking().events, wait=True)
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        await ready(pilot, until)
        await until(pilot, lambda: "◔ waiting" in text_of(app))


async def test_help_looks(
    some: Workbench, size: tuple[int, int], until: Until, matches: Callable[[Pilot[Any]], Awaitable[bool]]
) -> None:
    app = WftuiApp(some)
    async with app.run_test(size=size) as pilot:
        await ready(pilot, until)
        await pilot.press("question_mark")
        await pilot.pause()
        await pilot.pause()
        assert await matches(pilot)


async def test_workflows_show_state_and_run_counts(some: Workbench, until: Until, text_of: TextOf) -> None:
    app = WftuiApp(some)
    async with app.run_test() as pilot:
        table = await ready(pilot, until)
        lines = {
            line.split()[0].strip("▌"): " ".join(line.split())
            for line in text_of(app).splitlines()[3:7]
            if line.strip()
        }
        assert lines["backup"].endswith("✓ ready ✗ 3 min ago 75% 4.2s")
        assert "✗ 2 errors never run" in lines["broken"]
        assert "~ stale never run" in lines["fresh"]
        assert table.selected_id == "backup"
        assert "Last run: no space left on the device" in text_of(app)


async def test_the_filter_looks_at_ids_names_and_descriptions(some: Workbench, until: Until, text_of: TextOf) -> None:
    app = WftuiApp(some)
    async with app.run_test() as pilot:
        table = await ready(pilot, until)
        await pilot.press("slash", *"PROVES")
        assert (table.rows, table.selected_id) == (1, "backup")
        await pilot.press("x")
        assert table.rows == 0
        assert "No workflow matches this text" in text_of(app)
        await pilot.press("escape")
        assert table.rows == 3
        assert table.has_focus
        await pilot.press("slash", *"fresh", "down")
        assert (table.rows, table.selected_id, table.has_focus) == (1, "fresh", True)


async def test_action_without_a_workflow_is_explained(workbench: Workbench, until: Until, text_of: TextOf) -> None:
    app = WftuiApp(workbench)
    async with app.run_test(notifications=True) as pilot:
        await ready(pilot, until)
        await pilot.press("r")
        await until(pilot, lambda: "no workflow is selected" in text_of(app))


async def test_a_new_workflow_is_compiled_and_opened(workbench: Workbench, until: Until) -> None:
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        await ready(pilot, until)
        await pilot.press("n", *"Hello", "enter")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        assert isinstance(app.screen.focused, Input), "an id with a capital letter is not taken"
        await pilot.press("home", "delete", "h", "enter")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen))
        assert json.loads(workbench.workspace.read("hello").text)["steps"] == []
        assert workbench.workspace.generated_path("hello").exists()


async def test_new_workflow_from_a_curl_command(workbench: Workbench, until: Until) -> None:
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        await ready(pilot, until)
        await pilot.press("n", *"hello", "enter")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press(*"curl", "enter")
        await until(pilot, lambda: isinstance(app.screen, PasteScreen))
        await pilot.press(*"curl https://example.com/a", "enter")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen))
        [step] = json.loads(workbench.workspace.read("hello").text)["steps"]
        assert (step["type"], step["input"]["url"]) == ("http", "https://example.com/a")


@pytest.mark.parametrize("key", ["m", "escape"])
async def test_foreign_folder_is_asked_about_once(tmp_path: Path, until: Until, text_of: TextOf, key: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "people.csv").write_text("name\n")
    named = Settings(tables=tmp_path / "data", database=tmp_path / "runs.db", origins={"tables": "WFTUI_TABLES"})
    bench = Workbench(named)
    app = WftuiApp(bench)
    async with app.run_test() as pilot:
        await ready(pilot, until)
        await pilot.press("n", *"hello", "enter")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press("enter")
        await until(pilot, lambda: "holds other files and is not a workspace" in " ".join(text_of(app).split()))
        await pilot.press(key)
        if key == "m":
            await until(pilot, lambda: isinstance(app.screen, EditorScreen))
            assert bench.workspace.generated_path("hello").exists()
        else:
            await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen))
            assert [each.name for each in (tmp_path / "data").iterdir()] == ["people.csv"]
    await bench.close()


async def test_copy_has_its_own_id(some: Workbench, until: Until) -> None:
    app = WftuiApp(some)
    async with app.run_test() as pilot:
        table = await ready(pilot, until)
        await pilot.press("d", "enter")
        await until(pilot, lambda: table.selected_id == "backup_copy")
        copied = json.loads(some.workspace.read("backup_copy").text)
        assert (copied["id"], copied["name"]) == ("backup_copy", "Back up the photos")


async def test_renaming_keeps_the_cursor_on_the_workflow(some: Workbench, until: Until) -> None:
    app = WftuiApp(some)
    async with app.run_test() as pilot:
        table = await ready(pilot, until)
        await pilot.press("R", *"zebra", "enter")
        await until(pilot, lambda: table.selected_id == "zebra")
        assert some.workspace.ids() == ["broken", "fresh", "zebra"]


async def test_settings_follow_a_renamed_workflow_and_what_does_not_is_named(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until
) -> None:
    put_workflow("part")
    for name, value in (("history.workflows.part.keep_runs", "3"), ("notify.workflows.part.on", "end")):
        await workbench.user_settings.set(name, value)
    await workbench.tokens.add("ci", "run", ["part"])
    for name, query in (("mine", "workflow:part status:failed"), ("all", "part"), ("other", "workflow:parts")):
        await workbench.user_settings.set(f"history.filters.{name}", query)
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        await ready(pilot, until)
        await pilot.press("R", "ctrl+u", *"piece", "enter")
        await until(pilot, lambda: len(notices(app)) == 4)
        assert notices(app) == [
            "The settings history.workflows.part apply to piece, too",
            "The settings notify.workflows.part apply to piece, too",
            "These tokens cover part, but not piece: ci",
            "These saved filters show the runs of part, not those of piece: mine",
        ]
    settings = await workbench.user_settings.read()
    assert settings.workflows["piece"] == settings.workflows["part"], "its earlier runs keep their id"


async def test_editor_of_a_renamed_workflow_opens_where_it_was(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until
) -> None:
    put_workflow("part", steps=[{"id": name, "type": "set", "input": {}} for name in ("a", "b", "c")])
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        await ready(pilot, until)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.step_list.cursor == "a")
        await pilot.press("j", "j", "escape")
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen))
        await pilot.press("R", "ctrl+u", *"piece", "enter")
        await until(pilot, lambda: app.screen.query_one(WorkflowTable).selected_id == "piece")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.step_list.cursor == "c")


async def test_settings_that_cannot_follow_a_renamed_workflow_are_reported(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until
) -> None:
    put_workflow("part")
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        table = await ready(pilot, until)
        workbench.user_settings.path.parent.mkdir(parents=True, exist_ok=True)
        workbench.user_settings.path.write_text("[history.workflows.part\n")
        await pilot.press("R", "ctrl+u", *"piece", "enter")
        await until(pilot, lambda: table.selected_id == "piece")
        await until(pilot, lambda: any("settings.toml" in each for each in notices(app)))


async def test_deleting_asks_and_keeps_the_files(some: Workbench, until: Until) -> None:
    app = WftuiApp(some)
    async with app.run_test() as pilot:
        table = await ready(pilot, until)
        await pilot.press("delete")
        await pilot.press("escape")
        assert "backup" in some.workspace.ids()
        await pilot.press("delete")
        await pilot.press("d")
        await until(pilot, lambda: table.rows == 2)
        assert (some.workspace.root / ".trash" / "backup.1" / "workflow.json").is_file()


async def test_compile_all_makes_every_good_workflow_ready(some: Workbench, until: Until, text_of: TextOf) -> None:
    app = WftuiApp(some)
    async with app.run_test() as pilot:
        await ready(pilot, until)
        await pilot.press("c")
        await until(pilot, lambda: "stale" not in text_of(app) and "✗ 2 errors" in text_of(app))


async def test_external_change_is_shown(some: Workbench, put_workflow: Callable[..., Path], until: Until) -> None:
    app = WftuiApp(some)
    async with app.run_test() as pilot:
        table = await ready(pilot, until)
        put_workflow("added")
        await until(pilot, lambda: table.rows == 4)


async def test_a_double_click_opens_the_editor(some: Workbench, until: Until, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(App, "CLICK_CHAIN_TIME_THRESHOLD", PATIENCE)  # the machine may stop between two clicks
    app = WftuiApp(some)
    async with app.run_test() as pilot:
        await ready(pilot, until)
        await pilot.click(WorkflowTable, offset=(5, 2), times=2)
        await until(pilot, lambda: isinstance(app.screen, EditorScreen))
        assert isinstance(app.screen, EditorScreen)
        assert app.screen.workflow_id == "fresh"


async def test_the_footer_can_be_clicked(some: Workbench, until: Until, text_of: TextOf) -> None:
    app = WftuiApp(some)
    async with app.run_test() as pilot:
        await ready(pilot, until)
        line = text_of(app).splitlines()[-1]
        await pilot.click(offset=(line.index("New"), 23))
        await until(pilot, lambda: "New workflow" in text_of(app))


async def test_the_palette_finds_actions_and_workflows(some: Workbench, until: Until, text_of: TextOf) -> None:
    app = WftuiApp(some)
    async with app.run_test() as pilot:
        await ready(pilot, until)
        await pilot.press("ctrl+p", *"open fre")
        await until(pilot, lambda: "Open fresh" in text_of(app))
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen))


@pytest.mark.parametrize("width", [20, 40, 60, 200])
async def test_numbers_are_never_truncated(some: Workbench, width: int, until: Until, text_of: TextOf) -> None:
    app = WftuiApp(some)
    async with app.run_test(size=(width, 10)) as pilot:
        await ready(pilot, until)
        row = text_of(app).splitlines()[3]
        assert "backup" in row
        assert "75%" in row or "75" not in row
        assert "4.2s" in row or "4.2" not in row


# --- bad surroundings


async def test_empty_workspace_shows_next_steps(workbench: Workbench, until: Until, text_of: TextOf) -> None:
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        await ready(pilot, until)
        assert "This workspace has no workflows yet." in text_of(app)
        assert "Press n to create one." in text_of(app)


async def test_a_missing_workspace_is_a_sentence(tmp_path: Path, until: Until, text_of: TextOf) -> None:
    bench = Workbench(Settings(tables=tmp_path / "nowhere", database=tmp_path / "runs.db"))
    app = WftuiApp(bench)
    async with app.run_test() as pilot:
        await until(pilot, lambda: "there is no workspace at" in text_of(app))
        assert "wftui new ID" in " ".join(text_of(app).split())
    await bench.close()


async def test_workflows_can_be_edited_without_a_valid_database(
    tables: Path, put_workflow: Callable[..., Path], tmp_path: Path, until: Until, text_of: TextOf
) -> None:
    put_workflow("fine")
    database = tmp_path / "runs.db"
    database.write_text("not a database at all, but a text of some length" * 30)
    bench = Workbench(Settings(tables=tables, database=database))
    app = WftuiApp(bench)
    async with app.run_test() as pilot:
        await until(pilot, lambda: "runs.db" in text_of(app).replace("\n", "").replace(" ", ""))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and "Ready" in text_of(app))
    assert database.read_text().startswith("not a database")
    await bench.close()


async def test_a_newer_database_is_a_sentence(
    tables: Path, put_workflow: Callable[..., Path], tmp_path: Path, until: Until, text_of: TextOf
) -> None:
    put_workflow("fine")
    with sqlite3.connect(tmp_path / "runs.db") as connection:
        connection.execute("pragma user_version = 9999")
    bench = Workbench(Settings(tables=tables, database=tmp_path / "runs.db"))
    app = WftuiApp(bench)
    async with app.run_test() as pilot:
        await until(pilot, lambda: "newer" in text_of(app))
    await bench.close()


async def test_workflow_linked_outside_is_listed_read_only(
    workbench: Workbench, put_workflow: Callable[..., Path], tmp_path: Path, until: Until, text_of: TextOf
) -> None:
    folder = put_workflow("linked").parent
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        await ready(pilot, until)
        assert "! read-only" in text_of(app)
        assert "Read-only: a link leads out of the workspace." in text_of(app)


async def test_one_unreadable_workflow_does_not_hide_the_others(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until, text_of: TextOf
) -> None:
    put_workflow("fine")
    put_workflow("odd").write_bytes(b'{"id": "\xff"}')
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        table = await ready(pilot, until)
        assert table.rows == 2
        assert "fine" in text_of(app)
