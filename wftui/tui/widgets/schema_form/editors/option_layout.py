"""Layout of inline options on as many lines as they need."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len

GAP = 3


class Place(NamedTuple):
    """Position of an option: index, line, first cell and width."""

    number: int
    line: int
    start: int
    width: int


def flow(texts: Sequence[str], width: int) -> Iterator[Place]:
    """Yield the positions of texts wrapped like words."""
    line = start = 0
    for index, text in enumerate(texts):
        needed = min(cell_len(text), width)
        if start and start + needed > width:
            line, start = line + 1, 0
        yield Place(index, line, start, needed)
        start += needed + GAP


def flow_height(texts: Sequence[str], width: int) -> int:
    """Return the number of lines needed."""
    return max((place.line + 1 for place in flow(texts, width)), default=1)


def place_at(texts: Sequence[str], width: int, x: int, y: int) -> int | None:
    """Return the index of the text at an offset."""
    for place in flow(texts, width):
        if place.line == y and place.start <= x < place.start + place.width:
            return place.number
    return None
