"""Clocks: the time of day, elapsed time, and a clock that is never adjusted.

Clocks are injected, so that tests and screenshots control the time.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""Returns the present time, in UTC."""

Elapsed = Callable[[], float]
"""Returns seconds since some start; never goes back."""

_BOOT_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def utc_now() -> datetime:
    """Return the time of day."""
    return datetime.now(UTC)


def elapsed_seconds() -> float:
    """Return the seconds since the machine started, with sleep where it is counted."""
    return time.clock_gettime(_BOOT_CLOCK)


class SteadyClock:
    """A clock that starts at the time of day and ignores later changes of it.

    Args:
        wall: the time of day, read once.
        not_before: earliest time to start from; the newest event of a run that is resumed.
        started: time by a clock that began earlier, which counts instead of the time of day.
    """

    def __init__(
        self,
        wall: Clock,
        elapsed: Elapsed = elapsed_seconds,
        *,
        not_before: datetime | None = None,
        started: datetime | None = None,
    ) -> None:
        now = wall() if started is None else started
        self._start = now if not_before is None else max(now, not_before)
        self._elapsed = elapsed
        self._began = elapsed()

    def __call__(self) -> datetime:
        """Return the present time by this clock."""
        return self._start + timedelta(seconds=self._elapsed() - self._began)

    def not_after(self, time: datetime) -> None:
        """Go back to a time, if this clock is ahead of it."""
        self._start -= max(timedelta(), self() - time)

    def advance_to(self, time: datetime) -> None:
        """Advance to the time of an event; ignore an earlier one."""
        self._start += max(timedelta(), time - self())
