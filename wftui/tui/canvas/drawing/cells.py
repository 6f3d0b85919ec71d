"""The visible part of one row of styled terminal cells."""

from functools import lru_cache

from rich.cells import cell_len, get_character_cell_size

Span = tuple[str, tuple[str, ...]]
"""Text in one style, given as component classes; later ones override earlier ones."""


class Cells:
    """Cells `start` to `start + width - 1` of a row.

    Writes outside this range are dropped.
    """

    def __init__(self, start: int, width: int) -> None:
        self.start = start
        self.width = width
        self._text = [" "] * width
        self._style: list[tuple[str, ...]] = [()] * width

    def put(self, x: int, text: str, *style: str) -> None:
        """Write text at a column, replacing existing cells; no control characters."""
        column = x - self.start
        width = len(self._text)
        if column >= width:
            return
        for character in text:
            size = get_character_cell_size(character)
            if size == 0:
                continue
            if column >= width:
                return
            for cell in range(max(column, 0), min(column + size, width)):
                # The second half of a wide character is empty; a wide character cut by the edge becomes a space.
                whole = column >= 0 and column + size <= width
                self._text[cell] = (character if cell == column else "") if whole else " "
                self._style[cell] = style
            column += size

    def spans(self) -> list[Span]:
        """Return the row as spans of one style each."""
        found: list[Span] = []
        begin = 0
        for end in range(1, len(self._text) + 1):
            if end == len(self._text) or self._style[end] != self._style[begin]:
                found.append(("".join(self._text[begin:end]), self._style[begin]))
                begin = end
        return found


@lru_cache(maxsize=4096)
def fit(text: str, width: int, more: str = "…") -> str:
    """Return text padded or truncated to exactly `width` cells.

    Truncated text ends with `more`; control characters become spaces.
    """
    text = _printable(text)
    missing = width - cell_len(text)
    if missing >= 0:
        return text + " " * missing
    head = _head(text, width - len(more)) + more if width >= len(more) else ""
    return head + " " * (width - cell_len(head))


@lru_cache(maxsize=4096)
def fit_middle(text: str, width: int, more: str = "…") -> str:
    """Return text padded or truncated in the middle to exactly `width` cells.

    Long names with a common prefix differ at the end.
    """
    text = _printable(text)
    room = width - len(more)
    if cell_len(text) <= width or room < 12:
        return fit(text, width, more)
    head = _head(text, room * 2 // 5)
    tail = _head(text[::-1], room - cell_len(head))[::-1]
    return fit(head + more + tail, width, more)


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


def _head(text: str, width: int) -> str:
    """Return the longest prefix that fits."""
    used = 0
    for number, character in enumerate(text):
        used += get_character_cell_size(character)
        if used > width:
            return text[:number]
    return text
