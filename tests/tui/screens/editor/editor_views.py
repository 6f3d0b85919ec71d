"""Views of an editor, and the workflows that the tests open."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

from wftui.model.workflow.compilation import CompilationResult
from wftui.tui.canvas.step_list import StepList
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.tui.screens.editor.step_form import StepForm
from wftui.tui.widgets.schema_form.layout.node_view import NodeView
from wftui.tui.widgets.source.compilation_status import CompilationStatus
from wftui.tui.widgets.source.source_view import SourceView

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


async def ready(pilot: Pilot[Any], until: Until) -> EditorScreen:
    """Return the editor once it has checked the workflow."""
    app = pilot.app
    await until(pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.query_one(CompilationStatus).result)
    assert isinstance(app.screen, EditorScreen)
    return app.screen


def ids(screen: EditorScreen) -> list[Any]:
    """Return the ids of the steps, those of a container as a list after it."""

    def of(steps: list[Any]) -> list[Any]:
        return [each for step in steps for each in (step["id"], *([of(step["steps"])] if "steps" in step else []))]

    return of(json.loads(text_in(screen))["steps"])


def text_in(screen: EditorScreen) -> str:
    return screen.query_one(SourceView).text


def cursor(screen: EditorScreen) -> str | None:
    return screen.query_one(StepList).cursor


def focused_views(screen: Screen[Any]) -> list[NodeView[Any]]:
    """Return the parts of a form around the focused widget."""
    return [part for part in screen.focused.ancestors if isinstance(part, NodeView)] if screen.focused else []


async def opened_form(pilot: Pilot[Any], until: Until, *keys: str) -> StepForm:
    """Open the form of the step that keys lead to; return it."""
    app = pilot.app
    await until(pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.query_one(CompilationStatus).result)
    await pilot.press(*keys, "f3")
    await until(pilot, lambda: isinstance(app.screen, StepForm) and app.screen.focused)
    assert isinstance(app.screen, StepForm)
    return app.screen
