"""The JSON text of a big value, made in a thread as it is read."""

from threading import Lock

from wftui.model.base import Json
from wftui.model.json.big_values import weight
from wftui.model.json.writing import text_pieces

_AT_ONCE = 100_000
"""Approximate characters that are encoded in one call, which no other thread interrupts."""


def is_long(value: Json) -> bool:
    """Return whether the text of a value is too long to be made on an event loop."""
    return weight((value,), _AT_ONCE) > _AT_ONCE


class TextPieces:
    """The text of a value by the numbers of its pieces, made as it is read.

    Any thread may read.
    """

    def __init__(self, value: Json) -> None:
        self._source = text_pieces(value, _AT_ONCE)
        self._made: list[str] = []
        self._error: Exception | None = None
        self._lock = Lock()

    def read(self, number: int) -> tuple[str, int | None]:
        """Return a piece, and the number of the next one; None at the end.

        Raises:
            Exception: the text could not be made as far as that, now or in an earlier call.
        """
        with self._lock:
            if self._error is not None and len(self._made) <= number + 1:
                raise self._error  # the source has ended with it
            try:
                while len(self._made) <= number + 1 and (piece := next(self._source, None)) is not None:
                    self._made.append(piece)
            except Exception as error:
                self._error = error
                raise
        return self._made[number], number + 1 if number + 1 < len(self._made) else None
