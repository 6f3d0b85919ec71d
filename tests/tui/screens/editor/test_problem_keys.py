"""Keys for problems act on those of the current source, however fast they come."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tui.notices import notices
from tui.screens.editor.bursts import burst
from wftui.model.workflow.compilation import CompilationResult
from wftui.tui.app import WftuiApp
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.tui.terminal import type_ahead
from wftui.tui.widgets.source.compilation_status import CompilationStatus
from wftui.tui.widgets.source.diagnostic_list import DiagnosticList
from wftui.tui.widgets.source.source_view import SourceView
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
Put = Callable[..., Path]

STEPS: list[dict[str, Any]] = [
    {"id": "greet", "type": "set", "input": {"text": "Hello"}},
    {"id": "report", "type": "set", "input": {"text": "{{ steps.greet.output.text }}"}},
]


async def opened(pilot: Pilot[Any], until: Until) -> tuple[EditorScreen, SourceView]:
    """Return the editor once it has checked the workflow, and its source."""
    app = pilot.app
    await until(pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.query_one(CompilationStatus).result)
    assert isinstance(app.screen, EditorScreen)
    return app.screen, app.screen.query_one(SourceView)


@pytest.mark.parametrize("walk", ["f8", "shift+f8"])
async def test_a_fix_typed_ahead_waits_for_the_check(
    workbench: Workbench, put_workflow: Put, until: Until, walk: str
) -> None:
    put_workflow("flow", steps=STEPS)
    app = WftuiApp(workbench, start=lambda app: app.open_editor("flow"))
    async with app.run_test(size=(120, 40)) as pilot:
        screen, source = await opened(pilot, until)
        before = source.text
        source.change_to(before.replace("steps.greet", "steps.gret"))
        burst(app, walk, "f4")
        await until(pilot, lambda: source.text == before)
        await until(pilot, lambda: not screen.query_one(DiagnosticList).problems)


async def test_no_fix_of_an_older_source_is_applied(workbench: Workbench, put_workflow: Put, until: Until) -> None:
    """A step that moved up must not get the fix of the one that was there."""
    broken = [{**STEPS[0], "type": "sett"}, {"id": "other", "type": "delai", "input": {"seconds": 1}}]
    put_workflow("flow", steps=broken)
    app = WftuiApp(workbench, start=lambda app: app.open_editor("flow"))
    async with app.run_test(size=(120, 40)) as pilot:
        _, source = await opened(pilot, until)
        workflow = json.loads(source.text)
        workflow["steps"].reverse()
        source.change_to(json.dumps(workflow, indent=2))
        burst(app, "f8", "f4")
        await until(pilot, lambda: json.loads(source.text)["steps"][0]["type"] == "delay")
        assert json.loads(source.text)["steps"][1]["type"] == "sett"


async def test_a_key_whose_problem_is_gone_says_so(workbench: Workbench, put_workflow: Put, until: Until) -> None:
    put_workflow("flow", steps=[{**STEPS[0], "type": "sett"}])
    app = WftuiApp(workbench, start=lambda app: app.open_editor("flow"))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        _, source = await opened(pilot, until)
        await pilot.press("f8")
        mended = source.text.replace('"sett"', '"set"')
        source.change_to(mended)
        burst(app, "f4")
        await until(pilot, lambda: "Fix: no problem here has a fix" in notices(app))
        assert source.text == mended


async def test_escape_drops_a_fix_that_waits_for_a_long_check(
    workbench: Workbench, put_workflow: Put, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_workflow("flow", steps=STEPS)
    app = WftuiApp(workbench, start=lambda app: app.open_editor("flow"))
    async with app.run_test(size=(120, 40)) as pilot:
        screen, source = await opened(pilot, until)
        gate, check = asyncio.Event(), workbench.workflows.check

        async def check_late(workflow_id: str, text: str) -> CompilationResult:
            await gate.wait()
            return await check(workflow_id, text)

        monkeypatch.setattr(type_ahead, "_PATIENCE", 2)
        monkeypatch.setattr(workbench.workflows, "check", check_late)
        await pilot.press("2")
        mended = source.text
        source.change_to(broken := mended.replace("steps.greet", "steps.gret"))
        source.jump(broken[: broken.index("gret.")].count("\n") + 1)
        burst(app, "f4", "f4")
        typed = app._type_ahead
        await until(pilot, lambda: typed._turns > type_ahead._PATIENCE and typed._under_way(typed._opening))
        burst(app, "escape")
        await until(pilot, lambda: not app.keys_wait)
        gate.set()
        await screen.live_check.current()
        await until(pilot, lambda: screen.query_one(DiagnosticList).problems)
        assert source.text == broken
        source.focus()
        await pilot.press("f4")
        await until(pilot, lambda: source.text == mended)


async def test_problems_of_one_line_are_walked_and_fixed_apart(
    workbench: Workbench, put_workflow: Put, until: Until
) -> None:
    broken = [{**STEPS[0], "type": "sett"}, {**STEPS[1], "type": "htpp", "input": {"url": "https://example.org"}}]
    path = put_workflow("flow", steps=broken)
    path.write_text(json.dumps(json.loads(path.read_text())))
    app = WftuiApp(workbench, start=lambda app: app.open_editor("flow"))
    async with app.run_test(size=(120, 40)) as pilot:
        _, source = await opened(pilot, until)
        burst(app, "f8", "f8", "f4")
        await until(pilot, lambda: [each["type"] for each in json.loads(source.text)["steps"]] == ["sett", "http"])


async def test_each_of_several_problems_at_one_place_is_reached(
    workbench: Workbench, put_workflow: Put, until: Until
) -> None:
    put_workflow("flow", steps=[{"id": "a", "type": "http", "input": {}, "retry": {}}, STEPS[0]])
    app = WftuiApp(workbench, start=lambda app: app.open_editor("flow"))
    async with app.run_test(size=(120, 40)) as pilot:
        screen, _ = await opened(pilot, until)
        problems = screen.query_one(DiagnosticList)
        seen = set()
        for _ in problems.problems:
            await pilot.press("f8")
            seen.add(problems.cursor)
        assert len(seen) == len(problems.problems)
