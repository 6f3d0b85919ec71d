"""Record snapshots: a record as bytes, from which the fold continues.

A snapshot is derived data. One of another `REDUCER_REVISION` is ignored, as that reducer may have folded differently.
"""

import sys
import zlib
from array import array

from wftui.model.base import Timestamp, WireModel, fresh
from wftui.model.json.writing import encode
from wftui.model.reading import read_json
from wftui.model.run.iterations import IterationLog
from wftui.model.run.record import ExecutionRecord

REDUCER_REVISION = 7
"""Raised with each change to what the reducer makes of events; a test holds the digest of its modules."""

_FAST = 1


class _Header(WireModel):
    """All of a snapshot except the iteration logs, whose bytes follow it.

    Attributes:
        logs: the length of the iteration log of each repeated step.
    """

    record: ExecutionRecord
    window: int | None
    omissions: int = 0
    retried: bool = False
    handled: int = 0
    last_at: Timestamp | None = None
    finished: list[str] = fresh(factory=list)
    failed: list[str] = fresh(factory=list)
    logs: dict[str, int] = fresh(factory=dict)


def pack_record(record: ExecutionRecord) -> bytes:
    """Return a record, with the index that the fold continues with, as bytes."""
    index = record.index
    finished, failed = index.ended_held()
    header = _Header(
        record=record,
        window=index.window,
        omissions=index.omissions,
        retried=index.retried,
        handled=index.handled,
        last_at=index.last_at,
        finished=finished,
        failed=failed,
        logs={path: len(log.states) for path, log in index.logs.items()},
    )
    text = encode(header.without_defaults())
    parts = [len(text).to_bytes(8, "little"), text]
    for log in index.logs.values():
        parts += [bytes(log.states), _planes(log.first), _planes(log.last)]
    return zlib.compress(b"".join(parts), _FAST)


def unpack_record(data: bytes) -> ExecutionRecord:
    """Return the record of a snapshot of this revision.

    Raises:
        ValueError: these are not the bytes of a snapshot.
    """
    try:
        whole = memoryview(zlib.decompress(data))
    except zlib.error as error:
        raise ValueError(str(error)) from error
    length = int.from_bytes(whole[:8], "little")
    header = read_json(_Header, bytes(whole[8 : 8 + length]))
    logs: dict[str, IterationLog] = {}
    place = 8 + length
    for path, count in header.logs.items():
        if len(whole) < place + 9 * count:
            raise ValueError("the iteration logs are cut short")
        ends = (place + count, place + 5 * count, place + 9 * count)
        logs[path] = IterationLog(
            bytearray(whole[place : ends[0]]), _numbers(whole[ends[0] : ends[1]]), _numbers(whole[ends[1] : ends[2]])
        )
        place = ends[2]
    record = header.record
    index = record.index
    index.window, index.omissions, index.retried, index.handled = (
        header.window,
        header.omissions,
        header.retried,
        header.handled,
    )
    index.last_at = header.last_at
    index.restore(logs, finished=header.finished, failed=header.failed)
    return record


def _planes(values: "array[int]") -> bytes:
    """Return numbers as bytes, the lowest of each first: they compress to a quarter."""
    data = _little(values).tobytes()
    return b"".join(data[plane::4] for plane in range(4))


def _numbers(planes: memoryview) -> "array[int]":
    size = len(planes) // 4
    data = bytearray(4 * size)
    for plane in range(4):
        data[plane::4] = planes[plane * size : (plane + 1) * size]
    values = array("I")
    values.frombytes(data)
    return _little(values)


def _little(values: "array[int]") -> "array[int]":
    """Convert between the byte order of this machine and that of snapshots."""
    if sys.byteorder == "big":
        values = values[:]
        values.byteswap()
    return values
