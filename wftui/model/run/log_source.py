"""Reader of the parts of a log that are not in memory."""

from collections.abc import Sequence
from typing import Protocol

from wftui.model.run.events import Log, LogSegment
from wftui.model.text.commands import shown_command


class SegmentSource(Protocol):
    """Reads segments of a log."""

    def has(self, segment: LogSegment) -> bool:
        """Return whether the lines of a segment can be read."""

    def missing(self, segment: LogSegment) -> Log:
        """Return the line in place of a segment that cannot be read."""

    def __call__(self, segment: LogSegment) -> list[Log]:
        """Return the log events in a segment; it blocks for milliseconds."""


def line_instead(segment: LogSegment, why: str) -> Log:
    """Return a line that says why those of a segment cannot be shown."""
    return Log(
        seq=segment.seq,
        run_id=segment.run_id,
        timestamp=segment.timestamp,
        level="warn",
        message=f"… {segment.lines:,} log lines {why}",
        step_id=segment.step_id,
        path=segment.path,
    )


def unread_line(segment: LogSegment, place: Sequence[str] = ()) -> Log:
    """Return the line in place of a segment that a screen does not read.

    Args:
        place: the options that lead a command to its run.
    """
    command = shown_command(["show", segment.run_id, "--logs"], place)
    return line_instead(segment, f"are not read by this screen; `{command}` prints them")
