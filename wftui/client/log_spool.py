"""Long logs of a server's runs, in a file instead of memory."""

import os
from collections.abc import Sequence
from tempfile import TemporaryFile
from threading import Lock
from typing import BinaryIO

from wftui.model.run.events import Log, LogSegment
from wftui.model.run.log_source import line_instead, unread_line
from wftui.store.log_segments import SegmentError, decode, pack


class LogSpool:
    """Segments of logs in a file without a name, which ends with the process.

    Segments are kept under the hash that their event has, which need not be that of their contents here.
    """

    def __init__(self) -> None:
        self._file: BinaryIO | None = None
        self._end = 0
        self._kept: dict[str, tuple[int, LogSegment]] = {}
        self._instead: dict[str, Log] = {}
        self._lock = Lock()

    def keep(self, lines: Sequence[Log], event: LogSegment | None = None) -> LogSegment:
        """Keep consecutive lines of a step; return their segment. It blocks.

        Args:
            event: the event that stands for them.

        Raises:
            OSError: they cannot be written.
        """
        segment, data = pack(lines)
        segment.seq = lines[-1].seq
        name = (event or segment).segment
        with self._lock:
            if name not in self._kept:
                if self._file is None:
                    self._file = TemporaryFile(prefix="wftui-log-")  # noqa: SIM115  (open as long as the spool)
                _write(self._file, data, self._end)
                self._kept[name] = self._end, segment
                self._end += len(data)
        return event or segment

    def keep_instead(self, segment: LogSegment, line: Log) -> None:
        """Keep the line that the server has in place of a segment."""
        self._instead[segment.segment] = line

    def missing(self, segment: LogSegment) -> Log:
        """Return the line in place of a segment that is not kept."""
        return self._instead.get(segment.segment) or unread_line(segment)

    def has(self, segment: LogSegment) -> bool:
        """Return whether the lines of a segment are kept."""
        return segment.segment in self._kept

    def __call__(self, segment: LogSegment) -> list[Log]:
        """Return the log events in a segment, or a line that says why not."""
        place, kept = self._kept[segment.segment]
        assert self._file is not None
        where = {name: getattr(segment, name) for name in ("run_id", "seq", "path", "step_id")}
        own = kept.model_copy(update=where)  # equal lines of several steps are kept once
        try:
            return decode(own, os.pread(self._file.fileno(), own.bytes, place))
        except SegmentError as error:
            return [line_instead(own, error.why)]


def _write(file: BinaryIO, data: bytes, place: int) -> None:
    """Write all of the data at a place: a call of the system may write a part."""
    left = memoryview(data)
    while left:
        count = os.pwrite(file.fileno(), left, place)
        left, place = left[count:], place + count
