"""Try a step and pin outputs by keys; marks of steps in list and canvas."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from tui.notices import notices
from wftui.model.base import Json
from wftui.tui.app import WftuiApp
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.tui.screens.editor.trial_screen import TrialScreen, TrialView
from wftui.tui.screens.runs.run_form import RunInputModal
from wftui.tui.widgets.source.compilation_status import CompilationStatus
from wftui.tui.widgets.source.source_view import SourceView
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
Put = Callable[..., Path]
TextOf = Callable[[App[Any]], str]
Matches = Callable[[Pilot[Any]], Awaitable[bool]]

STEPS = [
    {"id": "first", "type": "set", "input": {"text": "Hello"}},
    {"id": "second", "type": "set", "retry": {"maxAttempts": 3}, "input": {"copy": "{{ steps.first.output.text }}!"}},
]


async def opened(app: WftuiApp, pilot: Any, until: Until) -> EditorScreen:
    await until(pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.query_one(CompilationStatus).result)
    assert isinstance(app.screen, EditorScreen)
    return app.screen


async def test_step_is_tried_and_its_output_pinned(
    workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    path = put_workflow("hello", steps=STEPS)
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test(size=(100, 30)) as pilot:
        editor = await opened(app, pilot, until)
        await pilot.press("j", "t")
        await until(pilot, lambda: isinstance(app.screen, TrialScreen) and '"copy": "Hello!"' in text_of(app))
        await pilot.press("p")
        await until(pilot, lambda: (path.parent / "pins.json").exists())
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is editor and "⚑ ↻3" in text_of(app))
        await until(pilot, lambda: "pinned for trials, up to 3 attempts" in text_of(app))
        await pilot.press("asterisk")
        await until(pilot, lambda: not (path.parent / "pins.json").exists() and "⚑" not in text_of(app))
        await pilot.press("k", "asterisk")
        await until(pilot, lambda: any("first has no output in the last run" in each for each in notices(app)))


async def test_pinned_output_follows_a_renamed_step(
    workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    box = {"id": "box", "type": "group", "steps": [{"id": "inner", "type": "set", "input": {"x": 1}}]}
    put_workflow("hello", steps=[box])
    await workbench.trials.pin("hello", "box.inner", {"x": 2})
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app, pilot, until)
        await until(pilot, lambda: "⚑" in text_of(app))
        await pilot.press("R")
        await until(pilot, lambda: "Rename the step box" in text_of(app))
        await pilot.press("ctrl+u", *"crate", "enter")
        await until(pilot, lambda: "crate" in text_of(app) and "⚑" in text_of(app))
        assert (await workbench.trials.pins("hello"))["crate.inner"] == {"x": 2}
        await pilot.press("u")
        await until(pilot, lambda: "crate" not in text_of(app) and "⚑" in text_of(app))


async def test_pinned_output_follows_a_step_renamed_in_the_source(
    workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    put_workflow("hello", steps=STEPS[:1])
    await workbench.trials.pin("hello", "first", {"text": "Hi"})
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test(size=(100, 30)) as pilot:
        editor = await opened(app, pilot, until)
        await pilot.press("2", "ctrl+f", *"first", "enter")
        await until(pilot, lambda: editor.source.selected_text == "first")
        await pilot.press(*"begin", "f2")
        await until(pilot, lambda: not editor.is_changed and not app.keys_wait)
        assert await workbench.trials.pins("hello") == {"begin": {"text": "Hi"}}
        await until(pilot, lambda: "pinned for trials" in text_of(app))


async def test_pinned_output_of_a_deleted_step_goes_and_comes_back(
    workbench: Workbench, put_workflow: Put, until: Until
) -> None:
    put_workflow("hello", steps=STEPS)
    pinned = {"first": {"x": 2}, "second": {"x": 3}, "elsewhere": {"x": 4}}
    for name, output in pinned.items():
        await workbench.trials.pin("hello", name, output)
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test(size=(100, 30)) as pilot:
        editor = await opened(app, pilot, until)
        source = editor.query_one(SourceView)

        async def pins_after(*keys: str) -> dict[str, Json]:
            await pilot.press(*keys)
            await until(pilot, lambda: not editor.is_changed and not app.keys_wait)  # they wait for the whole save
            return await workbench.trials.pins("hello")

        last = source.text
        await pilot.press("j", "D")
        await until(pilot, lambda: editor.is_changed)
        assert await workbench.trials.pins("hello") == pinned, "not saved yet"
        without = {name: output for name, output in pinned.items() if name != "second"}
        assert await pins_after("f2") == without
        await pilot.press("u")
        await until(pilot, lambda: source.text == last)
        assert await pins_after("f2") == pinned
        await pilot.press("ctrl+y")
        await until(pilot, lambda: "second" not in source.text)
        assert await pins_after("f2") == without
        source.change_to(last.replace("first.output", "first.status"))
        await until(pilot, lambda: editor.is_changed)
        assert await pins_after("f2") == without, "another step of the same name"


@pytest.mark.parametrize("path", ["third", "fourth"])
async def test_trial_screen(
    workbench: Workbench, put_workflow: Put, until: Until, size: tuple[int, int], matches: Matches, path: str
) -> None:
    failing = {"script": "echo not there >&2; exit 3"}
    greeting = {"copy": "{{ steps.second.output.copy }}", "rows": [{"n": 1}, {"n": 2}]}
    more = [
        {"id": "third", "type": "set", "input": greeting},
        {"id": "fourth", "type": "shell", "needs": ["first"], "input": failing},
    ]
    put_workflow("hello", steps=[*STEPS, *more])
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test(size=size) as pilot:
        editor = await opened(app, pilot, until)
        app.push_screen(TrialScreen("hello", editor.query_one(SourceView).text, path, {}, whole=False))
        await until(pilot, lambda: isinstance(app.screen, TrialScreen) and app.screen.query_one(TrialView).lines)
        assert await matches(pilot)


async def test_cut_of_a_long_outcome_is_shown(
    workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    put_workflow("hello", steps=[{"id": "many", "type": "set", "input": {"n": "{{ range(30000) | list }}"}}])
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app, pilot, until)
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, TrialScreen) and "completed" in text_of(app))
        await pilot.press("end")
        await until(pilot, lambda: "more lines; press y to copy the whole output" in text_of(app))


async def test_inputs_are_asked_and_a_trial_can_be_left(
    workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    steps = [{"id": "first", "type": "shell", "input": {"script": "sleep 6000"}}]
    schema = {"type": "object", "properties": {"name": {"type": "string"}}}
    put_workflow("hello", steps=steps, inputSchema=schema)
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test(size=(100, 30)) as pilot:
        editor = await opened(app, pilot, until)
        await pilot.press("g")
        await until(pilot, lambda: isinstance(app.screen, RunInputModal))
        await pilot.press("f5")
        await until(pilot, lambda: isinstance(app.screen, TrialScreen) and "Running" in text_of(app))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is editor)
        assert workbench.runs.running() == []
