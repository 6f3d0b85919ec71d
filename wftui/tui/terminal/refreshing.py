"""Waiting for the screen to show what has changed."""

import asyncio

from textual.message_pump import MessagePump


async def refreshed(pump: MessagePump) -> None:
    """Wait until what a part of the app does after its next refresh is done."""
    done = asyncio.Event()
    if pump.call_after_refresh(done.set):
        await done.wait()
        await passed(pump)


async def passed(pump: MessagePump) -> None:
    """Wait until the pending messages of a part of the app are handled."""
    done = asyncio.Event()
    if pump.call_later(done.set):
        await done.wait()
