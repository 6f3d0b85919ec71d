"""Steps changed by single keys in the list and on the canvas, each one undo."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import TextArea

from tui.notices import notices
from tui.screens.editor.editor_views import cursor, ids, ready, text_in
from wftui.tui.app import WftuiApp
from wftui.tui.canvas.step_list import StepList
from wftui.tui.canvas.workflow_canvas import WorkflowCanvas
from wftui.tui.screens.dialogs.confirm import ConfirmScreen
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.tui.screens.editor.step_form import StepForm
from wftui.tui.widgets.picker import Picker
from wftui.tui.widgets.source.compilation_status import CompilationStatus
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]
Put = Callable[..., Path]

STEPS: list[dict[str, Any]] = [
    {"id": "a", "type": "set", "input": {"text": "Hello"}},
    {"id": "b", "type": "set", "needs": ["a"], "input": {}},
    {"id": "g", "type": "group", "needs": ["b"], "steps": [{"id": "c", "type": "set", "input": {}}]},
    {"id": "d", "type": "set", "needs": ["g", "b"], "input": {}},
]


@pytest.fixture
def opened(workbench: Workbench, put_workflow: Put) -> WftuiApp:
    """Return an app that opens a workflow of four steps and one inside."""
    put_workflow("flow", steps=STEPS)
    return WftuiApp(workbench, start=lambda app: app.open_editor("flow"))


@pytest.mark.first_cases(6)
@pytest.mark.parametrize(
    ("keys", "expected", "at"),
    [
        (["j", "D"], ["a", "g", ["c"], "d"], "g"),
        (["G", "delete"], ["b", "g", ["c"], "d"], "b"),
        (["d"], ["a", "a_2", "b", "g", ["c"], "d"], "a_2"),
        (["J", "J"], ["b", "g", ["c"], "a", "d"], "a"),
        (["J", "K"], ["a", "b", "g", ["c"], "d"], "a"),
        (["c", "j", "p"], ["a", "b", "a_2", "g", ["c"], "d"], "a_2"),
        (["X", "p"], ["b", "a", "g", ["c"], "d"], "a"),
        (["j", "greater_than_sign"], ["a", "g", ["b", "c"], "d"], "g.b"),
        (["j", "j", "j", "less_than_sign"], ["a", "b", "g", [], "c", "d"], "c"),
        (["m", "m", "J"], ["g", ["c"], "a", "b", "d"], "a"),
        (["j", "j", "W"], ["a", "b", "c", "d"], "c"),
        (["2", "escape", "1", "j", "D"], ["a", "g", ["c"], "d"], "g"),
    ],
    ids=lambda value: (
        "".join(value) if isinstance(value, list) and all(isinstance(each, str) for each in value) else ""
    ),
)
async def test_each_key_is_one_undo(
    opened: WftuiApp, until: Until, keys: list[str], expected: list[Any], at: str
) -> None:
    async with opened.run_test(size=(100, 30)) as pilot:
        screen = await ready(pilot, until)
        before = text_in(screen)
        await pilot.press(*(key for key in keys if key != "G"))
        await until(pilot, lambda: ids(screen) == expected)
        await until(pilot, lambda: cursor(screen) == at)
        changes = sum(
            key in {"D", "delete", "d", "J", "K", "p", "X", "W", "greater_than_sign", "less_than_sign"} for key in keys
        )
        await pilot.press(*["u"] * changes)
        await until(pilot, lambda: text_in(screen) == before)


async def test_burst_keys_act_in_order(opened: WftuiApp, until: Until) -> None:
    async with opened.run_test() as pilot:
        screen = await ready(pilot, until)
        for key in "JdD":
            opened.post_message(events.Key(key, key))
        await until(pilot, lambda: ids(screen) == ["b", "a", "g", ["c"], "d"])
        assert json.loads(text_in(screen))["steps"][0]["needs"] == ["a"]


async def test_a_step_is_disabled_and_enabled(opened: WftuiApp, until: Until, text_of: TextOf) -> None:
    async with opened.run_test(size=(100, 30)) as pilot:
        screen = await ready(pilot, until)
        before = text_in(screen)
        await pilot.press("e")
        await until(pilot, lambda: json.loads(text_in(screen))["steps"][0].get("disabled") is True)
        await until(pilot, lambda: "disabled" in text_of(opened))
        await pilot.press("e")
        await until(pilot, lambda: text_in(screen) == before)


@pytest.mark.first_cases(1)
@pytest.mark.parametrize(
    ("word", "name"), [("group", "group"), ("forEach", "each"), ("loop", "loop"), ("switch", "switch")]
)
async def test_marked_steps_are_wrapped(opened: WftuiApp, until: Until, word: str, name: str) -> None:
    async with opened.run_test(size=(100, 30)) as pilot:
        screen = await ready(pilot, until)
        await pilot.press("m", "m", "w")
        await until(pilot, lambda: isinstance(opened.screen, Picker))
        await pilot.press(*word, "enter")
        await until(pilot, lambda: opened.screen is screen and cursor(screen) == name)
        await until(pilot, lambda: screen.query_one(CompilationStatus).status_text == "Ready")
        assert [step["id"] for step in json.loads(text_in(screen))["steps"]] == [name, "g", "d"]


@pytest.mark.parametrize(
    ("key", "chosen", "expected"),
    [
        ("escape", "a", ["a", "b"]),
        ("l", "b", ["b"]),
        ("r", "b", ["b"]),
    ],
)
async def test_deletion_breaking_a_read_asks_first(
    workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf, key: str, chosen: str, expected: list[str]
) -> None:
    reader = {"id": "b", "type": "set", "input": {"text": "{{ steps.a.output.text }}", "like": "steps.a.output"}}
    put_workflow("flow", steps=[STEPS[0], reader])
    app = WftuiApp(workbench, start=lambda app: app.open_editor("flow"))
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await ready(pilot, until)
        await pilot.press("D")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen) and "b.input.text reads a" in text_of(app))
        await pilot.press(key)
        await until(pilot, lambda: app.screen is screen and cursor(screen) == chosen and ids(screen) == expected)
        steps = json.loads(text_in(screen))["steps"]
        assert steps[-1]["input"] == {
            "text": "{{ none }}" if key == "r" else "{{ steps.a.output.text }}",
            "like": "steps.a.output",
        }


async def test_a_dialog_about_broken_reads_looks(
    workbench: Workbench,
    put_workflow: Put,
    until: Until,
    size: tuple[int, int],
    matches: Callable[[Pilot[Any]], Awaitable[bool]],
) -> None:
    reader = {"id": "b", "type": "set", "when": "steps.a.output.ok", "input": {"text": "{{ steps.a.output.text }}"}}
    put_workflow("flow", steps=[STEPS[0], reader, *STEPS[2:]])
    app = WftuiApp(workbench, start=lambda app: app.open_editor("flow"))
    async with app.run_test(size=size) as pilot:
        await ready(pilot, until)
        await pilot.press("j", "j", "e", "k", "k", "D")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert await matches(pilot)


async def test_steps_are_pasted_from_the_terminal_and_from_another_workflow(
    workbench: Workbench, put_workflow: Put, opened: WftuiApp, until: Until
) -> None:
    put_workflow("other", steps=[{"id": "z", "type": "set", "input": {}}])
    async with opened.run_test() as pilot:
        screen = await ready(pilot, until)
        await pilot.press("j", "c", "escape")
        await until(pilot, lambda: opened.screen is not screen)
        opened.open_editor("other")
        await until(pilot, lambda: isinstance(opened.screen, EditorScreen) and opened.screen.workflow_id == "other")
        other = await ready(pilot, until)
        await until(pilot, lambda: cursor(other) == "z")
        await pilot.press("p")
        await until(pilot, lambda: ids(other) == ["z", "b"])
        assert "needs" not in json.loads(text_in(other))["steps"][1], "it needed a step that is not here"
        opened.post_message(events.Paste('[{"id": "z", "type": "set"}, {"id": "y", "type": "set", "needs": ["z"]}]'))
        await until(pilot, lambda: ids(other) == ["z", "b", "z_2", "y"])
        assert json.loads(text_in(other))["steps"][3]["needs"] == ["z_2"]


async def test_steps_are_added_where_the_cursor_is(opened: WftuiApp, until: Until) -> None:
    async with opened.run_test(size=(100, 40)) as pilot:
        screen = await ready(pilot, until)

        async def add(expected: list[Any], *keys: str) -> None:
            await pilot.press(*keys)
            await until(pilot, lambda: isinstance(opened.screen, Picker))
            await pilot.press(*"shell:", "enter")
            await until(pilot, lambda: isinstance(opened.screen, StepForm) and isinstance(opened.focused, TextArea))
            await pilot.press(*"ls", "f2")
            await until(pilot, lambda: opened.screen is screen and ids(screen) == expected)

        await add(["a", "shell", "b", "g", ["c"], "d"], "j", "A")
        await add(["a", "shell", "shell_2", "b", "g", ["c"], "d"], "a")
        await add(["a", "shell", "shell_2", "b", "g", ["c", "shell_3"], "d"], "j", "j", "I")
        await add(["a", "shell", "shell_2", "b", "g", ["c", "shell_4", "shell_3"], "d"], "k", "ctrl+n")
        assert [*json.loads(text_in(screen))["steps"][1]] == ["id", "type", "input"]


async def test_steps_are_added_in_order_despite_errors(workbench: Workbench, put_workflow: Put, until: Until) -> None:
    put_workflow("flow", steps=[{"id": "a", "type": "sett", "input": {}}])
    app = WftuiApp(workbench, start=lambda app: app.open_editor("flow"))
    async with app.run_test() as pilot:
        screen = await ready(pilot, until)
        await pilot.press("d", "d", "d")
        await until(pilot, lambda: ids(screen) == ["a", "a_2", "a_3", "a_4"])


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (["K"], "a is the first of its list"),
        (["less_than_sign"], "a is in no container"),
        (["greater_than_sign"], "there is no container next to a"),
        (["W"], "a contains no steps"),
        (["p"], "the clipboard holds no steps"),
        (["5", "D"], "Delete: select a step in the list or the canvas"),
    ],
)
async def test_impossible_operation_is_explained(opened: WftuiApp, until: Until, keys: list[str], message: str) -> None:
    async with opened.run_test(notifications=True) as pilot:
        screen = await ready(pilot, until)
        before = text_in(screen)
        await pilot.press(*keys)
        await until(pilot, lambda: any(message in notice for notice in notices(opened)))
        assert text_in(screen) == before


async def test_a_broken_source_is_not_changed_by_keys(opened: WftuiApp, until: Until) -> None:
    async with opened.run_test(notifications=True) as pilot:
        screen = await ready(pilot, until)
        await pilot.press("2", "x")
        await until(pilot, lambda: "error" in screen.query_one(CompilationStatus).status_text)
        before = text_in(screen)
        await pilot.press("escape", "1", "D")
        await until(pilot, lambda: any("not valid JSON at the moment" in notice for notice in notices(opened)))
        assert text_in(screen) == before


async def test_canvas_has_the_same_keys(opened: WftuiApp, until: Until) -> None:
    async with opened.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot, until)
        canvas = screen.query_one(WorkflowCanvas)
        await pilot.press("3")
        await until(pilot, lambda: canvas.has_focus and canvas.cursor == "a")
        await pilot.press("d")
        await until(pilot, lambda: ids(screen) == ["a", "a_2", "b", "g", ["c"], "d"])
        await until(pilot, lambda: canvas.cursor == "a_2")


async def test_marks_and_disabled_steps_look(
    opened: WftuiApp, until: Until, size: tuple[int, int], matches: Callable[[Pilot[Any]], Awaitable[bool]]
) -> None:
    async with opened.run_test(size=size) as pilot:
        screen = await ready(pilot, until)
        await pilot.press("e", "m", "j", "m")
        await until(pilot, lambda: len(screen.query_one(StepList).marked) == 2)
        await until(pilot, lambda: screen.query_one(CompilationStatus).status_text != "Ready")
        assert await matches(pilot)


async def test_unwrapping_names_what_goes_with_the_container(
    workbench: Workbench, put_workflow: Put, until: Until
) -> None:
    group = {**STEPS[2], "when": "{{ true }}", "timeout": "5s"}
    put_workflow("flow", steps=[STEPS[0], STEPS[1], group])
    app = WftuiApp(workbench, start=lambda app: app.open_editor("flow"))
    async with app.run_test(notifications=True) as pilot:
        screen = await ready(pilot, until)
        await pilot.press("j", "j", "W")
        await until(pilot, lambda: ids(screen) == ["a", "b", "c"])
        await until(pilot, lambda: "Removed with g: when, timeout; ^z undoes it." in notices(app))
