"""Work beside the screen."""

import asyncio
import itertools

import pytest
from helpers import patience
from textual.app import App

from wftui.tui.background import once


async def test_a_timer_that_gets_its_turn_late_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """The monitor was never drawn again on a busy machine."""
    app: App[None] = App()
    async with app.run_test():
        seconds, called = itertools.count(), asyncio.Event()
        with monkeypatch.context() as patch:
            patch.setattr("textual._time.get_time", lambda: float(next(seconds)))
            once(app, 0.001, called.set)
            async with patience():
                await called.wait()
