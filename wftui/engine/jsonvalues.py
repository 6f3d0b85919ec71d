"""Values between steps are JSON and nothing else: find the first place in a value that is not."""

import asyncio
from collections.abc import Iterator

from wftui.model.base import Json
from wftui.model.big_values import MAX_DEPTH, MAX_INTEGER_BITS, is_json
from wftui.model.pointers import pointer_to
from wftui.runtime.errors import WorkflowError

_DIRECT = 20_000  # values looked at on the event loop (a few ms); more of them are looked at in a thread
_INFINITY = float("inf")
_FEW = 20


async def ensure_json(value: Json, error_type: str, what: str) -> None:
    """Check that a value is JSON; big ones without holding up the event loop.

    Args:
        error_type: type of the error, `output.not_json`.
        what: what the value is, for the sentence: `the output`.

    Raises:
        WorkflowError: naming the first place that is not JSON.
    """
    if _is_plain(value):
        return
    known = is_json(value, _DIRECT)
    if known is None:
        known = await asyncio.to_thread(is_json, value)
    if not known:
        await asyncio.to_thread(_Walk(value, error_type, what).go)


def _is_plain(value: Json) -> bool:
    """Whether a value is a small object of plain texts and numbers, as most are: beyond doubt JSON, without a walk."""
    if type(value) is not dict or len(value) > _FEW:
        return False
    for key, item in value.items():
        kind = type(item)
        if type(key) is not str or not key.isascii():
            return False
        if kind is str:
            if not item.isascii():
                return False
        elif kind is int:
            if item.bit_length() > MAX_INTEGER_BITS:
                return False
        elif kind is not bool and item is not None:
            return False
    return True


class _Walk:
    """A walk over a value to the first place that is not JSON.

    It keeps one iterator per level: of a million values it makes no million of objects, which the collector would
    have to look at again and again while it holds up every thread.
    """

    def __init__(self, value: Json, error_type: str, what: str) -> None:
        self._levels: list[Iterator[tuple[str | int, Json]]] = [iter(((0, value),))]
        self._keys: list[str | int] = [0]
        self._error_type = error_type
        self._what = what

    def go(self) -> None:
        """Look at all values.

        Raises:
            WorkflowError: at the first one that is not JSON.
        """
        levels, keys = self._levels, self._keys
        while levels:
            for key, value in levels[-1]:
                keys[-1] = key
                if self._look(value):
                    break
            else:
                levels.pop()
                keys.pop()

    def _look(self, value: Json) -> bool:
        """Check one value; returns whether it opened another level."""
        kind = type(value)
        if kind is str:
            self._text(value)
        elif kind is dict:
            for key in value:
                if type(key) is not str:
                    self._refuse(f"has the key {key!r}, which is no text")
                self._text(key)
            return self._down(iter(value.items()))
        elif kind is list:
            return self._down(enumerate(value))
        elif kind is float:
            if not -_INFINITY < value < _INFINITY:
                self._refuse(f"is {value}, which JSON does not know")
        elif kind is int:
            if value.bit_length() > MAX_INTEGER_BITS:
                self._refuse("is an integer of more than 3,900 digits")
        elif value is not None and kind is not bool:
            self._refuse(f"is a {kind.__name__}")
        return False

    def _down(self, level: Iterator[tuple[str | int, Json]]) -> bool:
        if len(self._levels) > MAX_DEPTH:
            self._refuse(f"is nested deeper than {MAX_DEPTH} levels")
        self._levels.append(level)
        self._keys.append(0)
        return True

    def _text(self, text: str) -> None:
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError:
                self._refuse("holds half a surrogate pair, which UTF-8 cannot write")

    def _refuse(self, complaint: str) -> None:
        pointer = pointer_to(self._keys[1:])
        shown = pointer if len(pointer) <= 120 else f"{pointer[:60]}…{pointer[-40:]}"
        where = f"{self._what} at {shown}" if pointer else self._what
        raise WorkflowError(self._error_type, f"{where} {complaint}", details={"at": shown})
