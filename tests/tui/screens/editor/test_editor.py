import json
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from tui.notices import notices
from wftui.model.workflow.compilation import CompilationResult
from wftui.tui.app import WftuiApp
from wftui.tui.canvas.step_list import StepList
from wftui.tui.canvas.workflow_canvas import WorkflowCanvas
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.tui.screens.workflows_screen import WorkflowsScreen
from wftui.tui.widgets.run.inspector import StepInspector
from wftui.tui.widgets.source.compilation_status import CompilationStatus
from wftui.tui.widgets.source.diagnostic_list import DiagnosticList
from wftui.tui.widgets.source.python_view import PythonView
from wftui.tui.widgets.source.source_view import SourceView
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]
Open = Callable[..., Awaitable[EditorScreen]]

STEPS: list[dict[str, Any]] = [
    {"id": "greet", "type": "set", "name": "Say hello", "input": {"text": "Hello"}},
    {"id": "count", "type": "set", "needs": [], "input": {"number": 1}},
    {"id": "report", "type": "set", "input": {"text": "{{ steps.greet.output.text }}"}},
]
BROKEN: list[dict[str, Any]] = [
    {"id": "greet", "type": "sett", "input": {"text": "Hello"}},
    {"id": "report", "type": "set", "input": {"text": "{{ steps.gret.output.text }}"}},
]


@pytest.fixture
def open_editor(until: Until) -> Open:
    """Return `open_editor(pilot, id)`, which waits for the first check."""

    async def open_it(pilot: Pilot[Any], workflow_id: str) -> EditorScreen:
        app = pilot.app
        assert isinstance(app, WftuiApp)
        app.open_editor(workflow_id)
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and result_of(app.screen))
        assert isinstance(app.screen, EditorScreen)
        return app.screen

    return open_it


def result_of(screen: EditorScreen) -> CompilationResult | None:
    return next((status.result for status in screen.query(CompilationStatus)), None)


def source_of(screen: EditorScreen) -> SourceView:
    return screen.query_one(SourceView)


def status_of(screen: EditorScreen) -> str:
    return screen.query_one(CompilationStatus).status_text


def replace(screen: EditorScreen, old: str, new: str) -> None:
    """Change the source as an edit does."""
    source = source_of(screen)
    assert old in source.text
    source.change_to(source.text.replace(old, new))


# --- looks


async def test_editor_looks(
    workbench: Workbench,
    put_workflow: Callable[..., Path],
    size: tuple[int, int],
    open_editor: Open,
    matches: Callable[[Pilot[Any]], Awaitable[bool]],
) -> None:
    put_workflow("hello", name="Hello", steps=STEPS)
    app = WftuiApp(workbench)
    async with app.run_test(size=size) as pilot:
        await open_editor(pilot, "hello")
        assert await matches(pilot)


async def test_editor_with_problems_looks(
    workbench: Workbench,
    put_workflow: Callable[..., Path],
    size: tuple[int, int],
    open_editor: Open,
    matches: Callable[[Pilot[Any]], Awaitable[bool]],
) -> None:
    put_workflow("hello", name="Hello", steps=BROKEN)
    app = WftuiApp(workbench)
    async with app.run_test(size=size) as pilot:
        await open_editor(pilot, "hello")
        await pilot.press("5")
        await pilot.pause()
        assert await matches(pilot)


@pytest.mark.parametrize("key", ["1", "3"])
async def test_panes_look(
    workbench: Workbench,
    put_workflow: Callable[..., Path],
    key: str,
    open_editor: Open,
    matches: Callable[[Pilot[Any]], Awaitable[bool]],
) -> None:
    put_workflow("hello", name="Hello", steps=STEPS)
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        await open_editor(pilot, "hello")
        await pilot.press(key)
        await pilot.pause()
        assert await matches(pilot)


