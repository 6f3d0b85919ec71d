"""Step logger: batches log lines and progress of a step into few, bounded events."""

import asyncio
from collections.abc import Iterable
from datetime import datetime

from wftui.engine.primitives.emitter import Emitter, RunBroken
from wftui.engine.primitives.engine_settings import EngineSettings
from wftui.engine.run.steps.log_overflow import LogOverflow, OverflowLines, parts
from wftui.engine.run.steps.log_tail import Entry, LogTail, Stream
from wftui.model.base import Json
from wftui.model.run.events import ExecutionEvent, Log, StepProgress
from wftui.model.run.steps import LogLevel
from wftui.model.text.terminal_text import without_colors
from wftui.model.text.text_styles import split_styles

_EVENT = 64_000  # characters of one log event
_EMITTED_AT_ONCE = 2  # redacting and compressing one takes milliseconds
_LAG = 2_000_000
"""Characters that wait to be stored, beyond which `drain` waits."""


class StepLogger:
    """Logger of one attempt.

    The first `log_head` characters are emitted as they come. The rest is stored in segments outside of the events,
    except the tail within `log_tail` and `log_tail_size`, which is emitted at the end of the attempt. A caller that
    logs much waits in `drain` while the log lags behind. A line has the number of lines that were omitted because
    segments cannot be stored, or because a caller did not wait.
    """

    def __init__(self, emitter: Emitter, settings: EngineSettings, step_id: str, path: str) -> None:
        self._emitter = emitter
        self._settings = settings
        self._where: dict[str, Json] = {
            "run_id": emitter.run_id,
            "step_id": step_id,
            "path": path,
        }
        self._lines: list[Entry] = []
        self._progress: StepProgress | None = None
        self._kept = 0
        self._unstored = 0
        self._stored = asyncio.Event()
        tail = LogTail(settings.log_tail, settings.log_tail_size)
        self._overflow = LogOverflow(tail, keeps=emitter.keeps_lines)
        self._is_full = False
        self._timer: asyncio.TimerHandle | None = None
        self._flushing: asyncio.Task[None] | None = None
        self._closed = False

    def log(self, message: str, level: LogLevel, stream: Stream) -> None:
        """Log one or more lines; those of one call share an event as far as they fit."""
        if self._closed:
            return
        text = message.removesuffix("\n")
        if not text.isascii():
            text = text.encode("utf-8", "replace").decode()
        room = -1 if self._is_full else self._settings.log_head - self._kept
        if len(text) <= room:
            self._keep(level, stream, text)
            return
        fits = text.rfind("\n", 0, max(0, room)) + 1  # no line is split here
        if fits:
            self._keep(level, stream, text[: fits - 1])
        self._is_full = True
        self._overflow.add(self._emitter.now(), level, stream, text[fits:])
        self._flush_later()

    def _keep(self, level: LogLevel, stream: Stream, text: str) -> None:
        self._kept += len(text) + 1
        kept = [(level, stream, part) for part in parts(text, _EVENT)]
        self._lines += kept
        self._unstored += _size(kept)
        self._flush_later()

    def progress(self, fraction: float, message: str | None) -> None:
        """Report progress; only the newest value is emitted."""
        if self._closed:
            return
        self._progress = StepProgress(
            timestamp=self._emitter.now(), progress=min(1.0, max(0.0, fraction)), message=message, **self._where
        )
        self._flush_later()

    async def drain(self) -> None:
        """Wait while the log lags behind.

        It returns at once after a failure, or after the end of the attempt.
        """
        while self._unstored + self._overflow.size > _LAG and not self._closed:
            if self._flushing is None:
                if self._timer is not None:
                    self._timer.cancel()
                self._start_flush()
            self._stored.clear()
            await self._stored.wait()

    async def flush(self) -> None:
        """Emit the buffered lines and progress."""
        if self._is_silent:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        lines, self._lines = self._lines, []
        progress, self._progress = self._progress, None
        events: list[ExecutionEvent] = list(self._events(lines))
        if progress is not None:
            events.append(progress)
        try:
            for start in range(0, len(events), _EMITTED_AT_ONCE):
                if start:
                    await asyncio.sleep(0)
                await self._emitter.emit(*events[start : start + _EMITTED_AT_ONCE])
        finally:
            self._settle(_size(lines))
        while not self._lines and self._overflow.due(self._emitter.now()):  # lines of the beginning come first
            await self._store(self._overflow.take())

    async def close(self) -> None:
        """Emit the rest and drop later messages."""
        if self._closed:
            return
        self._closed = True
        self._stored.set()
        if self._is_silent:
            return
        if self._flushing is not None:
            await self._flushing
        await self.flush()
        end = self._overflow.tail.take()
        while self._overflow.is_waiting:
            await self._store(self._overflow.take())
        if self._overflow.omitted:
            why = f"… {self._overflow.omitted:,} lines omitted: {self._overflow.why_omitted}"
            self._lines.append(("warn", "log", why))
        self._lines.extend(end)
        await self.flush()

    @property
    def _is_silent(self) -> bool:
        """True while nothing was logged and no progress waits, as in most steps."""
        return not (self._kept or self._is_full or self._progress or self._timer or self._flushing)

    async def _store(self, lines: list[OverflowLines]) -> None:
        def logs() -> list[Log]:
            return [self._log(each.at, each.level, each.stream, self._cut(each.text)) for each in lines]

        size = sum(len(each.text) for each in lines)
        self._unstored += size
        try:
            why_not = await self._emitter.keep_lines(await asyncio.to_thread(logs))
            if why_not is not None:
                self._overflow.lose(lines, why_not)
        finally:
            self._settle(size)

    def _settle(self, size: int) -> None:
        self._unstored -= size
        self._stored.set()

    def _cut(self, text: str) -> str:
        """Return a text with overlong lines truncated."""
        limit = self._settings.log_line
        if len(text) <= limit:
            return text
        return "\n".join([line if len(line) <= limit else self._cut_line(line) for line in text.split("\n")])

    def _cut_line(self, line: str) -> str:
        line = without_colors(line)
        if len(line) <= self._settings.log_line:
            return line
        # Redact before truncating: truncation could leave half a secret, which is no longer found.
        head = self._emitter.redactor.redact_beginning(line, self._settings.log_line)
        return f"{head}… ({len(line) - self._settings.log_line:,} more characters omitted)"

    def _events(self, lines: list[Entry]) -> list[Log]:
        found: list[Log] = []
        batch: list[str] = []
        size = 0
        for index, (level, stream, text) in enumerate(lines):
            batch.append(self._cut(text))
            size += len(batch[-1])
            following = lines[index + 1] if index + 1 < len(lines) else None
            if following is None or following[:2] != (level, stream) or size + len(following[2]) > _EVENT:
                found.append(self._log(self._emitter.now(), level, stream, "\n".join(batch)))
                batch, size = [], 0
        return found

    def _log(self, at: datetime, level: LogLevel, stream: Stream, text: str) -> Log:
        message, styles = split_styles(text)
        return Log(timestamp=at, level=level, stream=stream, message=message, styles=styles or None, **self._where)

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
            # The next event of the step raises the same error, which ends the run.
            pass
        finally:
            self._flushing = None
        if self._lines or self._progress or self._overflow.is_waiting:
            self._flush_later()


def _size(entries: Iterable[Entry]) -> int:
    return sum(len(text) + 1 for _, _, text in entries)
