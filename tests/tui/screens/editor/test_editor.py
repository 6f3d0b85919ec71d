from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tui.notices import notices
from tui.screens.editor.editor_views import BROKEN, STEPS, Open, TextOf, Until, replace, result_of, source_of, status_of
from wftui.tui.app import WftuiApp
from wftui.tui.canvas.step_list import StepList
from wftui.tui.canvas.workflow_canvas import WorkflowCanvas
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.tui.screens.workflows_screen import WorkflowsScreen
from wftui.tui.widgets.run.inspector import StepInspector
from wftui.tui.widgets.source.diagnostic_list import DiagnosticList
from wftui.tui.widgets.source.python_view import PythonView
from wftui.workbench import Workbench

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
        await until(pilot, lambda: source.has_focus)  # what is typed next goes into the source
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
