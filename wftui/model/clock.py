"""Time is handed in, so that tests and screenshots can hold it still."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the present moment, in UTC."""


def utc_now() -> datetime:
    """The clock of a real run."""
    return datetime.now(UTC)