@pytest.mark.parametrize("room", [(120, 48), (200, 60)])
async def test_big_screens_look(
    workbench: Workbench,
    put_workflow: Callable[..., Path],
    room: tuple[int, int],
    open_editor: Open,
    until: Until,
    text_of: TextOf,
    matches: Callable[[Pilot[Any]], Awaitable[bool]],
) -> None:
    put_workflow("hello", name="Hello", steps=STEPS)
    app = WftuiApp(workbench)
    async with app.run_test(size=room) as pilot:
        await open_editor(pilot, "hello")
        await pilot.press("down")
        await until(pilot, lambda: "count · set" in text_of(app))
        assert await matches(pilot)


# --- saving


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


# --- live checking, problems, fixes


async def test_typing_is_checked_without_saving(
    workbench: Workbench, put_workflow: Callable[..., Path], open_editor: Open, until: Until
) -> None:
    path = put_workflow("hello", steps=STEPS)
    before = path.read_bytes()
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        screen = await open_editor(pilot, "hello")
        await pilot.press("2", "x")
        await until(pilot, lambda: "error" in status_of(screen))
        await pilot.press("backspace")
        await until(pilot, lambda: status_of(screen) == "Ready")
        assert path.read_bytes() == before
        assert not workbench.workspace.generated_path("hello").exists()


async def test_problems_are_listed_and_walked(
    workbench: Workbench, put_workflow: Callable[..., Path], open_editor: Open, until: Until, text_of: TextOf
) -> None:
    put_workflow("hello", steps=BROKEN)
    app = WftuiApp(workbench)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_editor(pilot, "hello")
        source = source_of(screen)
        await until(pilot, lambda: len(screen.query_one(DiagnosticList).problems) == 2)
        problems = screen.query_one(DiagnosticList).problems
        places = [(problem.line, problem.column) for problem in problems]
        await pilot.press("f8")
        assert (source.line, source.column) == places[0]
        await pilot.press("f8")
        assert (source.line, source.column) == places[1]
        await pilot.press("f8")
        assert (source.line, source.column) == places[0], "around the end"
        await pilot.press("escape", "5", "down", "enter")
        await until(pilot, lambda: (source.line, source.column) == places[1] and source.has_focus)
        await until(pilot, lambda: problems[1].code in text_of(app))


async def test_fix_is_applied_by_key_and_undone(
    workbench: Workbench, put_workflow: Callable[..., Path], open_editor: Open, until: Until
) -> None:
    put_workflow("hello", steps=BROKEN)
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        screen = await open_editor(pilot, "hello")
        before = source_of(screen).text
        await pilot.press("f8", "f4")
        await until(pilot, lambda: '"type": "set"' in source_of(screen).text.split("report")[0])
        await until(pilot, lambda: status_of(screen) == "1 error")
        await pilot.press("f8", "f4")
        await until(pilot, lambda: status_of(screen) == "Ready")
        await pilot.press("ctrl+z", "ctrl+z")
        assert source_of(screen).text == before
        await pilot.press("ctrl+y")
        assert source_of(screen).text != before


async def test_a_key_applies_all_fixes_those_of_the_syntax_first(
    workbench: Workbench, put_workflow: Callable[..., Path], open_editor: Open, until: Until
) -> None:
    path = put_workflow("hello", steps=[*BROKEN, {"id": "end", "type": "sett", "nedds": [], "timout": "3s"}])
    path.write_text(path.read_text().replace("\n  ]", ",\n  ]"))
    app = WftuiApp(workbench)
    async with app.run_test(notifications=True) as pilot:
        screen = await open_editor(pilot, "hello")
        before = source_of(screen).text
        await pilot.press("F")
        await until(pilot, lambda: status_of(screen) == "Ready")
        await until(pilot, lambda: "Fixed 6 problems; none left." in notices(app))
        await pilot.press("u")
        await until(pilot, lambda: source_of(screen).text == before)


async def test_the_generated_python_follows_the_text(
    workbench: Workbench, put_workflow: Callable[..., Path], open_editor: Open, until: Until
) -> None:
    put_workflow("hello", steps=STEPS)
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        screen = await open_editor(pilot, "hello")
        python = screen.query_one(PythonView)
        await pilot.press("4")
        await until(pilot, lambda: "WORKFLOW = WorkflowPlan(" in python.text)
        replace(screen, '"Hello"', '"Good day"')
        await until(pilot, lambda: "Good day" in python.text)
        replace(screen, '"Good day"', '"Good day')
        await until(pilot, lambda: "error" in status_of(screen))
        assert "Good day" in python.text, "the last good one stays"


