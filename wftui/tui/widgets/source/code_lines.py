"""Highlights of a code area, computed where they are shown.

For each key, Textual highlights the whole text again.
"""

from collections.abc import Callable, Mapping

Highlight = tuple[int, int | None, str]
"""First and last byte of a stretch, and the name of its style; None reaches to the end of the line."""
Captured = Mapping[str, list[tuple[tuple[int, int], tuple[int, int]]]]
"""Start and end, as line and byte, of the stretches with each name."""

_BLOCK = 64


class LineHighlights(dict[int, list[Highlight]]):
    """The highlights of lines, found block by block when a line is drawn.

    Args:
        captured: finds the stretches between two lines, the second excluded.
    """

    def __init__(self, captured: Callable[[int, int], Captured]) -> None:
        super().__init__()
        self._captured = captured

    def __bool__(self) -> bool:
        return True

    def __missing__(self, line: int) -> list[Highlight]:
        first = line - line % _BLOCK
        for row in range(first, first + _BLOCK):
            self[row] = []
        for name, stretches in self._captured(first, first + _BLOCK).items():
            for (start_row, start), (end_row, end) in stretches:
                for row in range(max(first, start_row), min(first + _BLOCK - 1, end_row) + 1):
                    self[row].append((start if row == start_row else 0, end if row == end_row else None, name))
        return self[line]
