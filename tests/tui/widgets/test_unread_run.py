"""The panes of a run before its events are read say so, not that there is nothing."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from textual.app import App, ComposeResult

from tui.conftest import settle
from wftui.model.run.steps import ValueRef
from wftui.tui.display.theme import DARK, rule_variables
from wftui.tui.widgets.run.panes import PANES, RunPanes
from wftui.tui.widgets.run.state import RunState


async def no_text(_reference: ValueRef, _offset: int) -> tuple[str, int | None]:
    return "", None


class PanesApp(App[None]):
    """An app with the panes of a run whose events have not arrived."""

    def __init__(self) -> None:
        super().__init__()
        self.register_theme(DARK)
        self.theme = DARK.name
        self.panes = RunPanes(RunState("u"), lambda: datetime(2026, 11, 2, tzinfo=UTC), no_text)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return rule_variables({})

    def compose(self) -> ComposeResult:
        yield self.panes


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_each_pane_of_an_unread_run_is_loading(size: tuple[int, int], text_of: Callable[[App[Any]], str]) -> None:
    app = PanesApp()
    async with app.run_test(size=size):
        for pane, _ in PANES:
            app.panes.pick(pane)
            app.panes.show(app.panes.state)
            await settle(app)
            shown = text_of(app)
            assert "Loading…" in shown, pane
            assert "No " not in shown and "yet" not in shown, pane
