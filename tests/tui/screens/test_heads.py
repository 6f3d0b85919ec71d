"""Every list of every screen has column headings above the first row."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.widget import Widget
from textual.widgets import OptionList

from tui.conftest import at_rest
from tui.screens.test_focus_and_resize import OPEN
from wftui.tui.app import WftuiApp
from wftui.tui.canvas.step_list import StepList
from wftui.tui.widgets.line_view import LineView
from wftui.tui.widgets.log.view import LogView
from wftui.tui.widgets.report_view import ReportView
from wftui.tui.widgets.run.detail import StepDetail
from wftui.tui.widgets.run.inspector import StepInspector
from wftui.tui.widgets.run.timeline import Timeline
from wftui.tui.widgets.value.view import ValueView
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]
TEXTS = (LogView, ReportView, StepDetail, StepInspector, ValueView)
"""Views of text, a value or a report, which have no columns."""
OTHERS: dict[str, Callable[[WftuiApp, str], None]] = {
    **OPEN,
    "missing": lambda app, run_id: app.open_screen(
        "missing", "hello", [{"steps": ["greet"], "message": "no account", "command": "wftui x"}]
    ),
}


def lists(app: App[Any]) -> list[Widget]:
    """Return the lists that show rows."""
    found: list[Widget] = [each for each in app.screen.query(LineView) if not isinstance(each, TEXTS) and each.rows]
    found += [each for each in app.screen.query(StepList) if each.nodes]
    found += [each for each in app.screen.query(OptionList) if each.option_count]
    return [each for each in found if each.region.area and each.display]


def head_of(app: App[Any], text: str, view: Widget) -> str:
    """Return the line above the first row of a list."""
    inside = isinstance(view, StepList) or (isinstance(view, LineView) and view.fixed_rows)
    content = view.content_region
    line = text.splitlines()[content.y if inside else content.y - 1]
    return line[content.x : content.right].strip()


@pytest.mark.first_cases(4)
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize("name", OTHERS)
async def test_lists_have_heads(
    name: str,
    size: tuple[int, int],
    workbench: Workbench,
    put_workflow: Callable[..., Path],
    until: Until,
    text_of: TextOf,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WFTUI_CONFIG", str(workbench.settings.tables.parent / "settings.toml"))
    put_workflow("hello", steps=[{"id": "greet", "type": "set", "input": {"text": "{{ inputs.nobody }}"}}])
    put_workflow("ready")
    run_id = await workbench.runs.start("ready", {})
    await workbench.runs.wait(run_id)
    app = WftuiApp(workbench)
    async with app.run_test(size=size) as pilot:
        await at_rest(app)
        base = app.screen
        OTHERS[name](app, run_id)
        if name != "workflows":
            await until(pilot, lambda: app.screen is not base)
        await at_rest(app)
        if name == "monitor":
            await until(pilot, lambda: app.screen.query_one(Timeline).rows)
            await pilot.press("1")
            await at_rest(app)
        has_rows = name not in ("comparison", "connections", "secrets", "statistics", "workers")
        await until(pilot, lambda: lists(app) or not has_rows)
        await at_rest(app)
        shown = lists(app)
        for view in shown:
            head = head_of(app, text_of(app), view)
            assert head and head[0].isupper(), f"{view} has no head but {head!r}"
        assert shown or not has_rows, text_of(app)
