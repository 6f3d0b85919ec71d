"""Numbers of things that users give: how many runs, days, jobs.

The pattern is compiled when it is first used: every start loads it.
"""

import re

LARGEST_COUNT = 10**9 - 1
"""SQLite takes no number beyond 64 bits, nor Python one of more than 4,300 digits."""

_COUNT = r"0*([1-9][0-9]{0,8})"


def is_count(value: object) -> bool:
    """Return whether a value is a whole number from 1 to the largest count."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LARGEST_COUNT


def count_in(text: str) -> int | None:
    """Return the count that a text is; None if it is none."""
    found = re.fullmatch(_COUNT, text.strip())
    return int(found[1]) if found else None
