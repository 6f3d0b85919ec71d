"""Searches of long texts: what a search of the whole text finds, without its time."""

import re
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wftui.runtime.patterns import searching
from wftui.runtime.patterns.safety import problem_of
from wftui.runtime.patterns.searching import all_matches, first_match, piece_of

PATTERNS = ("ab", "a.b", "^a", "b$", "a+b", r"\ba", "a[^b]*c", "(a|bc)d?", "^$", "c{2,40}$", r"\d+x", "a|b|c")


@given(pattern=st.sampled_from(PATTERNS), text=st.text("abcd \n1x", max_size=60), work=st.integers(60, 5_000))
def test_it_finds_what_a_search_of_the_whole_text_finds(pattern: str, text: str, work: int) -> None:
    compiled = re.compile(pattern, re.MULTILINE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(searching, "_WORK", work)
        piece_of.cache_clear()
        piece = piece_of(compiled)
        found = first_match(compiled, text)
        spans = [match.span() for match in all_matches(compiled, text)]
        piece_of.cache_clear()
    whole = list(compiled.finditer(text))
    if found is not None:
        assert compiled.match(text, found.start()) is not None
    if any(match.end() - match.start() <= piece // 2 - 1 for match in whole):
        assert found is not None
    assert found is None or whole
    assert spans == sorted(spans)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans)), "matches do not overlap"
    if piece >= len(text):
        assert spans == [match.span() for match in whole]


@pytest.mark.parametrize("pattern", ["[^x]*[^y]*z", r"\d+x", ".*b", "a{1,1000}b"])
def test_a_slow_pattern_takes_no_more_time_for_a_long_line_than_for_its_pieces(pattern: str) -> None:
    assert problem_of(pattern) is None
    compiled = re.compile(pattern)
    assert piece_of(compiled) < 10_000
    begin = time.process_time()
    assert first_match(compiled, "1a" * 3_000) is None
    assert time.process_time() - begin < 30


def test_a_plain_text_is_searched_in_one_piece() -> None:
    for plain in ("needle", re.escape("a.b*c"), "a.c", "[ab]c"):
        assert first_match(re.compile(plain), "x" * 5_000_000) is None
        assert piece_of(re.compile(plain)) > 5_000_000
