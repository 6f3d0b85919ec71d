"""Waiting for the screen to show what has changed."""

import asyncio
import contextlib

from textual.message_pump import MessagePump

_LOOK_EVERY = 0.5
"""Seconds between looks whether a part of the app has closed."""


async def refreshed(pump: MessagePump) -> None:
    """Wait until what a part of the app does after its next refresh is done."""
    done = asyncio.Event()
    if pump.call_after_refresh(done.set):
        await _done(done, pump)
        await passed(pump)


async def passed(pump: MessagePump) -> None:
    """Wait until the pending messages of a part of the app are handled."""
    done = asyncio.Event()
    if pump.call_later(done.set):
        await _done(done, pump)


async def _done(done: asyncio.Event, pump: MessagePump) -> None:
    """Wait for an event that a part of the app sets, unless that closes before."""
    while not done.is_set() and pump.is_running:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_EVERY):
                await done.wait()
