"""Lazy mounting: waiting for all widgets mounts all of them."""

import asyncio
from functools import partial

import pytest
from helpers import until
from textual.app import App
from textual.widgets import Static

from wftui.tui.widgets.schema_form.layout.lazy_column import BATCH, FIRST, LazyColumn

COUNT = FIRST + 2 * BATCH
"""Number of widgets: the first ones and two batches."""


class Row(Static):
    """A widget whose mounting takes until its gate opens."""

    def __init__(self, gate: asyncio.Event) -> None:
        super().__init__("row")
        self.gate = gate
        self.is_ready = False

    async def on_mount(self) -> None:
        await self.gate.wait()
        self.is_ready = True


@pytest.mark.parametrize("slow", [0, FIRST, FIRST + BATCH], ids=["first", "batch", "last batch"])
@pytest.mark.parametrize("cancelled", [False, True], ids=["", "after a cancelled one"])
async def test_complete_waits_for_batch_under_way(slow: int, cancelled: bool) -> None:
    """An error was not shown at a field whose row was only being mounted."""
    later, at_once = asyncio.Event(), asyncio.Event()
    at_once.set()
    column = LazyColumn([partial(Row, later if number >= slow else at_once) for number in range(COUNT)])
    app: App[None] = App()
    async with app.run_test():
        app.screen.mount(column)
        await until(lambda: len(column.children) > slow)
        if cancelled:
            given_up = asyncio.ensure_future(column.complete())
            await until(lambda: len(column.children) == COUNT)
            given_up.cancel()
        completing = asyncio.ensure_future(column.complete())
        await until(lambda: len(column.children) == COUNT)
        await asyncio.sleep(0.05)
        early = completing.done()
        later.set()
        await completing
        assert not early
        assert [row.is_ready for row in column.query(Row)] == [True] * COUNT
