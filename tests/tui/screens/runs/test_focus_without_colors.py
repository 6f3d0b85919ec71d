"""The lines around the panes of a run show the focus where colors do not."""

from collections.abc import Callable
from typing import Any

import pytest
from textual.widget import Widget

from tui.conftest import settle
from tui.run_events import completed


@pytest.mark.parametrize(("no_color", "focused"), [(None, "round"), ("1", "double")])
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
async def test_focused_pane_has_lines_of_its_own(
    open_run: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    no_color: str | None,
    focused: str,
    locale: str,
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    if no_color is not None:
        monkeypatch.setenv("NO_COLOR", no_color)
    async with open_run(completed(), (140, 40)) as (pilot, screen):

        def line(pane: Widget) -> tuple[str, bool]:
            kind, color = pane.styles.border_top
            return kind, color == blurred

        panes = screen.panes
        blurred = panes.detail.styles.border_top[1]
        panes.timeline.focus()
        await settle(pilot.app)
        assert (line(panes.timeline), line(panes.detail)) == ((focused, False), ("round", True))
        panes.log_view.focus()
        await settle(pilot.app)
        assert (line(panes.log_panel), line(panes.timeline)) == ((focused, False), ("round", True))
