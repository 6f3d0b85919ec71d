"""What may pass between steps is JSON and nothing else; this says so, with the place of what is not.

A value that would come back different from the database (a set, a date, NaN, a tuple, a key that is no text, half a
surrogate pair) is refused where it is produced, so that a live value and its stored copy are always equal.
"""

import json
import math
import re
from dataclasses import dataclass

from wftui.model.base import Json
from wftui.model.big_values import MAX_DEPTH, MAX_INTEGER_BITS
from wftui.model.json_pieces import BIG_TEXT, read_json
from wftui.runtime.errors import WorkflowError

REFERENCE_KEY = "$value"
_NAME = re.compile(r"[A-Za-z_]\w*")


class NotJsonError(WorkflowError):
    """A value is no JSON value; `path` says where in it (`$.rows[3].when`)."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__("value.not_json", f"{path} {reason}; only JSON values can pass between steps")
        self.path = path
        self.reason = reason


class TooBigError(Exception):
    """`measure` met its limit: the value must be looked at outside the event loop."""


@dataclass(slots=True)
class Measured:
    """A value that was found to be JSON.

    Attributes:
        size: an estimate of the bytes of its JSON text, low by what escaping adds.
        marked: some object in it has the key `$value`, by which the store marks its own references.
    """

    size: int = 0
    marked: bool = False


def measure(value: Json, limit: int | None = None) -> Measured:
    """Check a value, and find out how big it is.

    Args:
        limit: give up beyond this many bytes, so that a look at a huge value costs next to nothing.

    Raises:
        NotJsonError: with the place and the reason.
        TooBigError: beyond the limit.
    """
    measured = Measured()
    room = math.inf if limit is None else limit
    try:
        if isinstance(value, str) and len(value) > room:
            raise TooBigError
        if isinstance(value, dict | list):
            measured.size = _container(value, 0, room, measured)
        else:
            measured.size = _leaf(value)
    except _RefusalError as refusal:
        raise NotJsonError(_path(refusal.trail[::-1]), refusal.reason) from None
    if measured.size > room:
        raise TooBigError
    return measured


class _RefusalError(Exception):
    """Something that is not JSON; on its way up it collects the way to it, backwards."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        self.trail: list[str | int] = []


def _container(value: dict[Json, Json] | list[Json], depth: int, room: float, measured: Measured) -> int:
    """The size of an object or list. The usual leaves are dealt with in the loop: it runs millions of times."""
    if depth >= MAX_DEPTH:
        raise _RefusalError(f"is nested deeper than {MAX_DEPTH} levels")
    size = 2
    if len(value) > room:
        raise TooBigError
    if isinstance(value, dict):
        size += sum(map(_key, value))
        measured.marked = measured.marked or REFERENCE_KEY in value
    key: str | int = 0
    try:
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):  # noqa: B007  (used on refusal)
            kind = type(item)
            if kind is str and item.isascii():
                size += len(item) + 3
            elif kind is bool or item is None:
                size += 5
            elif kind is str and len(item) > room:
                raise TooBigError
            elif isinstance(item, dict | list):
                size += _container(item, depth + 1, room - size, measured)
            else:
                size += _leaf(item)
            if size > room:
                raise TooBigError
    except _RefusalError as refusal:
        refusal.trail.append(key)
        raise
    return size


def _key(key: Json) -> int:
    if not isinstance(key, str):
        raise _RefusalError(f"has the key {key!r:.60}, which is {_a(key)} and not a text")
    return len(key) + 4 if key.isascii() else _text(key, "has a key with")


def _leaf(value: Json) -> int:
    if isinstance(value, str):
        return _text(value, "holds")
    if value is None or isinstance(value, bool):
        return 5
    if isinstance(value, int):
        if value.bit_length() > MAX_INTEGER_BITS:
            raise _RefusalError("is a number of more than 3,900 digits")
        return 2 + value.bit_length() // 4
    if isinstance(value, float):
        if not math.isfinite(value):
            raise _RefusalError(f"is {value}, which JSON has no word for")
        return 9
    raise _RefusalError(f"is {_a(value)}")


def _text(value: str, verb: str) -> int:
    if value.isascii():
        return len(value) + 3
    try:
        return len(value.encode()) + 3
    except UnicodeEncodeError as error:
        reason = f"{verb} a lone surrogate ({value[error.start]!r}), which is no character"
        raise _RefusalError(reason) from None


def _path(trail: list[str | int]) -> str:
    shown = trail if len(trail) <= 12 else [*trail[:6], "…", *trail[-5:]]
    path = "".join(
        f"[{key}]" if isinstance(key, int) else f".{key}" if _NAME.fullmatch(key) else f"[{key[:60]!r}]"
        for key in shown
    )
    return f"${path}" if path else "the value"


def _a(value: object) -> str:
    name = type(value).__name__
    return f"an {name}" if name[:1].lower() in "aeiou" else f"a {name}"


def decode_pieces(pieces: list[str]) -> Json:
    """The value whose JSON text is given in pieces; of a big one, for a thread beside the event loop."""
    text = "".join(pieces)
    return read_json(text) if len(text) > BIG_TEXT else json.loads(text)


def printable(text: str) -> str:
    r"""Text that can be stored: a lone surrogate (an undecodable byte of a process) becomes its escape, `\udc80`."""
    if text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode()
