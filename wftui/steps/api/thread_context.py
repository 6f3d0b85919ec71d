"""Step context for work in a thread."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any, Literal

from wftui.model.run.steps import LogLevel
from wftui.steps.api.step_type import StepContext

_AHEAD = 500_000
"""Characters that are logged before the thread looks whether they are stored."""
_CALL = 100
"""Size of a call on its way to the event loop, in characters."""


class ThreadContext:
    """`StepContext` without the methods that wait.

    Made on the event loop, used in a thread.
    """

    _WAITS = frozenset({"sleep_until", "ask", "run_workflow", "connect", "drain_log"})

    def __init__(self, context: StepContext) -> None:
        self._context = context
        self._loop = asyncio.get_running_loop()
        self._loop_thread = threading.get_ident()
        self._ahead = 0

    def __getattr__(self, name: str) -> Any:
        if name in self._WAITS:
            raise AttributeError(f"context.{name} waits: make the step function async to use it")
        return getattr(self._context, name)

    def log(self, message: str, level: LogLevel = "info", stream: Literal["stdout", "stderr", "log"] = "log") -> None:
        """Log one or more lines; wait while more is logged than stored."""
        self._on_loop(lambda: self._context.log(message, level, stream))
        self._ahead += len(message) + _CALL
        if self._ahead > _AHEAD and threading.get_ident() != self._loop_thread:
            self._ahead = 0
            asyncio.run_coroutine_threadsafe(self._drain(), self._loop).result()

    def progress(self, fraction: float, message: str | None = None) -> None:
        """Report progress from 0 to 1."""
        self._on_loop(lambda: self._context.progress(fraction, message))

    def keep_secret(self, secret: str) -> None:
        """Redact a text from now on."""
        done = asyncio.run_coroutine_threadsafe(self._keep(secret), self._loop)
        done.result()  # before the step can say it

    async def _drain(self) -> None:
        await self._context.drain_log()

    async def _keep(self, secret: str) -> None:
        self._context.keep_secret(secret)

    def _on_loop(self, call: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(call)
