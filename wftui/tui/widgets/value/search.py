"""Search in the lines of a value, across wrapped lines and pieces of texts.

A text that is searched for is found whole; a regular expression finds matches of up to 1,000 characters across pieces.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from wftui.runtime.patterns.searching import all_matches, piece_of
from wftui.tui.widgets.value.line_parts import Line

Range = tuple[int, int]
"""Start and end of a part of a line, in characters."""
_OVERLAP = 1_000
"""Characters of the pieces before and after that are searched together with one."""
_MOST_DRAWN = 50
"""Wrapped lines that are searched to draw one of them."""
_SLOW = 10_000
"""Patterns that are applied to fewer characters at once are drawn from the next lines only."""
_NEWEST = 500
"""Lines looked back at for the end of those that are settled."""
_CONTINUES = frozenset({"fold", "more"})


def logical_line(lines: Sequence[Line], index: int) -> range:
    """Return the wrapped lines that form one logical line with line `index`."""
    first = index
    while first and _is_fold(lines[first]):
        first -= 1
    end = index + 1
    while end < len(lines) and _is_fold(lines[end]):
        end += 1
    return range(first, end)


def settled_end(lines: Sequence[Line], start: int) -> int:
    """Return the end of the lines, from line `start` on, that no later line continues.

    Of a long text it is looked for among the newest lines only: until the text has ended, `start` is returned.
    """
    end = len(lines)
    while end > max(start, len(lines) - _NEWEST):
        end -= 1
        if lines[end][0][1] not in _CONTINUES:
            return end
    return start


def match_ranges(lines: Sequence[Line], together: range, pattern: re.Pattern[str]) -> Iterator[tuple[int, Range, bool]]:
    """Yield matches in a logical line: line, range, whether it starts there."""
    indents = [_indent(lines[index]) for index in together]
    texts = [_text(lines[index]) for index in together]
    starts = [0, *accumulate(map(len, texts))]
    room = max(_OVERLAP, len(pattern.pattern))
    before, after = _before(lines, together.start, room), _after(lines, together.stop, room)
    for found in all_matches(pattern, "".join([before, *texts, after])):
        start, end = found.start() - len(before), found.end() - len(before)
        if end <= 0 or start >= starts[-1]:
            continue
        at = max(0, bisect_right(starts, start) - 1)
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


def drawn_ranges(lines: Sequence[Line], index: int, pattern: re.Pattern[str]) -> Iterator[Range]:
    """Yield the matches in a line.

    Of a long logical line, only its surroundings are searched.
    """
    together = logical_line(lines, index)
    if len(together) > _MOST_DRAWN or piece_of(pattern) < _SLOW:
        around = _MOST_DRAWN // 2 if piece_of(pattern) >= _SLOW else 1
        together = range(max(together.start, index - around), min(together.stop, index + around + 1))
    return (span for place, span, _ in match_ranges(lines, together, pattern) if place == index)


def _before(lines: Sequence[Line], first: int, room: int) -> str:
    """Return the end of the text that the line `first` continues."""
    parts: list[str] = []
    while room > 0 and first > 0 and lines[first][0][1] in _CONTINUES:
        first -= 1
        parts.append(_text(lines[first])[-room:])
        room -= len(parts[-1])
    return "".join(reversed(parts))


def _after(lines: Sequence[Line], end: int, room: int) -> str:
    """Return the beginning of the text that continues in the line `end`."""
    parts: list[str] = []
    while room > 0 and end < len(lines) and lines[end][0][1] in _CONTINUES:
        parts.append(_text(lines[end])[:room])
        room -= len(parts[-1])
        end += 1
    return "".join(parts)


def _text(line: Line) -> str:
    return "".join(part for part, _ in line)[_indent(line) :]


def _indent(line: Line) -> int:
    return len(line[0][0]) if line[0][1] in _CONTINUES else 0


def _is_fold(line: Line) -> bool:
    return line[0][1] == "fold"