# --- steps and text


async def test_steps_and_cursor_follow_each_other(
    workbench: Workbench, put_workflow: Callable[..., Path], open_editor: Open, until: Until
) -> None:
    put_workflow("hello", steps=STEPS)
    app = WftuiApp(workbench)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_editor(pilot, "hello")
        steps, source = screen.query_one(StepList), source_of(screen)
        await until(pilot, lambda: len(steps.nodes) == 3)
        await pilot.press("1")
        await until(pilot, lambda: steps.has_focus)
        await pilot.press("down")
        await until(pilot, lambda: steps.cursor == "count")
        await until(pilot, lambda: '"id": "count"' in source.text.splitlines()[source.line])
        await pilot.press("enter")
        await until(pilot, lambda: source.has_focus)
        source.jump(len(source.text.splitlines()) - 8)
        await until(pilot, lambda: steps.cursor == "report")
        await until(pilot, lambda: screen.query_one(WorkflowCanvas).cursor == "report")


async def test_every_pane_can_be_reached_on_a_small_screen(
    workbench: Workbench, put_workflow: Callable[..., Path], open_editor: Open, until: Until
) -> None:
    put_workflow("hello", steps=STEPS)
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        screen = await open_editor(pilot, "hello")
        reached = []
        for _ in range(6):
            before = screen.focused
            await pilot.press("f6")
            await until(pilot, lambda before=before: screen.focused not in (before, None))
            focused = screen.focused
            assert focused is not None
            await until(pilot, lambda pane=focused: pane.region.height > 10)  # it fills the screen
            reached.append(focused.id)
        assert reached == ["source", "canvas", "python", "problems", "inspector", "steps"]


async def test_running_from_the_editor_saves_first(
    workbench: Workbench, put_workflow: Callable[..., Path], open_editor: Open, until: Until
) -> None:
    path = put_workflow("hello", steps=STEPS)
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        screen = await open_editor(pilot, "hello")
        replace(screen, '"Hello"', '"Good day"')
        await pilot.press("f5")
        await until(pilot, lambda: app.session_runs)
        assert "Good day" in path.read_text()
        record = await workbench.runs.wait(app.session_runs[0])
        assert record.status == "completed"
        await until(pilot, lambda: app.screen is not screen)


async def test_a_workflow_with_errors_is_not_run(
    workbench: Workbench, put_workflow: Callable[..., Path], open_editor: Open, until: Until, text_of: TextOf
) -> None:
    put_workflow("hello", steps=BROKEN)
    app = WftuiApp(workbench)
    async with app.run_test(notifications=True) as pilot:
        screen = await open_editor(pilot, "hello")
        await pilot.press("f5")
        await until(pilot, lambda: "Run not started: 2 errors." in notices(app))
        assert app.screen is screen
        await until(pilot, lambda: screen.query_one(DiagnosticList).has_focus)
        assert not app.session_runs


async def test_the_editor_opens_at_a_step(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until
) -> None:
    put_workflow("hello", steps=STEPS)
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello", "report"))
    async with app.run_test() as pilot:
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and result_of(app.screen))
        assert isinstance(app.screen, EditorScreen)
        source = source_of(app.screen)
        await until(pilot, lambda: '"id": "report"' in source.text.splitlines()[source.line])


async def test_deleted_workflow_is_not_opened(workbench: Workbench, until: Until, text_of: TextOf) -> None:
    app = WftuiApp(workbench, start=lambda app: app.open_editor("gone"))
    async with app.run_test(notifications=True) as pilot:
        await until(pilot, lambda: "there is no workflow gone" in text_of(app))
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen))


