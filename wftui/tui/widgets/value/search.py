"""Search in the lines of a value, across wrapped lines."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from wftui.tui.widgets.value.line_parts import Line

Range = tuple[int, int]
"""Start and end of a part of a line, in characters."""


def logical_line(lines: Sequence[Line], index: int) -> range:
    """Return the wrapped lines that form one logical line with line `index`."""
    first = index
    while first and _is_fold(lines[first]):
        first -= 1
    end = index + 1
    while end < len(lines) and _is_fold(lines[end]):
        end += 1
    return range(first, end)


def match_ranges(lines: Sequence[Line], together: range, pattern: re.Pattern[str]) -> Iterator[tuple[int, Range, bool]]:
    """Yield matches in a logical line: line, range, whether it starts there."""
    indents = [len(lines[index][0][0]) if _is_fold(lines[index]) else 0 for index in together]
    texts = [
        "".join(part for part, _ in lines[index])[indent:] for index, indent in zip(together, indents, strict=True)
    ]
    starts = [0, *accumulate(map(len, texts))]
    for found in pattern.finditer("".join(texts)):
        start, end = found.span()
        at = bisect_right(starts, start) - 1
        while at < len(texts) and starts[at] < end:
            begin, stop = max(start - starts[at], 0), min(end - starts[at], len(texts[at]))
            if begin < stop:
                yield together[at], (begin + indents[at], stop + indents[at]), start >= starts[at]
            at += 1


def lines_with(lines: Sequence[Line], start: int, end: int, pattern: re.Pattern[str]) -> Iterator[int]:
    """Yield the lines in which a match starts, for whole logical lines."""
    index, last = start, -1
    while index < end:
        together = logical_line(lines, index)
        for place, _, begins in match_ranges(lines, together, pattern):
            if begins and place != last:
                last = place
                yield place
        index = together.stop


def _is_fold(line: Line) -> bool:
    return line[0][1] == "fold"
