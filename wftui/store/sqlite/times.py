"""Timestamps in the database: whole milliseconds since 1970, UTC."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_milliseconds(timestamp: datetime) -> int:
    """Return milliseconds since 1970, truncated like every timestamp on the wire."""
    return (timestamp - _EPOCH) // _MILLISECOND


def from_milliseconds(milliseconds: int) -> datetime:
    """Return the timestamp, in UTC."""
    return _EPOCH + milliseconds * _MILLISECOND
