"""Values between steps are JSON and nothing else: find the first place in a value that is not."""

import asyncio
from typing import TypeAlias

from wftui.model.base import Json
from wftui.model.pointers import pointer_to
from wftui.runtime.errors import WorkflowError

MAX_DEPTH = 200
"""Deeper values cannot be stored: the serialisers underneath stop at 255."""
_DIRECT = 20_000  # values looked at on the event loop (about 5 ms); more of them are looked at in a thread
_MAX_INTEGER_BITS = 14_000  # Python refuses to print integers of more than 4,300 digits

_Place: TypeAlias = tuple["_Place", str | int] | None


async def ensure_json(value: Json, error_type: str, what: str) -> None:
    """Check that a value is JSON; big ones without holding up the event loop.

    Args:
        error_type: type of the error, `output.not_json`.
        what: what the value is, for the sentence: `the output`.

    Raises:
        WorkflowError: naming the first place that is not JSON.
    """
    walk = _Walk(value, error_type, what)
    if not walk.go(_DIRECT):
        await asyncio.to_thread(walk.go, None)


class _Walk:
    """A walk over a value that can be interrupted and taken up again; it does not recurse."""

    def __init__(self, value: Json, error_type: str, what: str) -> None:
        self._todo: list[tuple[Json, _Place, int]] = [(value, None, 0)]
        self._error_type = error_type
        self._what = what

    def go(self, budget: int | None) -> bool:
        """Look at up to `budget` values; returns whether all have been seen."""
        todo = self._todo
        while todo:
            if budget is not None:
                if budget == 0:
                    return False
                budget -= 1
            value, place, depth = todo.pop()
            kind = type(value)
            if kind is str:
                self._text(value, place)
            elif kind is dict:
                self._deep(depth, place)
                for key, inner in value.items():
                    if type(key) is not str:
                        self._refuse(place, f"has the key {key!r}, which is no text")
                    self._text(key, place)
                    todo.append((inner, (place, key), depth + 1))
            elif kind is list:
                self._deep(depth, place)
                todo.extend((inner, (place, index), depth + 1) for index, inner in enumerate(value))
            elif kind is float:
                if not -float("inf") < value < float("inf"):
                    self._refuse(place, f"is {value}, which JSON does not know")
            elif kind is int:
                if value.bit_length() > _MAX_INTEGER_BITS:
                    self._refuse(place, "is an integer of more than 4,300 digits")
            elif value is not None and kind is not bool:
                self._refuse(place, f"is a {kind.__name__}")
        return True

    def _deep(self, depth: int, place: _Place) -> None:
        if depth > MAX_DEPTH:
            self._refuse(place, f"is nested deeper than {MAX_DEPTH} levels")

    def _text(self, text: str, place: _Place) -> None:
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError:
                self._refuse(place, "holds half a surrogate pair, which UTF-8 cannot write")

    def _refuse(self, place: _Place, complaint: str) -> None:
        keys: list[str | int] = []
        while place is not None:
            place, key = place
            keys.append(key)
        pointer = pointer_to(reversed(keys))
        shown = pointer if len(pointer) <= 120 else f"{pointer[:60]}…{pointer[-40:]}"
        where = f"{self._what} at {shown}" if pointer else self._what
        raise WorkflowError(self._error_type, f"{where} {complaint}", details={"at": shown})
