"""Check that a value is JSON: locate the part that is not, estimate the size.

A value that would come back different from the database (a set, a date, NaN, a tuple, a key that is not text, half of
a surrogate pair, an enumeration's member) is refused where it is produced, so that a live value and its stored copy
are always equal.
"""

import asyncio
import math
from collections.abc import Iterable

from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.json.big_values import MAX_DEPTH, MAX_INTEGER_BITS, is_json
from wftui.model.json.pointers import pointer_to
from wftui.model.json.sharing import MAX_WEIGHT, is_blown_up
from wftui.model.text.cuts import ELLIPSIS, beginning, ending
from wftui.runtime.workflow_errors import WorkflowError

REFERENCE_KEY = "$value"
"""The key by which the store marks its own references."""
DETAIL_BYTES = 64 * 1024
"""Size up to which the details of an error keep a value that a failed step had produced."""
_DIRECT_BYTES = 64 * 1024
"""Size up to which a value is checked on the event loop, in a few milliseconds at most."""


class JsonValueError(WorkflowError):
    """A value is not JSON.

    Attributes:
        at: pointer to the place in the value; empty for the value itself.
        reason: `is a set`.
    """

    def __init__(self, at: str, reason: str, what: str = "the value", error_type: str = "value.not_json") -> None:
        where = f"{what} at {at}" if at else what
        super().__init__(error_type, f"{where} {reason}; only JSON values can pass between steps", details={"at": at})
        self.at = at
        self.reason = reason


class TooBigError(Exception):
    """`measure` reached its limit: check the value outside the event loop."""


@dataclass(slots=True)
class Measured:
    """A JSON value, measured.

    Attributes:
        size: an estimate of the bytes of its JSON text, low by what escaping adds.
        marked: some object in it has the key `$value`, by which the store marks its own references.
    """

    size: int = 0
    marked: bool = False


async def ensure_json(value: Json, error_type: str, what: str) -> None:
    """Check that a value is JSON; a big one in a thread.

    Args:
        error_type: type of the error, `output.not_json`.
        what: the value's name in the message: `the output`.

    Raises:
        JsonValueError: with the first place that is not JSON.
    """
    try:
        try:
            measure(value, _DIRECT_BYTES)
        except TooBigError:
            await asyncio.to_thread(check_big, value)
    except JsonValueError as error:
        raise JsonValueError(error.at, error.reason, what, error_type) from None


def check_big(value: Json) -> None:
    """Check a value of any size in batches.

    Faster than `measure`, and other threads can run in between.

    Raises:
        JsonValueError: with the place and the reason.
    """
    if is_blown_up(value):
        raise JsonValueError("", f"repeats its parts so often that it stands for more than {MAX_WEIGHT:,} values")
    if not is_json(value):
        measure(value)


def measure(value: Json, limit: int | None = None) -> Measured:
    """Check a value and estimate its size.

    Args:
        limit: stop beyond this many bytes, so that a huge value costs next to nothing.

    Raises:
        JsonValueError: with the place and the reason.
        TooBigError: beyond the limit.
    """
    measured = Measured()
    room = math.inf if limit is None else limit
    try:
        if type(value) is dict or type(value) is list:
            measured.size = _container(value, 0, room, measured)
        else:
            measured.size = _leaf(value, room)
    except _RefusalError as refusal:
        at = pointer_to(refusal.keys[::-1])
        raise JsonValueError(
            at if len(at) <= 120 else beginning(at, 61) + ending(at, 41).removeprefix(ELLIPSIS), refusal.reason
        ) from None
    if measured.size > room:
        raise TooBigError
    return measured


def if_small(value: Json, limit: int = DETAIL_BYTES) -> Json:
    """Return a value, or null when its JSON text is longer than the limit or is none."""
    try:
        measure(value, limit)
    except (TooBigError, JsonValueError):
        return None
    return value


class _RefusalError(Exception):
    """A part that is not JSON; `keys` lead to it, innermost first."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        self.keys: list[str | int] = []


def _container(value: dict[str, Json] | list[Json], depth: int, room: float, measured: Measured) -> int:
    """Return the size of an object or list."""
    if depth >= MAX_DEPTH:
        raise _RefusalError(f"is nested deeper than {MAX_DEPTH} levels")
    size = 2
    if len(value) > room:
        raise TooBigError
    members: Iterable[tuple[str | int, Json]] = enumerate(value)
    if type(value) is dict:
        for name in value:
            size += len(name) + 4 if type(name) is str and name.isascii() else _key(name)
        measured.marked = measured.marked or REFERENCE_KEY in value
        members = value.items()
    key: str | int = 0
    try:
        # The usual leaves are handled here, without a call: the loop runs millions of times.
        for key, item in members:  # noqa: B007  (used on refusal)
            kind = type(item)
            if kind is str and item.isascii():
                size += len(item) + 3
            elif kind is bool or item is None:
                size += 5
            elif kind is float and -math.inf < item < math.inf:
                size += 9
            elif kind is dict or kind is list:
                size += _container(item, depth + 1, room - size, measured)
            else:
                size += _leaf(item, room)
            if size > room:
                raise TooBigError
    except _RefusalError as refusal:
        refusal.keys.append(key)
        raise
    return size


def _key(key: Json) -> int:
    if type(key) is not str:
        raise _RefusalError(f"has the key {key!r:.60}, which is {_a(key)}, not a text")
    return _text(key, "has a key with") + 1


def _leaf(value: Json, room: float) -> int:
    kind = type(value)
    if kind is str:
        if len(value) > room:
            raise TooBigError
        return _text(value, "holds")
    if kind is bool or value is None:
        return 5
    if kind is int:
        if value.bit_length() > MAX_INTEGER_BITS:
            raise _RefusalError("is a number of more than 3,900 digits")
        return 2 + int(value.bit_length()) // 4
    if kind is float:
        if not math.isfinite(value):
            raise _RefusalError(f"is {value}, which JSON cannot express")
        return 9
    raise _RefusalError(f"is {_a(value)}")


def _text(value: str, verb: str) -> int:
    try:
        return len(value.encode()) + 3
    except UnicodeEncodeError as error:
        reason = f"{verb} a lone surrogate ({value[error.start]!r}), which is not a character"
        raise _RefusalError(reason) from None


def _a(value: object) -> str:
    name = type(value).__name__
    return f"an {name}" if name[:1].lower() in "aeiou" else f"a {name}"
