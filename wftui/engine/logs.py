"""What a running step says, batched: log lines and progress become few events, bounded in size."""

import asyncio
from collections import deque
from typing import Literal

from wftui.engine.emit import Emitter, RunBroken
from wftui.engine.settings import EngineSettings
from wftui.model.base import Json
from wftui.model.events import ExecutionEvent, Log, StepProgress
from wftui.model.execution import LogLevel

Stream = Literal["stdout", "stderr", "log"]
_EVENT = 64_000  # characters of one log event


class StepVoice:
    """Log and progress of one attempt.

    The first `log_head` characters are passed on as they come. Of what follows only the last `log_tail` lines are
    held, and passed on at the end, after a line that says how much was left out.
    """

    def __init__(self, emitter: Emitter, settings: EngineSettings, step_id: str, path: str) -> None:
        self._emitter = emitter
        self._settings = settings
        self._where: dict[str, Json] = {
            "execution_id": emitter.execution_id,
            "step_id": step_id,
            "path": path,
        }
        self._lines: list[tuple[LogLevel, Stream, str]] = []
        self._progress: StepProgress | None = None
        self._kept = 0
        self._tail: deque[tuple[LogLevel, Stream, str]] = deque(maxlen=settings.log_tail)
        self._beyond = 0
        self._timer: asyncio.TimerHandle | None = None
        self._flushing: asyncio.Task[None] | None = None
        self._closed = False

    def log(self, message: str, level: LogLevel, stream: Stream) -> None:
        """Take in one or more lines; the lines of one call are passed on together."""
        if self._closed:
            return
        line = self._clean(message)
        if self._kept + len(line) > self._settings.log_head or self._beyond:
            self._beyond += 1
            self._tail.append((level, stream, line))
            return
        self._kept += len(line) + 1
        self._lines.append((level, stream, line))
        self._flush_later()

    def progress(self, fraction: float, message: str | None) -> None:
        """Take in how far the step is; only the newest is passed on."""
        if self._closed:
            return
        self._progress = StepProgress(
            timestamp=self._emitter.now(), progress=min(1.0, max(0.0, fraction)), message=message, **self._where
        )
        self._flush_later()

    async def flush(self) -> None:
        """Pass on what has been said so far."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        lines, self._lines = self._lines, []
        progress, self._progress = self._progress, None
        events: list[ExecutionEvent] = list(self._events(lines))
        if progress is not None:
            events.append(progress)
        if events:
            await self._emitter.emit(*events)

    async def close(self) -> None:
        """Pass on the rest; whatever is said later is dropped."""
        if self._closed:
            return
        if self._flushing is not None:
            await self._flushing
        left_out = self._beyond - len(self._tail)
        if left_out:
            self._lines.append(("warn", "log", f"… {left_out:,} log entries are left out here: the step says too much"))
        self._lines.extend(self._tail)
        self._tail.clear()
        self._closed = True
        await self.flush()

    def _clean(self, message: str) -> str:
        limit = self._settings.log_line
        text = message.removesuffix("\n")
        if not text.isascii():
            text = text.encode("utf-8", "replace").decode()
        if len(text) <= limit:
            return text
        # Redacted before it is cut: a cut could leave half a secret, which nothing would find again.
        head = self._emitter.redactor.redact_beginning(text, limit)
        return f"{head}… ({len(text) - limit:,} more characters are left out)"

    def _events(self, lines: list[tuple[LogLevel, Stream, str]]) -> list[Log]:
        found: list[Log] = []
        batch: list[str] = []
        size = 0
        for index, (level, stream, line) in enumerate(lines):
            batch.append(line)
            size += len(line)
            last = index + 1 == len(lines)
            if last or size > _EVENT or lines[index + 1][:2] != (level, stream):
                found.append(
                    Log(
                        timestamp=self._emitter.now(),
                        level=level,
                        stream=stream,
                        message="\n".join(batch),
                        **self._where,
                    )
                )
                batch, size = [], 0
        return found

    def _flush_later(self) -> None:
        if self._timer is None and self._flushing is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._settings.log_interval, self._start_flush)

    def _start_flush(self) -> None:
        self._timer = None
        self._flushing = asyncio.get_running_loop().create_task(self._flush_now())

    async def _flush_now(self) -> None:
        try:
            await self.flush()
        except RunBroken:
            # The next event of the step meets the same obstacle and ends the run with this error.
            pass
        finally:
            self._flushing = None
        if self._lines or self._progress:
            self._flush_later()
