"""Routing of server messages to the calling step, else to the last caller."""

import asyncio
import logging
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal, Protocol

from wftui.model.run.steps import LogLevel
from wftui.steps.api.step_model import Answer

_Stream = Literal["stdout", "stderr", "log"]
_BACKLOG = 100
_SDK_LOGGERS = ("mcp", "client")  # the second one is that of its session
_TOLD_ALREADY = "Failed to parse JSONRPC message from server"  # the session gets the line itself as well


class Caller(Protocol):
    """Caller of a server; every `StepContext` is one."""

    def log(self, message: str, level: LogLevel = "info", stream: _Stream = "log") -> None:
        """Log one or more lines."""

    async def drain_log(self) -> None:
        """Wait while more is logged than stored."""

    def progress(self, fraction: float, message: str | None = None) -> None:
        """Report the progress of the call."""

    async def ask(self, prompt: str, form: Mapping[str, Any] | None, wait: float | None, on_timeout: str) -> Answer:
        """Ask a person."""


class Listeners:
    """Callers that currently wait for one server.

    What a server sends belongs to a call only where the protocol says so (newer ones, and HTTP); the SDK then runs
    our callbacks in the context of that call.
    """

    def __init__(self) -> None:
        self._waiting: list[Caller] = []
        self._backlog: deque[tuple[str, LogLevel, _Stream]] = deque(maxlen=_BACKLOG)
        self._asking: dict[int, set[asyncio.Task[Answer]]] = {}

    @contextmanager
    def calling(self, caller: Caller) -> Iterator[None]:
        """Register a caller for the block and the tasks started in it."""
        while self._backlog:
            caller.log(*self._backlog.popleft())
        self._waiting.append(caller)
        token = _CALL.set((self, caller))
        try:
            yield
        finally:
            _CALL.reset(token)
            self._waiting.remove(caller)
            if caller not in self._waiting:
                for task in self._asking.pop(id(caller), ()):
                    task.cancel()

    def take_over(self) -> None:
        """Attribute everything that runs in this context to this server."""
        _CALL.set((self, None))

    def current(self) -> Caller | None:
        """Return the caller to notify; None if none waits."""
        _, own = _CALL.get()
        if own is not None and own in self._waiting:
            return own
        return self._waiting[-1] if self._waiting else None

    def log(self, message: str, level: LogLevel = "info", stream: _Stream = "log") -> None:
        """Log a server message; without a caller, keep it for the next one."""
        caller = self.current()
        if caller is not None:
            caller.log(message, level, stream)
        else:
            self._backlog.append((message, level, stream))

    async def drain(self) -> None:
        """Wait while the log of the caller lags behind."""
        caller = self.current()
        if caller is not None:
            await caller.drain_log()

    async def ask(self, caller: Caller, prompt: str, form: Mapping[str, Any] | None) -> Answer | None:
        """Ask the person behind a caller; None if the caller stops waiting first."""
        task = asyncio.ensure_future(caller.ask(prompt, form, None, "reject"))
        self._asking.setdefault(id(caller), set()).add(task)
        try:
            await asyncio.wait({task})
        finally:
            self._asking.get(id(caller), set()).discard(task)
            task.cancel()
        return None if task.cancelled() else task.result()


_CALL: ContextVar[tuple[Listeners | None, Caller | None]] = ContextVar("wftui_mcp_call", default=(None, None))


class _SdkLog(logging.Handler):
    """Log handler that routes SDK messages to callers instead of the screen."""

    def emit(self, record: logging.LogRecord) -> None:
        listeners, _ = _CALL.get()
        if listeners is not None and record.msg != _TOLD_ALREADY:
            listeners.log(record.getMessage(), "warn")


def listen_to_sdk() -> None:
    """Install the handler for SDK messages; repeated calls have no effect."""
    for name in _SDK_LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(handler, _SdkLog) for handler in logger.handlers):
            logger.addHandler(_SdkLog(logging.WARNING))
            logger.propagate = False
