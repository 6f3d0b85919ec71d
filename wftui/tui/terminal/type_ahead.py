"""Keys that come faster than they take effect, as they do in one burst over a slow line."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from typing import Any

from textual import events
from textual.app import App
from textual.message_pump import MessagePump

_PATIENCE = 10.0
"""Seconds after which the next key no longer waits for one that hangs; a busy machine takes long for a screen."""
_POLL = 0.005


class TypeAhead:
    """Has keys handled one at a time, so that what is typed ahead goes to the screen or line that a key opens.

    Textual gives all keys of a burst to what has the focus when the first of them comes.
    """

    def __init__(
        self, app: App[Any], handle: Callable[[events.Key], Awaitable[None]], opening: Collection[str]
    ) -> None:
        """Handle keys by `handle`; workers of the groups `opening` open a screen or end."""
        self._app = app
        self._handle = handle
        self._opening = opening
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
        screen, workers = self._app.screen, set(self._app.workers)
        way: list[Any] = [*(self._app.focused or screen).ancestors_with_self]

        def opens() -> bool:
            """Whether the key has set something off that is about to open a screen."""
            return self._app.screen is screen and any(
                worker.group in self._opening and not worker.is_finished for worker in set(self._app.workers) - workers
            )

        await self._handle(self._waiting.popleft())
        self._settling = asyncio.get_running_loop().create_task(self._settle(way, opens))

    async def _settle(self, way: list[Any], opens: Callable[[], bool]) -> None:
        """Wait until a key has gone its way from what had the focus up to the app, and a new screen has come up."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                for pump in way:
                    await _passed(pump)
                while opens():  # noqa: ASYNC110  (only the owner of a worker hears of its end)
                    await asyncio.sleep(_POLL)
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
