"""Time in which a run was worked on: without the gaps between its processes."""

from datetime import datetime

from wftui.model.run.record import ExecutionRecord


def worked_seconds(record: ExecutionRecord, start: datetime, end: datetime) -> float:
    """Return the seconds between two times in which a process ran the run."""
    return max(0.0, (end - start).total_seconds() - interrupted_seconds(record, start, end))


def interrupted_seconds(record: ExecutionRecord, start: datetime, end: datetime) -> float:
    """Return the seconds between two times in which no process ran the run."""
    total = 0.0
    for gap in record.interruptions or ():
        since, until = max(start, gap.since), min(end, gap.until or end)
        total += max(0.0, (until - since).total_seconds())
    return total


def last_sign(record: ExecutionRecord, newest: datetime | None) -> datetime | None:
    """Return the time of the last sign of life of a run's process.

    Args:
        newest: time of the newest event. An interruption is noted long after the process ended.
    """
    is_dead = record.status == "interrupted" and record.interruptions
    return is_dead[-1].since if is_dead else newest
