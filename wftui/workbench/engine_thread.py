"""The engine's event loop in a thread, and a workbench that calls into it."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from typing import Any, Self, TypeVar, cast

from wftui.workbench.workbench import Workbench

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

_ON_ENGINE = ("workflows", "runs", "steps", "connections", "user_settings", "retention", "transfer", "trials")
_END: Any = object()


class EngineThread:
    """An event loop in a thread, as an asynchronous context.

    The first call starts the thread. It never waits for the loops that call it.
    """

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="engine")

    async def __aenter__(self) -> Self:
        """Return the thread, which has not started."""
        return self

    async def __aexit__(self, *_error: object) -> None:
        """End the loop, its tasks cancelled, and the thread."""
        if self._started.is_set():
            loop, stop = self._running()
            loop.call_soon_threadsafe(stop.set)
            await asyncio.to_thread(self._thread.join)

    async def call(self, work: Callable[..., Coroutine[Any, Any, ResultT]], *args: Any, **options: Any) -> ResultT:
        """Run a coroutine on the loop of the thread; cancel it with the caller."""
        loop, _ = self._running()
        # Nothing of the caller's context, such as its app, belongs to what the engine starts.
        future = contextvars.Context().run(asyncio.run_coroutine_threadsafe, work(*args, **options), loop)
        return await asyncio.wrap_future(future)

    async def iterate(
        self, work: Callable[..., AsyncGenerator[ItemT, None]], *args: Any, **options: Any
    ) -> AsyncIterator[ItemT]:
        """Yield the items of a generator that runs on the loop of the thread.

        Nothing is fetched ahead: the generator waits for the caller; the bounded inbox it reads from waits for neither.
        """
        items = work(*args, **options)
        turn = asyncio.Lock()  # a fetch that is cancelled may still be ending when the generator is closed

        async def fetch() -> ItemT:
            async with turn:
                return await anext(items, _END)

        async def close() -> None:
            async with turn:
                await items.aclose()

        try:
            while (item := await self.call(fetch)) is not _END:
                yield item
        finally:
            await self.call(close)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._started.set()
        await self._stop.wait()

    def _running(self) -> tuple[asyncio.AbstractEventLoop, asyncio.Event]:
        with self._starting:
            if not self._started.is_set():
                self._thread.start()
                self._started.wait()
        if self._loop is None or self._stop is None:
            raise RuntimeError("the engine's thread has no loop")
        return self._loop, self._stop


class _Bridge:
    """A service whose coroutines and asynchronous generators run on the engine's loop.

    Its other attributes only read what is replaced as a whole, and are used as they are.
    """

    def __init__(self, service: object, engine: EngineThread) -> None:
        self._service = service
        self._engine = engine
        self.local: object = None

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._service, name)
        if inspect.iscoroutinefunction(member):
            return functools.partial(self._engine.call, member)
        if inspect.isasyncgenfunction(member):
            return functools.partial(self._engine.iterate, member)
        return member


class _WorkbenchBridge(_Bridge):
    """A workbench whose services are bridges, made when they are first used."""

    def __getattr__(self, name: str) -> Any:
        member = super().__getattr__(name)
        if name in _ON_ENGINE:
            member = _Bridge(member, self._engine)
            setattr(self, name, member)
        return member


def on_engine_thread(workbench: Workbench, engine: EngineThread) -> Workbench:
    """Return a workbench for another event loop, whose calls run on the engine's."""
    workbench.open_on(engine.call)
    bridge = _WorkbenchBridge(workbench, engine)
    bridge.local = bridge
    return cast("Workbench", bridge)
