"""Handling of keys that arrive faster than they take effect."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Coroutine
from typing import Any

from textual import events
from textual.app import App
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.worker import Worker

from wftui.tui.terminal.refreshing import passed, refreshed

Typed = events.Key | events.Paste
"""Events of what a user types or pastes."""
_TURN = 0.05
_PATIENCE = 200
"""Turns of the event loop after which a wait may end; counted, because a busy or stopped machine is slow."""
_POLL = 0.005
_WORKED = 0.01
"""Seconds of CPU for which long work goes before keys."""
_READ = 0.001
"""Seconds in which the thread that reads keys gets the interpreter, and a key the turns until it is handled."""
_FRAME = 0.02
"""Seconds until what a key has changed is drawn."""
_GIVEN_WAY = 20
"""Most times that long work waits for one key."""
_GIVING_UP = frozenset({"escape", "ctrl+c", "ctrl+q"})


class TypeAhead:
    """Handles keys and pastes one at a time: later ones reach what a key opens.

    Textual gives all of a burst to what has the focus when the first of them comes.

    Attributes:
        is_busy: a key has not taken effect yet.
    """

    def __init__(
        self,
        app: App[Any],
        handle: Callable[[Typed], Awaitable[None]],
        *,
        opening: Collection[str],
        asking: Collection[str],
        loading: Collection[str],
    ) -> None:
        """Handle what is typed by `handle`.

        Args:
            opening: groups of workers that open a screen or end.
            asking: those of them that end with the wait for them.
            loading: groups of workers that read what their screen is about.
        """
        self._app = app
        self._handle = handle
        self._opening = opening
        self._asking = asking
        self._loading = loading
        self._waiting: deque[Typed] = deque()
        self.is_busy = False
        self._settling: asyncio.Task[None] | None = None
        self._turns = 0
        self._given_up: set[Worker[Any]] = set()
        self._handled = self._overtaken = 0
        self._worked = self._resumed = 0.0
        self._screen: Screen[Any] | None = None
        self._before: set[Worker[Any]] = set()

    async def take(self, typed: Typed) -> None:
        """Handle a key or a paste, in order; called by the app's message loop.

        Keys wait for a screen as long as it takes to open; Escape then drops those before it, and what they wait for.
        """
        gives_up = isinstance(typed, events.Key) and typed.key in _GIVING_UP
        if self.is_busy and self._turns > _PATIENCE and gives_up:
            if self._settling is not None:
                self._settling.cancel()
            self._waiting.clear()
            self._waiting.append(typed)
            self._give_up()
            await self._next(wait=False)
            return
        self._waiting.append(typed)
        if not self.is_busy:
            await self._next()

    async def give_way(self) -> None:
        """Handle a waiting key before the next part of long work.

        It takes many turns of the event loop, each of which would wait for another part. One that takes long may itself
        wait for the work. Small parts add up first, or keys that are held down would stop the work.
        """
        self._worked += time.thread_time() - self._resumed
        await asyncio.sleep(0)
        waits = 0
        if self._worked >= _WORKED:
            self._worked = 0.0
            await asyncio.sleep(_READ)
            waits = await self._pass_keys()
        if waits:
            await asyncio.sleep(_FRAME)
        self._resumed = time.thread_time()

    async def _pass_keys(self) -> int:
        """Wait until the last key has taken effect, not too often; return how often."""
        waits = 0
        while self.is_busy and self._overtaken != self._handled:
            await asyncio.sleep(_POLL)
            waits += 1
            if waits == _GIVEN_WAY:
                self._overtaken = self._handled
        return waits

    async def _next(self, *, wait: bool = True) -> None:
        self.is_busy = True
        self._turns = 0
        if wait and self._is_loading():
            self._screen = None
            self._settling = asyncio.get_running_loop().create_task(self._load())
            return
        self._screen, self._before = screen, workers = self._app.screen, set(self._app.workers)
        way: list[Any] = [*(self._app.focused or screen).ancestors_with_self]

        def opens() -> bool:
            """Return whether a worker is about to open a screen."""
            under_way = self._under_way(self._opening)
            if self._app.screen is not screen:
                # The key may have closed a dialog whose worker continues to the next one.
                return any(worker.node is self._app.screen for worker in under_way)
            return any(worker not in workers for worker in under_way)

        self._handled += 1
        await self._handle(self._waiting.popleft())
        self._settling = asyncio.get_running_loop().create_task(self._settle(screen, way, opens))

    def _give_up(self) -> None:
        """End the question that the last key has begun, and wait no longer for the rest."""
        if self._screen is self._app.screen:  # else its dialog is open, and waits for an answer
            for worker in self._under_way(self._asking):
                if worker not in self._before:
                    worker.cancel()
        self._given_up = set(self._app.workers)

    def _is_loading(self) -> bool:
        """Return whether the screen still reads what it is about."""
        return any(worker.node is self._app.screen for worker in self._under_way(self._loading))

    def _under_way(self, groups: Collection[str]) -> list[Worker[Any]]:
        """Return the workers of groups that are worth a wait."""
        known = set(self._app.workers) - self._given_up
        return [worker for worker in known if worker.group in groups and not worker.is_finished]

    async def _patiently(self, work: Coroutine[Any, Any, None]) -> None:
        """Do work that waits: without end while a screen opens, else for some time."""
        task = asyncio.get_running_loop().create_task(work)
        try:
            while not task.done() and (self._turns <= _PATIENCE or self._under_way({*self._opening, *self._loading})):
                await asyncio.wait({task}, timeout=_TURN)
                self._turns += 1
        finally:
            task.cancel()

    async def _load(self) -> None:
        """Wait until the screen has read what it is about."""
        await self._patiently(self._loaded())
        self._app.call_later(self._continue, self._settling, wait=False)

    async def _continue(self, settled: asyncio.Task[None] | None, *, wait: bool) -> None:
        """Handle the next key after a wait, unless Escape has ended that meanwhile."""
        if settled is self._settling:
            await self._next(wait=wait)

    async def _loaded(self) -> None:
        loaded: Screen[Any] | None = None
        while loaded is not self._app.screen:
            if loaded is not None:  # another screen has opened meanwhile, which begins to read when it is mounted
                await self._passed(self._app, self._app.screen, self._app)
            loaded = self._app.screen
            while self._is_loading():  # noqa: ASYNC110  only the owner of a worker is notified of its end
                await asyncio.sleep(_POLL)

    async def _settle(self, screen: Screen[Any], way: list[Any], opens: Callable[[], bool]) -> None:
        """Wait until a key has bubbled up to the app, and a new screen has opened."""
        await self._patiently(self._settled(screen, way, opens))
        if self._waiting:
            self._app.call_later(self._continue, self._settling, wait=True)
        else:
            self.is_busy = False

    async def _settled(self, screen: Screen[Any], way: list[Any], opens: Callable[[], bool]) -> None:
        await self._passed(*way)
        for _ in range(2):  # a dialog closes before its worker continues
            while opens():  # noqa: ASYNC110  only the owner of a worker is notified of its end
                await asyncio.sleep(_POLL)
            # A newly opened screen takes the focus after that.
            await self._passed(self._app, self._app.screen, self._app)
        while self._app.screen is not screen:
            screen = self._app.screen
            await refreshed(screen)  # a form moves the focus to its first field then

    async def _passed(self, *pumps: MessagePump) -> None:
        """Wait until one part of the app after the other has handled its messages."""
        for pump in pumps:
            await passed(pump)
