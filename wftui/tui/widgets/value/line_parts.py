"""Parts of the lines of a value."""

from typing import Literal, NamedTuple

Kind = Literal["key", "string", "number", "word", "mark", "note", "fold", "more"]
"""Kind of a part of a line; `fold` and `more` are indents: of a wrapped line, of the next piece of a long text."""
Part = tuple[str, Kind]
Line = tuple[Part, ...]


class LinePlace(NamedTuple):
    """Position of a line in its value.

    Attributes:
        depth: number of containers around it.
        number: of the element in its container, from 0; `REST` for the other lines of one; of a line that closes a
            container of n elements, `CLOSING` - n.
        start: of the element in the JSON text, in characters; with its key.
    """

    depth: int
    number: int
    start: int

    @property
    def is_first(self) -> bool:
        """Return whether an element begins in the line."""
        return self.number >= 0


REST = -1
CLOSING = -2
