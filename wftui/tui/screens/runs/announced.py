"""Announcement, in the title line, of work that takes long before a screen opens."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from wftui.tui.services import AppServices
from wftui.tui.terminal.refreshing import refreshed
from wftui.tui.widgets.title_bar import TitleBar


@asynccontextmanager
async def announced(app: AppServices, doing: str) -> AsyncIterator[None]:
    """Show the current action in the title line, before anything begins to compute."""
    bars = [*app.screen.query(TitleBar)]
    for bar in bars:
        bar.doing = doing
    try:
        await refreshed(app.screen)
        yield
    finally:
        for bar in bars:
            bar.doing = ""
