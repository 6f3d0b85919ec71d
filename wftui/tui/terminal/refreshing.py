"""Waiting for the screen to show what has changed."""

import asyncio
import contextlib

from textual.message_pump import MessagePump
from textual.screen import Screen

_LOOK_EVERY = 0.05
"""Seconds between looks whether a part of the app has closed, or a screen was covered."""


async def refreshed(pump: MessagePump) -> None:
    """Wait until what a part of the app does after its next refresh is done.

    A screen that another one covers is not refreshed, and not waited for.
    """
    done = asyncio.Event()
    if pump.call_after_refresh(done.set):
        await _done(done, pump, while_shown=isinstance(pump, Screen))
        await passed(pump)


async def passed(pump: MessagePump) -> None:
    """Wait until the pending messages of a part of the app are handled."""
    done = asyncio.Event()
    if pump.call_later(done.set):
        await _done(done, pump)


async def _done(done: asyncio.Event, pump: MessagePump, *, while_shown: bool = False) -> None:
    """Wait until a part of the app sets an event, closes, or is a covered screen."""
    while not done.is_set() and pump.is_running and not (while_shown and pump.app.screen is not pump):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_EVERY):
                await done.wait()
