"""The log view with logs so long that they are searched in the background."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from textual.app import App, ComposeResult

from wftui.model.run.events import Log
from wftui.tui.widgets.log.log_buffer import LogBuffer
from wftui.tui.widgets.log.view import LogView

MOMENT = datetime(2026, 11, 2, 10, 30, tzinfo=UTC)


class Probe(App[None]):
    def __init__(self) -> None:
        super().__init__()
        lines = LogBuffer()
        for number in range(20_500):
            lines.append(Log(run_id="r", timestamp=MOMENT, level="info", path="a", message=f"line {number}"))
        self.view = LogView(lines)

    def compose(self) -> ComposeResult:
        yield self.view


async def test_match_in_a_long_log_scrolls_into_view(
    until: Callable[..., Awaitable[None]], text_of: Callable[[App[Any]], str]
) -> None:
    app = Probe()
    async with app.run_test(size=(80, 20)) as pilot:
        app.view.read()
        await until(pilot, lambda: "line 20499" in text_of(app))
        app.view.set_search("line 777")
        await until(pilot, lambda: app.view.hits and "line 777" in text_of(app))
        await until(pilot, lambda: app.view.hit_at_cursor == 1)
