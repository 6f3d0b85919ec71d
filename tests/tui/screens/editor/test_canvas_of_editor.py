"""The canvas of the editor: conditions on its edges, and steps of iterations."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from textual.app import App

from wftui.tui.app import WftuiApp
from wftui.tui.canvas.step_list import StepList
from wftui.tui.canvas.workflow_canvas import WorkflowCanvas
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]


def step(name: str, **rest: Any) -> dict[str, Any]:
    return {"id": name, "type": "set", "input": {}, **rest}


STEPS: list[dict[str, Any]] = [
    step("read"),
    {
        "id": "size",
        "type": "switch",
        "cases": [{"when": "inputs.total > 1000", "steps": [step("ask"), step("note", needs=[])]}],
        "default": {"steps": [step("pay", when="inputs.open")]},
    },
    {
        "id": "each",
        "type": "group",
        "forEach": {"in": "[1, 2]"},
        "steps": [step("one"), step("two", needs=["one"], when="steps.one.attempts > 0")],
    },
]
INPUTS = {
    "type": "object",
    "properties": {"total": {"type": "number", "default": 1}, "open": {"type": "boolean", "default": True}},
}


async def test_canvas_shows_conditions_and_the_steps_inside_iterations(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until, text_of: TextOf
) -> None:
    put_workflow("flow", steps=STEPS, inputSchema=INPUTS)
    app = WftuiApp(workbench, start=lambda app: app.open_editor("flow"))
    async with app.run_test(size=(180, 60)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.query_one(WorkflowCanvas).nodes)
        canvas, listed = app.screen.query_one(WorkflowCanvas), app.screen.query_one(StepList)
        canvas.set_level("pill")
        await until(pilot, lambda: "when steps.one" in text_of(app))
        shown = text_of(app)
        assert "inputs.total > 1000" in shown
        assert "else" in shown
        assert "when inputs.open" in shown
        assert {node.path: node.case for node in canvas.nodes if node.case} == {
            "size.ask": "inputs.total > 1000",
            "size.note": "inputs.total > 1000",
            "size.pay": "else",
        }
        assert {node.path for node in canvas.nodes} == {node.path for node in listed.nodes}
        listed.focus()
        await pilot.press("G")
        listed.focus_step("each.two")
        await until(pilot, lambda: canvas.cursor == "each.two")
        canvas.focus()
        await pilot.press("up")
        await until(pilot, lambda: listed.cursor == "each.one")
        await pilot.press("up", "space")
        await until(pilot, lambda: "each [2]" in text_of(app))


async def test_canvas_of_a_workflow_with_errors_does_not_call_it_empty(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until, text_of: TextOf
) -> None:
    put_workflow("flow", steps=[{**step("read"), "type": "sett"}])
    app = WftuiApp(workbench, start=lambda app: app.open_editor("flow"))
    async with app.run_test(size=(180, 60)) as pilot:
        await until(pilot, lambda: "Drawn once the source has no errors. Press F8 for the first one." in text_of(app))
        assert "No steps yet" not in text_of(app)
        await pilot.press("f8", "f4")
        await until(pilot, lambda: app.screen.query_one(WorkflowCanvas).nodes)
