"""Panes follow a cursor at rest; keys act on the step that it was moved to."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from tui.screens.editor.bursts import burst
from wftui.tui.app import WftuiApp
from wftui.tui.canvas.workflow_canvas import WorkflowCanvas
from wftui.tui.screens.editor import one_cursor
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.tui.screens.editor.step_form import StepForm
from wftui.tui.widgets.source.compilation_status import CompilationStatus
from wftui.tui.widgets.source.source_view import SourceView
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]
Put = Callable[..., Path]

TALL = (120, 48)
"""Size at which list, inspector, canvas and source are shown at once."""
MISSPELT = [{"id": f"s{number}", "type": "sett", "input": {"number": number}} for number in range(6)]
STEPS = [{**step, "type": "set"} for step in MISSPELT]


@pytest.fixture
def never_at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the cursor come to rest only after the test."""
    monkeypatch.setattr(one_cursor, "REST", 3_600)


async def opened(pilot: Pilot[Any], until: Until) -> tuple[EditorScreen, SourceView]:
    """Return the editor once it has checked the workflow, and its source."""
    app = pilot.app
    await until(pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.query_one(CompilationStatus).result)
    assert isinstance(app.screen, EditorScreen)
    return app.screen, app.screen.query_one(SourceView)


def step_at(source: SourceView) -> str:
    """Return the id below the cursor of the source, which is at the bracket of a step."""
    return str(json.loads("{" + source.text.splitlines()[source.line].strip().rstrip(",") + "}")["id"])


@pytest.mark.usefixtures("never_at_rest")
@pytest.mark.parametrize("pane", ["1", "3"])
async def test_panes_do_not_move_with_each_key(
    workbench: Workbench, put_workflow: Put, until: Until, pane: str
) -> None:
    put_workflow("flow", steps=STEPS)
    app = WftuiApp(workbench, start=lambda app: app.open_editor("flow"))
    async with app.run_test(size=TALL) as pilot:
        screen, source = await opened(pilot, until)
        await until(pilot, lambda: len(screen.graph) == len(STEPS))
        views = [screen.step_list, screen.query_one(WorkflowCanvas)]
        led, other = views if pane == "1" else views[::-1]
        await pilot.press(pane)
        before = source.selection, other.cursor
        await pilot.press(*["down"] * 3)
        assert led.cursor == "s3"
        assert (source.selection, other.cursor) == before
        await pilot.press("2")  # the source
        assert (step_at(source), other.cursor) == ("s3", "s3")


async def test_every_pane_follows_a_cursor_at_rest(workbench: Workbench, put_workflow: Put, until: Until) -> None:
    put_workflow("flow", steps=STEPS)
    app = WftuiApp(workbench, start=lambda app: app.open_editor("flow"))
    async with app.run_test(size=TALL) as pilot:
        screen, source = await opened(pilot, until)
        await until(pilot, lambda: len(screen.graph) == len(STEPS))
        burst(app, *["down"] * 4)
        await until(pilot, lambda: screen.query_one(WorkflowCanvas).cursor == "s4" and step_at(source) == "s4")


@pytest.mark.usefixtures("never_at_rest")
@pytest.mark.parametrize(
    ("keys", "changed"),
    [
        (["D"], None),
        (["e"], {"disabled": True}),
        (["f8", "f4"], {"type": "set"}),
        (["2", "down", "down", "end", "left", "f4"], {"type": "set"}),
    ],
    ids=["delete", "disable", "next problem and fix", "source"],
)
async def test_keys_of_a_burst_act_on_the_step_moved_to(
    workbench: Workbench, put_workflow: Put, until: Until, keys: list[str], changed: dict[str, Any] | None
) -> None:
    put_workflow("flow", steps=MISSPELT)
    expected = [*MISSPELT]
    expected[3:4] = [{**MISSPELT[3], **changed}] if changed else []
    app = WftuiApp(workbench, start=lambda app: app.open_editor("flow"))
    async with app.run_test(size=TALL) as pilot:
        _, source = await opened(pilot, until)
        burst(app, *["down"] * 3, *keys)
        await until(pilot, lambda: json.loads(source.text)["steps"] == expected)


@pytest.mark.usefixtures("never_at_rest")
async def test_form_of_a_burst_is_that_of_the_step_moved_to(
    workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    put_workflow("flow", steps=STEPS)
    app = WftuiApp(workbench, start=lambda app: app.open_editor("flow"))
    async with app.run_test(size=TALL) as pilot:
        await opened(pilot, until)
        burst(app, *["down"] * 3, "f3")
        await until(pilot, lambda: isinstance(app.screen, StepForm) and ": s3" in text_of(app))


@pytest.mark.usefixtures("never_at_rest")
async def test_the_next_start_of_the_editor_is_at_the_step_moved_to(
    workbench: Workbench, put_workflow: Put, until: Until
) -> None:
    put_workflow("flow", steps=STEPS)
    app = WftuiApp(workbench, start=lambda app: app.open_editor("flow"))
    async with app.run_test(size=TALL) as pilot:
        await opened(pilot, until)
        burst(app, *["down"] * 3, "escape")
        await until(pilot, lambda: not isinstance(app.screen, EditorScreen))
        app.open_editor("flow")
        screen, _ = await opened(pilot, until)
        await until(pilot, lambda: screen.step_list.cursor == "s3")
