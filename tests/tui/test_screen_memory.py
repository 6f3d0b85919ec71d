"""State of the screens survives a restart and is never an obstacle."""

import json
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tui.conftest import settle
from wftui.tui.app import WftuiApp
from wftui.tui.canvas.workflow_canvas import WorkflowCanvas
from wftui.tui.screen_memory import ScreenMemory
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.tui.screens.history.history_screen import HistoryScreen
from wftui.tui.widgets.history.filter_bar import FilterBar
from wftui.tui.widgets.history.table import HistoryTable
from wftui.tui.widgets.workflow_table import WorkflowTable
from wftui.workbench import Workbench
from wftui.workbench.read_only import read_only
from wftui.workspace.locate import user_data_path

Until = Callable[..., Awaitable[None]]
Put = Callable[..., Path]
STEPS: list[dict[str, Any]] = [{"id": name, "type": "set", "input": {}} for name in ("a", "b", "c")]


@pytest.fixture
def kept(tables: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[Path]]:
    """Return the files that are kept, in a data folder of the test."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tables.parent / "data"))
    return lambda: [*(user_data_path() / "screens").glob("*")]


async def test_cursor_tab_filter_and_order_are_there_after_a_restart(
    workbench: Workbench, put_workflow: Put, until: Until, kept: Callable[[], list[Path]], tables: Path
) -> None:
    for name in ("alpha", "beta", "gamma"):
        put_workflow(name, steps=STEPS)
    before = sorted(tables.rglob("*"))
    app = WftuiApp(workbench)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.query_one(WorkflowTable).rows == 3)
        await settle(app)
        await pilot.press("j", "e")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.query_one(WorkflowCanvas).nodes)
        await pilot.press("j", "j", "3")
        await settle(app)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, EditorScreen))
        await pilot.press("H")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen) and app.screen.query_one(HistoryTable).known)
        await pilot.press("slash", *"status", "colon", *"failed", "enter")
        await settle(app)
        app.screen.query_one(HistoryTable).sort_by("duration")
        app.memory.keep("history", sort="duration")
    [file] = kept()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each for each in sorted(tables.rglob("*")) if each.name == "workflow.json"] == [
        each for each in before if each.name == "workflow.json"
    ]

    again = WftuiApp(workbench)
    async with again.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: again.screen.query_one(WorkflowTable).selected_id == "beta")
        await pilot.press("e")
        await until(pilot, lambda: isinstance(again.screen, EditorScreen))
        editor = again.screen
        assert isinstance(editor, EditorScreen)
        await until(pilot, lambda: editor.query_one(WorkflowCanvas).cursor == "c")
        await until(pilot, lambda: editor.view == "canvas" and editor.step_list.cursor == "c")
        again.open_history()
        await until(pilot, lambda: isinstance(again.screen, HistoryScreen))
        await until(pilot, lambda: again.screen.query_one(FilterBar).current.statuses == {"failed"})
        await until(pilot, lambda: again.screen.query_one(HistoryTable).sort == "duration")
        await pilot.press("escape")
        again.open_history("beta")
        await settle(again)
        assert not again.screen.query_one(FilterBar).current.statuses, "that of one workflow has its own filter"


async def test_editor_opens_in_the_kept_pane_and_in_no_other_before(
    workbench: Workbench, put_workflow: Put, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_workflow("flow", steps=STEPS)
    app = WftuiApp(workbench)
    app.memory.keep("editor flow", view="canvas", step="b")
    views: list[str] = []
    keep = app.memory.keep

    def noted(screen: str, **values: str) -> None:
        views.extend(value for key, value in values.items() if key == "view")
        keep(screen, **values)

    monkeypatch.setattr(app.memory, "keep", noted)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_editor("flow")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.step_list.nodes)
        await settle(app)
        assert {*views} == {"canvas"}


async def test_editor_never_begins_in_a_text(workbench: Workbench, put_workflow: Put, until: Until) -> None:
    path = put_workflow("flow")
    app = WftuiApp(workbench, start=lambda app: app.open_editor("flow"))
    app.memory.keep("editor flow", view="source", step="gone")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.step_list.nodes)
        editor = app.screen
        assert isinstance(editor, EditorScreen)
        assert editor.view == "steps"
        await until(pilot, lambda: editor.step_list.has_focus)
        await pilot.press("3", "2")
        assert path.read_text() == editor.source.text


async def test_read_only_session_writes_nothing(
    workbench: Workbench, put_workflow: Put, until: Until, kept: Callable[[], list[Path]]
) -> None:
    put_workflow("alpha")
    put_workflow("beta")
    app = WftuiApp(read_only(workbench))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.query_one(WorkflowTable).rows == 2)
        await pilot.press("j")
        await settle(app)
    assert kept() == []


JSON = st.recursive(
    st.none() | st.booleans() | st.text() | st.integers(),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each),
)


@given(st.one_of(st.binary(), JSON.map(lambda value: json.dumps(value).encode())))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_file_is_as_none(kept: Callable[[], list[Path]], tables: Path, data: bytes) -> None:
    memory = ScreenMemory(tables)
    memory.keep("a", x="1")
    memory.write()
    [file] = kept()
    file.write_bytes(data)
    found: Any = ScreenMemory(tables).recall("a")
    assert all(isinstance(text, str) for text in found.values())


def test_what_is_kept_has_a_limit(kept: Callable[[], list[Path]], tables: Path) -> None:
    memory = ScreenMemory(tables)
    for number in range(500):
        memory.keep(f"editor w{number}", view="steps")
    memory.write()
    again = ScreenMemory(tables)
    assert again.recall("editor w499")
    assert again.recall("editor w0") == {}
    assert len(kept()) == 1


def test_folder_that_cannot_be_written_is_tolerated(
    kept: Callable[[], list[Path]], tables: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tables.parent / "file").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(tables.parent / "file"))
    memory = ScreenMemory(tables)
    memory.keep("a", x="1")
    memory.write()
    assert memory.recall("a") == {"x": "1"}
