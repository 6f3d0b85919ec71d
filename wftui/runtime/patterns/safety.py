"""Rejection of regular expressions whose matching can take too long.

Python's `re` tries all ways in which a pattern can match. Their number is bounded from the pattern alone: repeats that
can match the same characters multiply the work by the length of the text, choices by their number. The bound limits
the length of the text. Engines that need no bound (RE2, Rust's `regex`) differ from `re` in syntax, and in the meaning
of words, digits and the end of a text.
"""

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import field
from re import _constants as constants  # type: ignore[attr-defined]  # no public name for the parsed pattern
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from wftui.model.data_class import dataclass
from wftui.runtime.workflow_errors import BindingError

Match = re.Match[str]
PatternError = re.error

WORDS = re.compile(r"\w+")
WORD_STARTS = re.compile(r"([-\s({\[<]+)")

MAX_PATTERN = 1_000
MAX_TEXT = 1_000_000
"""Characters that any pattern is applied to."""
MAX_DEGREE = 3
"""Maximum exponent of the text's length in the work."""
MAX_WAYS = 4_096
"""Ways in which the choices and short repeats of a pattern may combine."""

_WORK = 200_000_000
"""Matching steps in the time limit of about a second."""
_STEPS_OF_A_WAY = 8
_MAX_ELEMENTS = 20_000
_SHORT = 16
"""Repeats that vary by no more than this count as choices."""

# ASCII characters are distinguished; all others fall into three classes.
_WORD, _SPACE, _SIGN = 128, 129, 130
_OTHERS = frozenset({_WORD, _SPACE, _SIGN})
_ALL = frozenset(range(131))

_CATEGORIES = {
    constants.CATEGORY_DIGIT: (r"\d", {_WORD}),
    constants.CATEGORY_NOT_DIGIT: (r"\D", {_WORD, _SPACE, _SIGN}),
    constants.CATEGORY_SPACE: (r"\s", {_SPACE}),
    constants.CATEGORY_NOT_SPACE: (r"\S", {_WORD, _SIGN}),
    constants.CATEGORY_WORD: (r"\w", {_WORD}),
    constants.CATEGORY_NOT_WORD: (r"\W", {_SPACE, _SIGN}),
}
_REPEATS = (constants.MAX_REPEAT, constants.MIN_REPEAT, constants.POSSESSIVE_REPEAT)


@functools.lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return the compiled pattern.

    Raises:
        BindingError: `binding.value` for an invalid pattern, `binding.limit` for one that could take too long.
    """
    problem = problem_of(pattern)
    if problem:
        raise BindingError("binding.limit" if problem.startswith("the pattern could") else "binding.value", problem)
    return re.compile(pattern)


@functools.lru_cache(maxsize=512)
def problem_of(pattern: str) -> str | None:
    """Return why a pattern cannot be used, as a sentence; None when it can."""
    if len(pattern) > MAX_PATTERN:
        return f"the pattern could take too long: it has more than {MAX_PATTERN} characters"
    try:
        re.compile(pattern)
        degree_of(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"the pattern {pattern!r} is not a valid regular expression: {error}"
    except _ExplosiveError as error:
        return f"the pattern could take too long: {error}"
    return None


def subject(text: str, pattern: str) -> str:
    """Return the text, if the pattern may be applied to one of its length.

    Raises:
        BindingError: `binding.limit` for one that is too long.
    """
    longest = longest_for(pattern)
    if len(text) > longest:
        raise BindingError(
            "binding.limit", f"the text has {len(text):,} characters; this pattern takes up to {longest:,}"
        )
    return text


@functools.lru_cache(maxsize=512)
def longest_for(pattern: str) -> int:
    """Return the length of the longest text that a pattern may be applied to."""
    work = _work_of(pattern)
    steps = _WORK / (work.ways * _STEPS_OF_A_WAY if work.ways > 1 else 1)
    return min(MAX_TEXT, int(steps ** (1 / work.degree)))


@functools.lru_cache(maxsize=512)
def degree_of(pattern: str) -> int:
    """Return the power of the text's length that bounds the work of searching."""
    return _work_of(pattern).degree


def work_of(pattern: str) -> tuple[int, int]:
    """Return the degree of a pattern, and in how many ways its choices combine."""
    work = _work_of(pattern)
    return work.degree, work.ways


def _work_of(pattern: str) -> "_Work":
    parsed = parser.parse(pattern)
    work = _Work(bool(parsed.state.flags & re.IGNORECASE))
    work.sequence(parsed)
    if work.degree > MAX_DEGREE:
        raise _ExplosiveError("too many of its repeats can match the same characters")
    return work


class _ExplosiveError(Exception):
    """The pattern can need more time than allowed."""


