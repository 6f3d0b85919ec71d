"""What may pass between steps is JSON and nothing else; this says so, with the place of what is not.

A value that would come back different from the database (a set, a date, NaN, a tuple, a key that is no text, half a
surrogate pair) is refused where it is produced, so that a live value and its stored copy are always equal.
"""

import re
from collections.abc import Iterator

from pydantic_core import to_json

from wftui.model.base import Json
from wftui.runtime.errors import WorkflowError

MAX_DEPTH = 190
"""Levels a value may be nested: the readers of events take 200 in all."""
REFERENCE_KEY = "$value"
_MAX_INT_BITS = 13_000  # Python reads and writes no decimal number of more than 4,300 digits
_PIECE = 256 * 1024
_NAME = re.compile(r"[A-Za-z_]\w*")


class NotJsonError(WorkflowError):
    """A value is no JSON value; `path` says where in it (`$.rows[3].when`)."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__("value.not_json", f"{path} {reason}; only JSON values can pass between steps")
        self.path = path
        self.reason = reason


class TooBigError(Exception):
    """`measure` met its limit: the value must be looked at outside the event loop."""


def measure(value: Json, limit: int | None = None) -> tuple[int, bool]:
    """Check a value and estimate the length of its JSON text.

    Args:
        limit: give up beyond this many bytes, so that a look at a huge value costs next to nothing.

    Returns:
        The estimate, in bytes (low by what escaping adds), and whether some object in it has the key `$value`, by
        which the store marks its own references.

    Raises:
        NotJsonError: with the place and the reason.
        TooBigError: beyond the limit.
    """
    kind = type(value)
    if value is None or kind is bool:
        return 4, False
    walk = _Walk(limit)
    walk.visit(value, 0)
    return walk.size, walk.reference


class _Walk:
    """One walk over a value; `trail` is the way to where it is, for the error message."""

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.size = 0
        self.reference = False
        self.trail: list[str | int] = []

    def visit(self, value: Json, depth: int) -> None:
        if isinstance(value, str):
            self.text(value, "holds")
        elif value is None or isinstance(value, bool):
            self.size += 4
        elif isinstance(value, int):
            self.size += 1 + value.bit_length() // 3
            if value.bit_length() > _MAX_INT_BITS:
                raise self.refusal("is a number of more than 3,900 digits")
        elif isinstance(value, float):
            self.size += 8
            if value != value or value in (float("inf"), float("-inf")):
                raise self.refusal(f"is {value}, which JSON has no word for")
        elif isinstance(value, dict):
            self.container(depth)
            for key, item in value.items():
                if not isinstance(key, str):
                    raise self.refusal(f"has the key {key!r:.60}, which is {_a(key)} and not a text")
                self.text(key, "has a key with")
                if key == REFERENCE_KEY:
                    self.reference = True
                self.trail.append(key)
                self.visit(item, depth + 1)
                self.trail.pop()
        elif isinstance(value, list):
            self.container(depth)
            for index, item in enumerate(value):
                self.trail.append(index)
                self.visit(item, depth + 1)
                self.trail.pop()
        else:
            raise self.refusal(f"is {_a(value)}")
        if self.limit is not None and self.size > self.limit:
            raise TooBigError

    def text(self, value: str, verb: str) -> None:
        self.size += len(value) + 3
        if not value.isascii():
            try:
                self.size += len(value.encode()) - len(value)
            except UnicodeEncodeError as error:
                raise self.refusal(f"{verb} a lone surrogate ({value[error.start]!r}), which is no character") from None

    def container(self, depth: int) -> None:
        self.size += 2
        if depth >= MAX_DEPTH:
            raise self.refusal(f"is nested deeper than {MAX_DEPTH} levels")

    def refusal(self, reason: str) -> NotJsonError:
        shown = self.trail if len(self.trail) <= 12 else [*self.trail[:6], "…", *self.trail[-5:]]
        path = "".join(
            f"[{key}]" if isinstance(key, int) else f".{key}" if _NAME.fullmatch(key) else f"[{key[:60]!r}]"
            for key in shown
        )
        return NotJsonError("the value" if not path else f"${path}", reason)


def _a(value: object) -> str:
    name = type(value).__name__
    return f"an {name}" if name[:1].lower() in "aeiou" else f"a {name}"


def encode_pieces(value: Json) -> Iterator[bytes]:
    """The JSON text of a checked value, piece by piece.

    Each piece is whole UTF-8 of about a quarter of a megabyte at most: no single call computes for long, so that a
    thread that encodes 100 MB lets the event loop's thread work in between.
    """
    if isinstance(value, str) and len(value) > _PIECE:
        yield b'"'
        for start in range(0, len(value), _PIECE):
            yield to_json(value[start : start + _PIECE])[1:-1]
        yield b'"'
    elif isinstance(value, dict | list) and not _small(value):
        opening, closing = (b"{", b"}") if isinstance(value, dict) else (b"[", b"]")
        separator = opening
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield separator + to_json(key) + b":" if isinstance(value, dict) else separator
            yield from encode_pieces(item)
            separator = b","
        yield closing
    else:
        yield to_json(value)


def _small(value: Json) -> bool:
    try:
        measure(value, _PIECE)
    except TooBigError:
        return False
    return True


def printable(text: str) -> str:
    r"""Text that can be stored: a lone surrogate (an undecodable byte of a process) becomes its escape, `\udc80`."""
    if text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode()
