"""Folded parts of a value: which lines have rows."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import accumulate


class LineFolds:
    """Ranges of hidden lines, none inside another."""

    def __init__(self, ranges: Iterable[range] = ()) -> None:
        self._ranges = sorted(ranges, key=lambda each: each.start)
        self._measure()

    def _measure(self) -> None:
        self._starts = [each.start for each in self._ranges]
        self._hidden = [0, *accumulate(map(len, self._ranges))]
        self._rows = [start - hidden for start, hidden in zip(self._starts, self._hidden, strict=False)]

    def __bool__(self) -> bool:
        return bool(self._ranges)

    @property
    def hidden(self) -> int:
        """Number of hidden lines."""
        return self._hidden[-1]

    def add(self, lines: range) -> None:
        """Hide lines; ranges inside of them are forgotten."""
        kept = [each for each in self._ranges if each.stop <= lines.start or each.start >= lines.stop]
        self._ranges = sorted([*kept, lines], key=lambda each: each.start)
        self._measure()

    def after(self, line: int) -> range | None:
        """Return the lines hidden right after a line."""
        at = bisect_left(self._starts, line + 1)
        return self._ranges[at] if at < len(self._ranges) and self._starts[at] == line + 1 else None

    def around(self, line: int) -> range | None:
        """Return the range in which a line is hidden."""
        at = bisect_right(self._starts, line) - 1
        return self._ranges[at] if at >= 0 and line in self._ranges[at] else None

    def remove(self, lines: range) -> None:
        """Show lines again."""
        self._ranges.remove(lines)
        self._measure()

    def row_of(self, line: int) -> int:
        """Return the row of a line; of a hidden one, that of the line before it."""
        at = bisect_right(self._starts, line)
        hidden = self.around(line)
        return (hidden.start - 1 if hidden is not None else line) - self._hidden[at - 1 if hidden is not None else at]

    def line_of(self, row: int) -> int:
        """Return the line of a row."""
        return row + self._hidden[bisect_right(self._rows, row)]
