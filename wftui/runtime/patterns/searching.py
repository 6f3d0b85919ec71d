"""Search of texts of any length by patterns that are safe only for short ones.

A search holds the interpreter, so long texts are searched in pieces that take some hundredths of a second each.
"""

import functools
import re
import sys
from collections.abc import Iterator

from wftui.runtime.patterns.safety import work_of

_WORK = 2_000_000
"""Matching steps in one piece: about 20 ms."""


def first_match(pattern: re.Pattern[str], text: str, start: int = 0) -> re.Match[str] | None:
    """Return the first match of `all_matches`, or None."""
    if len(text) <= piece_of(pattern):
        return pattern.search(text, start)
    return next(all_matches(pattern, text, start), None)


def all_matches(pattern: re.Pattern[str], text: str, start: int = 0) -> Iterator[re.Match[str]]:
    """Yield the matches of a pattern that `problem_of` lets pass.

    In a text longer than a piece, it finds matches of up to half a piece.
    """
    piece = piece_of(pattern)
    while True:
        end = min(len(text), start + piece)
        is_last = end == len(text)
        border = start + max(1, piece // 2)
        for found in pattern.finditer(text, start, end):
            # `$` may have matched the end of the piece; the next piece has what begins or ends there in its middle.
            if not is_last and (found.start() >= border or found.end() == end):
                break
            yield found
            border = max(border, found.end())
        if is_last:
            return
        start = border


@functools.lru_cache(maxsize=64)
def piece_of(pattern: re.Pattern[str]) -> int:
    """Return the length of the texts that a pattern is applied to at once."""
    ignore_case = "(?i)" if pattern.flags & re.IGNORECASE else ""
    degree, ways = work_of(f"{ignore_case}{pattern.pattern}")
    return sys.maxsize if (degree, ways) == (1, 1) else int((_WORK / ways) ** (1 / degree))
