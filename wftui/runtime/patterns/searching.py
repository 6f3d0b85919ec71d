"""Search of texts of any length by patterns that are safe only for short ones.

A search holds the interpreter, so long texts are searched in pieces that take some hundredths of a second each.
"""

import functools
import re
import sys

from wftui.runtime.patterns.safety import work_of

_WORK = 2_000_000
"""Matching steps in one piece: about 20 ms."""


def first_match(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """Return a match of a pattern that `problem_of` lets pass, or None.

    In a text longer than a piece, it finds matches of up to half a piece.
    """
    piece = piece_of(pattern)
    if len(text) <= piece:
        return pattern.search(text)
    for start in range(0, len(text), max(1, piece // 2)):
        end = min(len(text), start + piece)
        found = pattern.search(text, start, end)
        if found is not None and (found.end() < end or end == len(text)):
            return found  # else `$` may have matched the end of the piece; the next piece has it in its middle
        if end == len(text):
            break
    return None


@functools.lru_cache(maxsize=64)
def piece_of(pattern: re.Pattern[str]) -> int:
    """Return the length of the texts that a pattern is applied to at once."""
    ignore_case = "(?i)" if pattern.flags & re.IGNORECASE else ""
    degree, ways = work_of(f"{ignore_case}{pattern.pattern}")
    return sys.maxsize if (degree, ways) == (1, 1) else int((_WORK / ways) ** (1 / degree))