async def test_search_works_in_source_and_python(
    workbench: Workbench, put_workflow: Callable[..., Path], open_editor: Open, until: Until
) -> None:
    put_workflow("hello")
    app = WftuiApp(workbench)
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await open_editor(pilot, "hello")
        source, python = source_of(screen), screen.query_one(PythonView)
        await pilot.press("ctrl+f", *"greet", "enter")
        await until(pilot, lambda: source.selected_text == "greet")
        await until(pilot, lambda: source.has_focus)  # what is typed next stands in the source
        await pilot.press("ctrl+f", "escape")
        await until(pilot, lambda: app.screen is screen and source.has_focus)
        screen.enter("python")
        await until(pilot, lambda: python.has_focus)
        await pilot.press("slash", "enter")
        await until(pilot, lambda: python.selected_text == "greet")
        for view in ("source", "python"):
            screen.enter(view)
            await pilot.press("ctrl+f", "ctrl+u", *"re:(", "enter")
            await until(pilot, lambda: any("unterminated" in each for each in notices(app)))
            app.clear_notifications()


async def test_steps_are_found_and_every_view_follows(
    workbench: Workbench, put_workflow: Callable[..., Path], open_editor: Open, until: Until, text_of: TextOf
) -> None:
    put_workflow("hello", steps=STEPS)
    app = WftuiApp(workbench)
    async with app.run_test(size=(180, 50)) as pilot:
        screen = await open_editor(pilot, "hello")
        await until(pilot, lambda: len(screen.graph) == 3)
        await pilot.press("slash", *"report", "enter")
        await until(pilot, lambda: screen.step_list.cursor == "report" and screen.step_list.has_focus)
        await until(pilot, lambda: screen.query_one(WorkflowCanvas).cursor == "report")
        await until(pilot, lambda: "After  Say hello" in text_of(app))
        await pilot.press("up")
        await until(pilot, lambda: screen.query_one(WorkflowCanvas).cursor == "count")
        await until(pilot, lambda: "count · set" in text_of(app))
        assert screen.query_one(StepInspector).display
        assert screen.query_one(WorkflowCanvas).display


@pytest.mark.parametrize("room", [(200, 60), (160, 48), (120, 45)])
async def test_panes_share_a_big_screen_by_what_they_hold(
    workbench: Workbench, put_workflow: Callable[..., Path], open_editor: Open, until: Until, room: tuple[int, int]
) -> None:
    put_workflow("hello", steps=STEPS)
    app = WftuiApp(workbench)
    async with app.run_test(size=room) as pilot:
        screen = await open_editor(pilot, "hello")
        names = ["steps", "inspector", "canvas", "source"]
        panes = {name: screen.query_one(f"#{name}") for name in names}
        await until(pilot, lambda: panes["canvas"].region.height < 20)
        await until(pilot, lambda: panes["steps"].region.height == len(STEPS) + 3)  # with its head and border
        assert panes["source"].region.height > room[1] // 3
        assert panes["source"].region.width > room[0] // 2
        assert sum(pane.region.area for pane in panes.values()) == room[0] * screen.query_one("#main").region.height
        await pilot.press("4")
        await until(pilot, lambda: screen.query_one("#python").region.height == screen.query_one("#main").region.height)
        await pilot.press("1")
        for size, shown in (((120, 40), ["steps", "inspector"]), ((80, 50), ["steps"]), ((80, 24), ["steps"])):
            await pilot.resize_terminal(*size)
            await until(
                pilot, lambda shown=shown: [name for name in names if screen.query_one(f"#{name}").region] == shown
            )


@pytest.mark.parametrize("room", [(200, 60), (110, 45)])
async def test_program_begins_with_the_steps_on_a_big_screen(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until, room: tuple[int, int]
) -> None:
    put_workflow("hello", steps=STEPS[:1])
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test(size=room) as pilot:
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.steps)
        screen = app.screen
        assert isinstance(screen, EditorScreen)
        await until(pilot, lambda: screen.step_list.cursor == "greet")
        await until(pilot, lambda: screen.step_list.region.height == 4)  # with its head and border


