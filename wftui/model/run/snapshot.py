"""Record snapshots: a record as bytes, from which the fold continues.

A snapshot is derived data. One of another `REDUCER_REVISION` is ignored, as that reducer may have folded differently.
"""

import sys
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence

from wftui.model.base import Timestamp, WireModel, fresh
from wftui.model.json.writing import encode
from wftui.model.reading import read_json
from wftui.model.run.iterations import IterationLog
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.steps import StepResult

REDUCER_REVISION = 8
"""Raised with each change to what the reducer makes of events; a test holds the digest of its modules."""

_FAST = 1
_PIECE = 128
"""Steps that are encoded and compressed together."""
_LENGTH = 8
"""Bytes of the length of a part."""


class _Header(WireModel):
    """All of a snapshot except steps and iteration logs, whose bytes follow it.

    Attributes:
        record: without its steps.
        steps: the number of its steps.
        logs: the length of the iteration log of each repeated step.
    """

    record: ExecutionRecord
    steps: int
    window: int | None
    omissions: int = 0
    retried: bool = False
    handled: int = 0
    last_at: Timestamp | None = None
    finished: list[str] = fresh(factory=list)
    failed: list[str] = fresh(factory=list)
    logs: dict[str, int] = fresh(factory=dict)


class _Steps(WireModel):
    """The steps of some pieces."""

    steps: list[StepResult]


class RecordPacker:
    """Packs a growing record; unchanged steps are not encoded again.

    A record has one packer at most.
    """

    def __init__(self, record: ExecutionRecord) -> None:
        self._record = record
        self._pieces: list[bytes] = []
        self._omissions = record.index.omissions
        record.index.changed = set()

    def pack(self) -> bytes:
        """Return the record, with the index that the fold continues with, as bytes."""
        index = self._record.index
        changed = index.changed or set()
        if index.omissions != self._omissions:  # the steps have moved up
            self._pieces.clear()
            self._omissions = index.omissions
        for number, piece in enumerate(_pieces(self._record)):
            if number == len(self._pieces):
                self._pieces.append(_packed_steps(piece))
            elif not changed.isdisjoint(step.path for step in piece):
                self._pieces[number] = _packed_steps(piece)
        index.changed = set()
        return _packed(self._record, self._pieces)


def pack_record(record: ExecutionRecord) -> bytes:
    """Return a record as a packer does that packs it once."""
    return _packed(record, map(_packed_steps, _pieces(record)))


def _pieces(record: ExecutionRecord) -> Iterator[Sequence[StepResult]]:
    """Yield the steps that are packed together."""
    for start in range(0, len(record.step_results), _PIECE):
        yield record.step_results[start : start + _PIECE]


def _packed(record: ExecutionRecord, pieces: Iterable[bytes]) -> bytes:
    return b"".join(_with_lengths([_packed_header(record), *pieces]))


def _packed_steps(steps: Sequence[StepResult]) -> bytes:
    """Return the JSON of some steps without the brackets around them, compressed."""
    return zlib.compress(encode([step.without_defaults() for step in steps])[1:-1], _FAST)


def _packed_header(record: ExecutionRecord) -> bytes:
    index = record.index
    finished, failed = index.ended_held()
    header = _Header(
        record=record.model_copy(update={"step_results": []}),
        steps=len(record.step_results),
        window=index.window,
        omissions=index.omissions,
        retried=index.retried,
        handled=index.handled,
        last_at=index.last_at,
        finished=finished,
        failed=failed,
        logs={path: len(log.states) for path, log in index.logs.items()},
    )
    parts = list(_with_lengths([encode(header.without_defaults())]))
    for log in index.logs.values():
        parts += [bytes(log.states), _planes(log.first), _planes(log.last)]
    return zlib.compress(b"".join(parts), _FAST)


def _with_lengths(parts: Iterable[bytes]) -> Iterator[bytes]:
    for part in parts:
        yield len(part).to_bytes(_LENGTH, "little")
        yield part


def unpack_record(data: bytes) -> ExecutionRecord:
    """Return the record of a snapshot of this revision.

    Raises:
        ValueError: these are not the bytes of a snapshot.
    """
    try:
        whole, *pieces = [memoryview(zlib.decompress(part)) for part in _parts(memoryview(data))]
    except zlib.error as error:
        raise ValueError(str(error)) from error
    length = int.from_bytes(whole[:_LENGTH], "little")
    header = read_json(_Header, bytes(whole[_LENGTH : _LENGTH + length]))
    record = header.record
    record.step_results = read_json(_Steps, b'{"steps":[' + b",".join(pieces) + b"]}").steps
    if len(record.step_results) != header.steps:
        raise ValueError("steps are absent")
    record.__post_init__()
    logs: dict[str, IterationLog] = {}
    place = _LENGTH + length
    for path, count in header.logs.items():
        if len(whole) < place + 9 * count:
            raise ValueError("the iteration logs are cut short")
        ends = (place + count, place + 5 * count, place + 9 * count)
        logs[path] = IterationLog(
            bytearray(whole[place : ends[0]]), _numbers(whole[ends[0] : ends[1]]), _numbers(whole[ends[1] : ends[2]])
        )
        place = ends[2]
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


def _parts(data: memoryview) -> Iterator[memoryview]:
    """Yield the parts of a snapshot: its header, and pieces with steps."""
    place = 0
    while True:
        end = place + _LENGTH + int.from_bytes(data[place : place + _LENGTH], "little")
        if not place + _LENGTH < end <= len(data):
            raise ValueError("a part is cut short")
        yield data[place + _LENGTH : end]
        place = end
        if place == len(data):
            return


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