@dataclass(slots=True)
class _Work:
    """The bound of a parsed pattern, built from left to right.

    Attributes:
        open: the repeats that may still give characters back to what follows: their characters, and how many
            repeats in a row can take over from each other up to them.
        deepest: the longest such row.
        ways: in how many ways choices and short repeats can combine.
    """

    ignore_case: bool
    open: list[tuple[frozenset[int], int]] = field(default_factory=list)
    deepest: int = 0
    ways: int = 1
    elements: int = 0

    @property
    def degree(self) -> int:
        """Power of the text's length that bounds the work; one for the start of the match."""
        return self.deepest + 1

    def sequence(self, parsed: Any) -> None:
        """Add a part of the pattern."""
        for operation, argument in parsed:
            self.elements += 1
            if self.elements > _MAX_ELEMENTS:
                raise _ExplosiveError("it repeats too much")
            if operation in _REPEATS:
                self._repeat(*argument)
            elif operation is constants.SUBPATTERN:
                self.sequence(argument[-1])
            elif operation is constants.ATOMIC_GROUP:
                self.sequence(argument)
            elif operation is constants.BRANCH:
                self._branch(argument[1])
            elif operation is constants.AT:
                continue
            elif operation in _REFUSED:
                raise _ExplosiveError("group references and look-around are not supported")
            else:
                self._must(self._characters(operation, argument))

    def _must(self, characters: frozenset[int]) -> None:
        """End the repeats that cannot match a required character."""
        self.open = [each for each in self.open if each[0] & characters]

    def _repeat(self, low: int, high: int, body: Any) -> None:
        if low == high:
            for _ in range(low):
                self.sequence(body)
            return
        if not _is_simple(body):
            raise _ExplosiveError("it has a repeat or a choice inside a repeat")
        if low:
            self.sequence(body)
        characters = frozenset[int]().union(*self._all_characters(body))
        if high is constants.MAXREPEAT or high - low > _SHORT:
            before = [count for others, count in self.open if others & characters]
            row = 1 + max(before, default=0)
            self.deepest = max(self.deepest, row)
            self.open.append((characters, row))
        else:
            self._multiply(high - low + 1)

    def _branch(self, branches: Any) -> None:
        self._multiply(len(branches))
        before, after = self.open, list[tuple[frozenset[int], int]]()
        for branch in branches:
            self.open = list(before)
            self.sequence(branch)
            after += [each for each in self.open if each not in after]
        self.open = after

    def _multiply(self, ways: int) -> None:
        self.ways *= ways
        if self.ways > MAX_WAYS:
            raise _ExplosiveError("its choices combine in too many ways")

    # --- characters

    def _all_characters(self, body: Any) -> Iterator[frozenset[int]]:
        for operation, argument in body:
            if operation is constants.SUBPATTERN:
                yield from self._all_characters(argument[-1])
            elif operation in _REPEATS:
                yield from self._all_characters(argument[2])
            elif operation is not constants.AT:
                yield self._characters(operation, argument)

    def _characters(self, operation: Any, argument: Any) -> frozenset[int]:
        """Return the characters that one element of a pattern can match."""
        if operation is constants.LITERAL:
            return self._cased([argument])
        if operation is constants.NOT_LITERAL:
            return _ALL - self._cased([argument]) | _OTHERS
        if operation is constants.IN:
            return self._in(argument)
        return _ALL

    def _in(self, members: Any) -> frozenset[int]:
        found: set[int] = set()
        negated = False
        for operation, argument in members:
            if operation is constants.NEGATE:
                negated = True
            elif operation is constants.LITERAL:
                found |= self._cased([argument])
            elif operation is constants.RANGE:
                first, last = argument
                found |= self._cased(range(first, min(last, 127) + 1))
                if last > 127:
                    found |= _OTHERS
            elif operation is constants.CATEGORY:
                found |= _of_category(argument)
        return _ALL - found | _OTHERS if negated else frozenset(found)

    def _cased(self, codes: Iterable[int]) -> frozenset[int]:
        made = {code if code < 128 else _kind_of(chr(code)) for code in codes}
        if self.ignore_case:
            made |= {ord(chr(code).swapcase()) for code in made if code < 128}
            made |= _OTHERS  # a few signs beyond ASCII have letters in it as their other case
        return frozenset(made)


_REFUSED = (constants.GROUPREF, constants.GROUPREF_EXISTS, constants.ASSERT, constants.ASSERT_NOT)


def _kind_of(char: str) -> int:
    return _SPACE if char.isspace() else _WORD if char.isalnum() else _SIGN


@functools.cache
def _of_category(category: Any) -> frozenset[int]:
    escape, others = _CATEGORIES[category]
    return frozenset(code for code in range(128) if re.match(escape, chr(code))) | others


def _is_simple(body: Any) -> bool:
    """Return whether a repeated part matches in one way: no choice, fixed repeats."""
    for operation, argument in body:
        if operation is constants.BRANCH:
            return False
        if operation in _REPEATS and (argument[0] != argument[1] or not _is_simple(argument[2])):
            return False
        if operation is constants.SUBPATTERN and not _is_simple(argument[-1]):
            return False
        if operation in _REFUSED:
            raise _ExplosiveError("group references and look-around are not supported")
    return True
