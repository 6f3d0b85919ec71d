"""Search for many texts at once, by `ahocorasick_rs` or in plain Python."""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ahocorasick_rs import AhoCorasick, BytesAhoCorasick

Match = tuple[int, int, int]
"""Number of the text that was found, where it begins, where it ends."""

_SURROGATES = re.compile("[\ud800-\udfff]")
"""Halves of characters, as JSON escapes and file names can hold them: no encoding has them."""


class TextSearch(Protocol):
    """Finds the texts it was made with."""

    def find(self, haystack: str) -> list[Match]:
        """Return all matches by their ends, overlapping ones too."""


class PlainSearch:
    """The same in plain Python; its time grows with the number of texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts

    def find(self, haystack: str) -> list[Match]:
        """Return all matches by their ends, overlapping ones too."""
        found: list[Match] = []
        for number, text in enumerate(self._texts):
            start = haystack.find(text)
            while start >= 0:
                found.append((number, start, start + len(text)))
                start = haystack.find(text, start + 1)
        found.sort(key=lambda match: match[2])
        return found


class AutomatonSearch:
    """A search by automata, made when first needed.

    One of bytes is for ASCII, and half as fast again as that of characters.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = [_without_surrogates(text) for text in texts]

    def find(self, haystack: str) -> list[Match]:
        """Return all matches by their ends, overlapping ones too."""
        if haystack.isascii():
            return self._bytes.find_matches_as_indexes(haystack.encode("ascii"), overlapping=True)
        return self._characters.find_matches_as_indexes(_without_surrogates(haystack), overlapping=True)

    @cached_property
    def _bytes(self) -> "BytesAhoCorasick":
        from ahocorasick_rs import BytesAhoCorasick, Implementation

        return BytesAhoCorasick([text.encode() for text in self._texts], implementation=Implementation.DFA)

    @cached_property
    def _characters(self) -> "AhoCorasick":
        from ahocorasick_rs import AhoCorasick, Implementation

        return AhoCorasick(self._texts, implementation=Implementation.DFA)


def search_for(texts: Sequence[str]) -> TextSearch:
    """Return the fastest search for texts that is installed."""
    try:
        import ahocorasick_rs  # noqa: F401  (whether it is installed)
    except ImportError:
        return PlainSearch(texts)
    return AutomatonSearch(texts)


def _without_surrogates(text: str) -> str:
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)
