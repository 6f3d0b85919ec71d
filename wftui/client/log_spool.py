"""Long logs of a server's runs, in a file instead of memory."""

import os
from collections.abc import Sequence
from tempfile import TemporaryFile
from threading import Lock
from typing import BinaryIO

from wftui.model.run.events import Log, LogSegment
from wftui.model.run.log_source import line_instead, unread_line
from wftui.model.text.commands import shown_command
from wftui.store.log_segments import SegmentError, decode, pack
from wftui.workspace.locate import user_data_path
from wftui.workspace.private import make_private_folder


class LogSpool:
    """Segments of logs in an unnamed file, which ends with the process.

    It is in the user's data folder. Segments are kept under the hash that their event has, which need not be that of
    their contents here. New ones replace the oldest once the file has reached its limit.
    """

    def __init__(self, limit: int | None = None, options: Sequence[str] = ()) -> None:
        """Keep logs.

        Args:
            limit: bytes of the file; None: no limit.
            options: lead a command to the server.
        """
        self._limit = limit
        self._options = options
        self._file: BinaryIO | None = None
        self._end = 0
        self._kept: dict[str, tuple[int, LogSegment]] = {}
        self._instead: dict[str, Log] = {}
        self._lock = Lock()

    def keep(self, lines: Sequence[Log], event: LogSegment | None = None) -> LogSegment:
        """Keep consecutive lines of a step; return their segment. It blocks.

        Older segments may have to go for it; lines that exceed the limit alone are not kept.

        Args:
            event: the event that stands for them.

        Raises:
            OSError: they cannot be written.
        """
        segment, data = pack(lines)
        segment.seq = lines[-1].seq
        name = (event or segment).segment
        with self._lock:
            if name not in self._kept and (self._limit is None or len(data) <= self._limit):
                if self._file is None:
                    make_private_folder(user_data_path())
                    self._file = TemporaryFile(dir=user_data_path())  # noqa: SIM115  (open as long as the spool)
                self._make_room(len(data))
                _write(self._file, data, self._end)
                self._kept[name] = self._end, segment
                self._end += len(data)
        return event or segment

    def _make_room(self, size: int) -> None:
        """Continue at the beginning of a full file; forget what is overwritten there."""
        if self._limit is not None and self._end + size > self._limit:
            self._end = 0
        end = self._end + size
        for name, (place, segment) in [*self._kept.items()]:
            if place < end and place + segment.bytes > self._end:
                del self._kept[name]

    def keep_instead(self, segment: LogSegment, line: Log) -> None:
        """Keep the line that the server has in place of a segment."""
        self._instead[segment.segment] = line

    def missing(self, segment: LogSegment) -> Log:
        """Return the line in place of a segment that is not kept."""
        line = self._instead.get(segment.segment)
        return unread_line(segment, self._options) if line is None else line.model_copy(update=_where(segment))

    def has(self, segment: LogSegment) -> bool:
        """Return whether the lines of a segment are kept."""
        return segment.segment in self._kept

    def __call__(self, segment: LogSegment) -> list[Log]:
        """Return the log events in a segment, or a line that says why not."""
        with self._lock:
            place, kept = self._kept.get(segment.segment, (0, None))
            if kept is None or self._file is None:
                command = shown_command(["show", segment.run_id, "--logs"], self._options)
                return [line_instead(segment, f"are no longer kept here (see history.log_mb); `{command}` prints them")]
            data = os.pread(self._file.fileno(), kept.bytes, place)
        own = kept.model_copy(update=_where(segment))
        try:
            return decode(own, data)
        except SegmentError as error:
            return [line_instead(own, error.why)]


def _where(segment: LogSegment) -> dict[str, object]:
    """Return where lines are: equal ones of several steps are kept once."""
    return {name: getattr(segment, name) for name in ("run_id", "seq", "path", "step_id")}


def _write(file: BinaryIO, data: bytes, place: int) -> None:
    """Write all of the data at a place: a call of the system may write a part."""
    left = memoryview(data)
    while left:
        count = os.pwrite(file.fileno(), left, place)
        left, place = left[count:], place + count