@pytest.mark.slow
async def test_most_moves_in_long_lists_scroll_nothing(
    workbench: Workbench, put_workflow: Callable[..., Path], open_editor: Open, until: Until
) -> None:
    """Each scrolled pane is written to the terminal as a whole."""
    steps = [{"id": f"s{number}", "type": "set", "input": {"number": number}} for number in range(60)]
    put_workflow("long", steps=steps)
    app = WftuiApp(workbench)
    async with app.run_test(size=(120, 48)) as pilot:
        screen = await open_editor(pilot, "long")
        source, listed = source_of(screen), screen.step_list
        lines = [number for number, line in enumerate(source.text.splitlines(), 1) if '"id": "s' in line]
        for key, cursors in (("down", range(1, 41)), ("up", range(39, -1, -1))):
            places = []
            for at in cursors:
                await pilot.press(key)
                await until(pilot, lambda at=at: (listed.cursor, source.line) == (f"s{at}", lines[at] - 1))
                assert all(source.in_view(row) for row in range(lines[at] - 2, lines[at] + 3)), "all of the step"
                places.append((listed.scroll_offset.y, source.scroll_offset.y))
            for pane in (0, 1):
                moves = sum(before[pane] != after[pane] for before, after in pairwise(places))
                assert 0 < moves <= 20
        assert listed.cursor == "s0"


async def test_inspector_of_a_big_screen_describes_the_step_type(
    workbench: Workbench, put_workflow: Callable[..., Path], open_editor: Open, until: Until, text_of: TextOf
) -> None:
    put_workflow("pull", steps=[{"id": "get", "type": "http", "input": {"url": "https://example.org"}}])
    app = WftuiApp(workbench)
    async with app.run_test(size=(120, 54)) as pilot:
        screen = await open_editor(pilot, "pull")
        await until(pilot, lambda: "Output  of http" in text_of(app) and "Not set  F3 sets them" in text_of(app))
        shown = text_of(app)
        assert "Status code of the response" in shown
        assert "method           " in shown
        assert "url              " not in shown.partition("Not set")[2], "it is set"
        assert " more" in shown
        inspector = screen.query_one(StepInspector)
        assert inspector.max_scroll_y == 0
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: "Output  of http" not in text_of(app))


async def test_inspector_of_a_big_screen_names_the_steps_in_a_container(
    workbench: Workbench, put_workflow: Callable[..., Path], open_editor: Open, until: Until
) -> None:
    inner = [{"id": f"inner{number}", "type": "set", "name": f"Part {number}", "input": {}} for number in range(2)]
    put_workflow("box", steps=[{"id": "box", "type": "group", "steps": inner}])
    app = WftuiApp(workbench)
    async with app.run_test(size=(120, 60)) as pilot:
        screen = await open_editor(pilot, "box")
        inspector = screen.query_one(StepInspector)

        def shown() -> str:
            return "\n".join(inspector.row(index, 80).plain for index in range(inspector.rows))

        await until(pilot, lambda: "Inside" in shown())
        assert "Part 0           set" in shown()
        assert "Part 1           set" in shown()
        assert inspector.max_scroll_y == 0
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: "Inside" not in shown())


async def test_inspector_shows_the_last_run(
    workbench: Workbench, put_workflow: Callable[..., Path], open_editor: Open, until: Until, text_of: TextOf
) -> None:
    put_workflow("hello", steps=STEPS)
    app = WftuiApp(workbench)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_editor(pilot, "hello")
        await until(pilot, lambda: "Never run" in text_of(app))
        await workbench.runs.wait(await workbench.runs.start("hello", {}))
        app.runs_changed.publish("")
        await until(pilot, lambda: "Last run  completed" in text_of(app) and '"text": "Hello"' in text_of(app))


async def test_diagnostic_at_the_cursor_is_shown(
    workbench: Workbench, put_workflow: Callable[..., Path], open_editor: Open, until: Until, text_of: TextOf
) -> None:
    put_workflow("hello", steps=[{"id": "greet", "type": "sett", "input": {}}])
    app = WftuiApp(workbench)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_editor(pilot, "hello")
        assert "there is no step type" not in text_of(app)
        await pilot.press("f8")
        await until(pilot, lambda: "there is no step type 'sett'" in text_of(app))
