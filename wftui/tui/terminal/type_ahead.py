"""Handling of keys that arrive faster than they take effect."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from typing import Any

from textual import events
from textual.app import App
from textual.screen import Screen

from wftui.tui.terminal.refreshing import passed, refreshed

_PATIENCE = 10.0
"""Seconds after which the next key no longer waits; a busy machine may be slow."""
_POLL = 0.005


class TypeAhead:
    """Handles keys one at a time, so that typed-ahead keys reach what a key opens.

    Textual gives all keys of a burst to what has the focus when the first of them comes.
    """

    def __init__(
        self,
        app: App[Any],
        handle: Callable[[events.Key], Awaitable[None]],
        *,
        opening: Collection[str],
        loading: Collection[str],
    ) -> None:
        """Handle keys by `handle`.

        Args:
            opening: groups of workers that open a screen or end.
            loading: groups of workers that read what their screen is about.
        """
        self._app = app
        self._handle = handle
        self._opening = opening
        self._loading = loading
        self._waiting: deque[events.Key] = deque()
        self._is_busy = False
        self._settling: asyncio.Task[None] | None = None

    async def take(self, key: events.Key) -> None:
        """Handle a key, now or after those before it; called by the app's message loop."""
        self._waiting.append(key)
        if not self._is_busy:
            await self._next()

    async def _next(self, *, wait: bool = True) -> None:
        self._is_busy = True
        if wait and self._is_loading():
            self._settling = asyncio.get_running_loop().create_task(self._load())
            return
        screen, workers = self._app.screen, set(self._app.workers)
        way: list[Any] = [*(self._app.focused or screen).ancestors_with_self]

        def opens() -> bool:
            """Return whether a worker is about to open a screen."""
            known = set(self._app.workers)
            under_way = [worker for worker in known if worker.group in self._opening and not worker.is_finished]
            if self._app.screen is not screen:
                # The key may have closed a dialog whose worker goes on to the next one.
                return any(worker.node is self._app.screen for worker in under_way)
            return any(worker not in workers for worker in under_way)

        await self._handle(self._waiting.popleft())
        self._settling = asyncio.get_running_loop().create_task(self._settle(screen, way, opens))

    def _is_loading(self) -> bool:
        """Return whether the screen still reads what it is about."""
        screen = self._app.screen
        return any(
            worker.group in self._loading and worker.node is screen and not worker.is_finished
            for worker in self._app.workers
        )

    async def _load(self) -> None:
        """Wait until the screen has read what it is about."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                while self._is_loading():  # noqa: ASYNC110  only the owner of a worker is notified of its end
                    await asyncio.sleep(_POLL)
        self._app.call_later(self._next, wait=False)

    async def _settle(self, screen: Screen[Any], way: list[Any], opens: Callable[[], bool]) -> None:
        """Wait until a key has bubbled up to the app, and a new screen has opened."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                for pump in way:
                    await passed(pump)
                for _ in range(2):  # a dialog closes before its worker goes on
                    while opens():  # noqa: ASYNC110  only the owner of a worker is notified of its end
                        await asyncio.sleep(_POLL)
                    # A newly opened screen takes the focus after that.
                    for pump in (self._app, self._app.screen, self._app):
                        await passed(pump)
                if self._app.screen is not screen:
                    await refreshed(self._app.screen)  # a form moves the focus to its first field then
        if self._waiting:
            self._app.call_later(self._next)
        else:
            self._is_busy = False
