"""Regular expressions that cannot run for ever: patterns whose matching can explode are refused."""

import functools
import re
from re import _constants as constants  # type: ignore[attr-defined]  # no public name for the parsed pattern
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from wftui.runtime.errors import BindingError
from wftui.runtime.limits import MAX_MATCHED_TEXT

Match = re.Match[str]
PatternError = re.error

WORDS = re.compile(r"\w+")
WORD_STARTS = re.compile(r"([-\s({\[<]+)")

MAX_PATTERN = 1_000
MAX_REPEATS = 3
"""Open-ended repeats in one pattern. Each can multiply the work by the length of the text."""

_REPEATS = (constants.MAX_REPEAT, constants.MIN_REPEAT, constants.POSSESSIVE_REPEAT)


@functools.lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    """The compiled pattern.

    Raises:
        BindingError: `binding.value` for a pattern that is wrong, `binding.limit` for one that could run for ever.
    """
    problem = problem_of(pattern)
    if problem:
        raise BindingError("binding.limit" if problem.startswith("the pattern could") else "binding.value", problem)
    return re.compile(pattern)


def problem_of(pattern: str) -> str | None:
    """What is wrong with a pattern, as a sentence; None when it may be used."""
    if len(pattern) > MAX_PATTERN:
        return f"the pattern could take too long: it has more than {MAX_PATTERN} characters"
    try:
        parsed = parser.parse(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"the pattern {pattern!r} is no regular expression: {error}"
    try:
        if _open_repeats(parsed) > MAX_REPEATS:
            return f"the pattern could take too long: it has more than {MAX_REPEATS} open-ended repeats"
    except _ExplosiveError as error:
        return f"the pattern could take too long: {error}"
    return None


def subject(text: str) -> str:
    """A text that a pattern may be applied to.

    Raises:
        BindingError: `binding.limit` for one that is too long.
    """
    if len(text) > MAX_MATCHED_TEXT:
        raise BindingError(
            "binding.limit",
            f"the text has {len(text):,} characters; regular expressions take up to {MAX_MATCHED_TEXT:,}",
        )
    return text


class _ExplosiveError(Exception):
    """A pattern that can need exponential time."""


def _open_repeats(parsed: Any) -> int:
    """Count the open-ended repeats of a parsed pattern, in the worst branch."""
    count = 0
    for operation, argument in parsed:
        if operation in _REPEATS:
            _low, high, body = argument
            variable = argument[0] != high
            if variable and not _is_simple(body):
                raise _ExplosiveError("a repeat inside a repeat, or a choice inside one")
            if high is constants.MAXREPEAT or high > 100:
                count += 1
            count += _open_repeats(body)
        elif operation is constants.SUBPATTERN:
            count += _open_repeats(argument[-1])
        elif operation is constants.BRANCH:
            count += max(_open_repeats(branch) for branch in argument[1])
        elif operation in (constants.GROUPREF, constants.GROUPREF_EXISTS, constants.ASSERT, constants.ASSERT_NOT):
            raise _ExplosiveError("references to groups and looking around are not offered")
        elif operation is constants.ATOMIC_GROUP:
            count += _open_repeats(argument)
    return count


def _is_simple(body: Any) -> bool:
    """Whether a repeated part can match in one way only: no choice and no repeat of changing length in it."""
    for operation, argument in body:
        if operation is constants.BRANCH:
            return False
        if operation in _REPEATS and (argument[0] != argument[1] or not _is_simple(argument[2])):
            return False
        if operation is constants.SUBPATTERN and not _is_simple(argument[-1]):
            return False
    return True
