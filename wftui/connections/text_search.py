"""Search for many texts at once, by `ahocorasick_rs` or in plain Python."""

from collections.abc import Sequence
from typing import Protocol

Match = tuple[int, int, int]
"""Number of the text that was found, where it begins, where it ends."""


class TextSearch(Protocol):
    """Finds the texts it was made with."""

    def find_matches_as_indexes(self, haystack: str, overlapping: bool) -> list[Match]:
        """Return all matches by their ends; overlapping ones on request."""


class PlainSearch:
    """The same in plain Python; its time grows with the number of texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts

    def find_matches_as_indexes(self, haystack: str, overlapping: bool) -> list[Match]:
        """Return all matches by their ends.

        Args:
            overlapping: must be true.
        """
        assert overlapping
        found: list[Match] = []
        for number, text in enumerate(self._texts):
            start = haystack.find(text)
            while start >= 0:
                found.append((number, start, start + len(text)))
                start = haystack.find(text, start + 1)
        found.sort(key=lambda match: match[2])
        return found


def search_for(texts: Sequence[str]) -> TextSearch:
    """Return the fastest search for texts that is installed."""
    try:
        from ahocorasick_rs import AhoCorasick
    except ImportError:
        return PlainSearch(texts)
    return AhoCorasick(texts)
