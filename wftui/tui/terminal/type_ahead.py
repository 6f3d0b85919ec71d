"""Keys that come faster than they take effect, as they do in one burst over a slow line."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from textual import events
from textual.app import App
from textual.message_pump import MessagePump

_PATIENCE = 0.5
"""Seconds after which the next key no longer waits for one that takes long."""


class TypeAhead:
    """Has keys handled one at a time, so that what is typed ahead goes to the screen or line that a key opens.

    Textual gives all keys of a burst to what has the focus when the first of them comes.
    """

    def __init__(self, app: App[Any], handle: Callable[[events.Key], Awaitable[None]]) -> None:
        self._app = app
        self._handle = handle
        self._waiting: deque[events.Key] = deque()
        self._is_busy = False
        self._settling: asyncio.Task[None] | None = None

    async def take(self, key: events.Key) -> None:
        """Handle a key, now or when those before it have had their effect. Called by the app's own message loop."""
        self._waiting.append(key)
        if not self._is_busy:
            await self._next()

    async def _next(self) -> None:
        self._is_busy = True
        target = self._app.focused or self._app.screen
        await self._handle(self._waiting.popleft())
        self._settling = asyncio.get_running_loop().create_task(self._settle([*target.ancestors_with_self]))

    async def _settle(self, way: list[Any]) -> None:
        """Wait until a key has gone its way from what had the focus up to the app, and a new screen has come up."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                for pump in way:
                    await _passed(pump)
                # What the key has opened takes the focus after that.
                for pump in (self._app, self._app.screen, self._app):
                    await _passed(pump)
        if self._waiting:
            self._app.call_later(self._next)
        else:
            self._is_busy = False


async def _passed(pump: MessagePump) -> None:
    """Wait until all messages that a part of the app has by now are dealt with."""
    done = asyncio.Event()
    if pump.call_later(done.set):
        await done.wait()
