"""Search for a growing set of texts: whole, broken up, or cut at an ellipsis.

The patterns of `text_views` take 3 ms to compile: it is imported with the first text to search for.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from wftui.connections.secret_forms import MINIMUM_LENGTH
from wftui.connections.text_search import TextSearch, search_for
from wftui.model.text.cuts import ELLIPSIS

if TYPE_CHECKING:
    from wftui.connections.text_views import Span

_STRETCH = 256 * 1024
WIDENED = 4
"""Maximum length of a secret in broken lines, as a multiple of its own, where a text is searched in part."""


class Matcher:
    """A thread-safe set of texts to search for, each of `MINIMUM_LENGTH` or more.

    New texts get an index of their own, merged with the previous one once both have the same size, so that adding
    texts one by one stays cheap.
    """

    def __init__(self) -> None:
        self._texts: set[str] = set()
        self._pending: list[str] = []
        self._indexes: list[_Index] = []
        self._changing = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._texts)

    @property
    def longest(self) -> int:
        """Length of the longest text; 0 if there are none."""
        return max((index.longest for index in self._current()), default=0)

    def add(self, texts: Iterable[str]) -> None:
        """Add texts to search for."""
        from wftui.connections.text_views import joined

        with self._changing:
            new = {text for text in map(joined, texts) if len(text) >= MINIMUM_LENGTH} - self._texts
            self._texts |= new
            self._pending += new

    def spans(self, text: str) -> list[Span]:
        """Return where texts of the set occur, whole or truncated: sorted and disjoint."""
        indexes = self._current()
        if not indexes:
            return []
        found = _spans(indexes, text) if len(text) <= _STRETCH else list(self._in_stretches(indexes, text))
        return merged(found) if len(found) > 1 else found

    def _in_stretches(self, indexes: list[_Index], text: str) -> Iterator[Span]:
        """Search a long text in stretches, because a search holds the interpreter lock.

        Stretches overlap, so that a match across a border is found together with an ellipsis beside it.
        """
        around = WIDENED * max(index.longest for index in indexes)
        for start in range(0, len(text), _STRETCH):
            begin = max(0, start - around)
            for first, last in _spans(indexes, text[begin : start + _STRETCH + around]):
                yield begin + first, begin + last

    def _current(self) -> list[_Index]:
        with self._changing:
            if self._pending:
                texts, self._pending = self._pending, []
                indexes = list(self._indexes)
                while indexes and len(indexes[-1].texts) <= len(texts):
                    texts += indexes.pop().texts
                self._indexes = [*indexes, _Index(texts)]
            return self._indexes


class _Index:
    """Index of texts by their ends.

    A search looks for all ends at once, and compares only where there is one: an automaton of short ends is small and
    several times as fast as one of whole texts.
    """

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts
        self.longest = max(map(len, texts))
        by_tail: dict[str, list[str]] = {}
        for text in sorted(texts, key=len, reverse=True):
            by_tail.setdefault(text[-MINIMUM_LENGTH:], []).append(text)
        self._with_tail = list(by_tail.values())
        self._tails = search_for(list(by_tail))

    @cached_property
    def _heads(self) -> TextSearch:
        return search_for(sorted({text[:MINIMUM_LENGTH] for text in self.texts}))

    @cached_property
    def _forwards(self) -> list[str]:
        return sorted(self.texts)

    @cached_property
    def _backwards(self) -> list[str]:
        return sorted(text[::-1] for text in self.texts)

    def spans(self, text: str) -> list[Span]:
        found: list[Span] = []
        for number, _, end in self._tails.find(text):
            for known in self._with_tail[number]:  # the longest first, which covers all others
                if text.endswith(known, 0, end):
                    found.append((end - len(known), end))
                    break
        if ELLIPSIS in text:
            found += self._cut_off(text)
        return found

    def _cut_off(self, text: str) -> Iterator[Span]:
        """Find texts whose end or beginning is replaced by an ellipsis."""
        before = 0
        place = text.find(ELLIPSIS)
        while place >= 0:
            after = text.find(ELLIPSIS, place + 1)
            begin = max(before, place - self.longest)
            stretch = text[begin:place].rstrip()
            for _, start, _ in self._heads.find(stretch):
                if _begins_one(self._forwards, stretch[start:]):
                    yield begin + start, begin + len(stretch)
                    break
            stretch = text[place + 1 : min(len(text) if after < 0 else after, place + 1 + self.longest)]
            begin = place + 1 + len(stretch) - len(stretch.lstrip())
            stretch = stretch.lstrip()
            ends = [end for _, _, end in self._tails.find(stretch)]
            for end in reversed(ends):
                if _begins_one(self._backwards, stretch[:end][::-1]):
                    yield begin, begin + end
                    break
            before, place = place + 1, after


def _spans(indexes: list[_Index], text: str) -> list[Span]:
    from wftui.connections.text_views import views

    return [view.in_source(span) for view in views(text) for index in indexes for span in index.spans(view.text)]


def _begins_one(ordered: list[str], beginning: str) -> bool:
    place = bisect_left(ordered, beginning)
    return place < len(ordered) and ordered[place].startswith(beginning)


def merged(spans: list[Span]) -> list[Span]:
    """Return spans in order, overlapping ones as one.

    Secrets that share characters are masked entirely.
    """
    spans.sort()
    merged = [spans[0]]
    for start, end in spans[1:]:
        if start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
