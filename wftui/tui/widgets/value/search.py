"""Finding text in the lines of a value, also where it is cut by a fold."""

import re
from collections.abc import Iterator, Sequence

from wftui.tui.widgets.value.lines import Line

Stretch = tuple[int, int]
"""Beginning and end of a piece of a line, in characters."""


def folded_together(lines: Sequence[Line], index: int) -> range:
    """The lines that are one line folded, with line `index` among them."""
    first = index
    while first and _is_fold(lines[first]):
        first -= 1
    end = index + 1
    while end < len(lines) and _is_fold(lines[end]):
        end += 1
    return range(first, end)


def stretches(lines: Sequence[Line], together: range, wanted: re.Pattern[str]) -> Iterator[tuple[int, Stretch, bool]]:
    """Where a text stands in one folded line: a line, the stretch in it, and whether the text begins there."""
    indents = [len(lines[index][0][0]) if _is_fold(lines[index]) else 0 for index in together]
    texts = [
        "".join(part for part, _ in lines[index])[indent:] for index, indent in zip(together, indents, strict=True)
    ]
    for found in wanted.finditer("".join(texts)):
        start, end, before = found.start(), found.end(), 0
        for index, text, indent in zip(together, texts, indents, strict=True):
            begin, stop = max(start - before, 0), min(end - before, len(text))
            if begin < stop:
                yield index, (begin + indent, stop + indent), start >= before
            before += len(text)


def lines_with(lines: Sequence[Line], start: int, end: int, wanted: re.Pattern[str]) -> Iterator[int]:
    """The lines of `start` to `end`, each once, in which the text begins; both are where a folded line begins."""
    index, last = start, -1
    while index < end:
        together = folded_together(lines, index)
        for place, _, begins in stretches(lines, together, wanted):
            if begins and place != last:
                last = place
                yield place
        index = together.stop


def _is_fold(line: Line) -> bool:
    return line[0][1] == "fold"
