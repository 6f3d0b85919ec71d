"""The panes of the editor: sizes, and the inspector."""

import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from helpers import PATIENCE

from tui.screens.editor.editor_views import STEPS, Open, TextOf, Until, source_of
from wftui.compiler.editing.known_values import scope_at
from wftui.tui.app import WftuiApp
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.tui.widgets.run.inspector import StepInspector
from wftui.workbench import Workbench


@pytest.mark.first_cases(1)
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


@pytest.mark.parametrize("room", [(120, 48), (200, 60)])
async def test_inspector_of_a_big_screen_leaves_nothing_blank_and_repeats_nothing(
    workbench: Workbench, put_workflow: Callable[..., Path], open_editor: Open, until: Until, room: tuple[int, int]
) -> None:
    inner = [{"id": "inner", "type": "set", "input": {"a": 1}}]
    steps: list[dict[str, Any]] = [
        {"id": "first", "type": "set", "input": {"text": "Hello"}},
        {"id": "second", "type": "set", "input": {"copy": "{{ steps.first.output.text | upper }} {{ secrets.key }}"}},
        {"id": "box", "type": "group", "steps": inner},
        {"id": "each", "type": "group", "forEach": {"in": "[1, 2]"}, "steps": [{**inner[0], "id": "other"}]},
    ]
    put_workflow("hello", steps=steps[:1])
    await workbench.runs.wait(await workbench.runs.start("hello", {}))
    put_workflow("hello", steps=steps)
    app = WftuiApp(workbench)
    async with app.run_test(size=room) as pilot:
        screen = await open_editor(pilot, "hello")
        inspector = screen.query_one(StepInspector)

        def shown() -> list[str]:
            return [inspector.row(index, 80).plain for index in range(inspector.rows)]

        for step in steps:
            await until(pilot, lambda step=step: f"{step['id']}  {step['id']} · {step['type']}" in "".join(shown()[:1]))
            await until(pilot, lambda: len(shown()) == inspector.size.height and shown()[-1] and "Keys" in shown())
            assert "As written" not in shown()
            assert any(line.startswith("F3 ") and "Edit the step" in line for line in shown())
            if step["id"] == "second":
                await until(pilot, lambda: 'steps.first.output.text  "Hello"' in shown())
                assert "Reads  values of the last run" in shown()
                assert "secrets.key" in shown()
            await pilot.press("down")
            if "steps" in step:
                await pilot.press("down")
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: "As written" in shown() and "Keys" not in shown())


async def test_values_that_take_long_to_look_up_hold_no_key(
    workbench: Workbench,
    put_workflow: Callable[..., Path],
    open_editor: Open,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps: list[dict[str, Any]] = [
        {"id": "first", "type": "set", "input": {"text": "Hello"}},
        {"id": "second", "type": "set", "input": {"copy": "{{ steps.first.output.text }}"}},
        {"id": "third", "type": "set", "input": {"a": 1}},
    ]
    put_workflow("hello", steps=steps)
    await workbench.runs.wait(await workbench.runs.start("hello", {}))
    app, is_found, threads = WftuiApp(workbench), threading.Event(), list[threading.Thread]()

    def slow(*arguments: Any) -> Any:
        threads.append(threading.current_thread())
        if threads[-1] is not threading.main_thread():
            assert is_found.wait(PATIENCE)
        return scope_at(*arguments)

    monkeypatch.setattr("wftui.tui.screens.editor.inspecting.scope_at", slow)
    async with app.run_test(size=(120, 48)) as pilot:
        screen = await open_editor(pilot, "hello")
        inspector = screen.query_one(StepInspector)

        def shown() -> str:
            return "\n".join(inspector.row(index, 80).plain for index in range(inspector.rows))

        await pilot.press("down")
        await until(pilot, lambda: threads and "steps.first.output.text" in shown())
        await pilot.press("down")
        await until(pilot, lambda: "third · set" in shown())
        is_found.set()
        await pilot.press("up")
        await until(pilot, lambda: 'steps.first.output.text  "Hello"' in shown())
        assert threading.main_thread() not in threads


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
