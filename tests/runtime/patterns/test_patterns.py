"""Untrusted patterns: potentially endless ones are refused, common ones are not."""

import re
from contextlib import suppress

import pytest
from syrupy.assertion import SnapshotAssertion

from wftui.runtime.patterns import bounded_search
from wftui.runtime.patterns.bounded_search import BoundedSearch, SearchTooLongError
from wftui.runtime.patterns.safety import compiled, degree_of, longest_for, problem_of, subject, work_of
from wftui.runtime.workflow_errors import BindingError


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+$",
        r"(a*)*b",
        r"(a|a)*b",
        r"(a|ab)*c",
        r"([a-z]+\s?)*$",
        r"(.*a){20}",
        r"a*a*a*a*b",
        r".*.*.*.*x",
        "a?" * 30 + "a" * 30,
        "(ab|cd|a)" * 12,
        "a{0,16}" * 5,
        r"(a)\1",
        r"(?=a)b",
        r"(?<!a)b",
        "x" * 2000,
    ],
)
def test_explosive_pattern_is_refused(pattern: str) -> None:
    assert str(problem_of(pattern)).startswith("the pattern could take too long")
    with pytest.raises(BindingError) as caught:
        compiled(pattern)
    assert caught.value.type == "binding.limit"


@pytest.mark.parametrize("pattern", ["(", "a{2,1}", "[z-a]", "*", "\\"])
def test_invalid_pattern_is_reported(pattern: str) -> None:
    with pytest.raises(BindingError, match="is not a valid regular expression") as caught:
        compiled(pattern)
    assert caught.value.type == "binding.value"


@pytest.mark.parametrize(
    ("pattern", "degree"),
    [
        (r"abc", 1),
        (r"[0-9]{4}-[0-9]{2}-[0-9]{2}", 1),
        (r"v(\d+)\.(\d+)\.(\d+)", 2),
        (r"^\s*(\w+)\s*=\s*(.*)$", 3),
        (r"https?://([^/]+)/(.*)", 2),
        (r"(ERROR|WARN|INFO) +(.*)", 3),
        (r"<[^>]*>", 2),
        (r'"([^"]*)"', 2),
        (r"(?i)error: .*", 2),
        (r"a*b*", 2),
        (r".*x.*", 3),
        (r"(?:ab)*c", 2),
    ],
)
def test_an_everyday_pattern_is_taken(pattern: str, degree: int) -> None:
    assert problem_of(pattern) is None
    assert degree_of(pattern) == degree


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"a*b", "a"),
        (r"a*a*b", "a"),
        (r"\w+\s+\w+x", "a"),
        (r".*x.*y", "a"),
        (r"(?:ab)*c", "ab"),
        ("a?" * 10 + "a" * 10 + "b", "a"),
    ],
)
def test_worst_case_text_terminates(pattern: str, text: str) -> None:
    assert problem_of(pattern) is None
    longest = longest_for(pattern)
    worst = (text * longest)[:longest]
    assert re.search(pattern, subject(worst, pattern)) is None


def test_overlong_text_is_refused() -> None:
    with pytest.raises(BindingError, match=r"20,000 characters; this pattern takes up to 14,142") as caught:
        subject("a" * 20_000, r"a*b")
    assert caught.value.type == "binding.limit"


def test_limit_of_ways_is_exact() -> None:
    ways = "(?:ab|cd)"
    assert problem_of(ways * 12) is None, "4,096 ways"
    assert "combine in too many ways" in str(problem_of(ways * 13))


@pytest.mark.parametrize(
    ("pattern", "degree"),
    [
        ("\x80*\\w*", 2),
        ("\x7f*\x80*", 2),
        ("\x7f*[\x00-\x7f]*", 3),
        ("[a-\x7f]*é*", 2),
        ("[a-\x80]*\x85*", 3),
        ("[a-é]*é*", 3),
        ("[^a]*é*", 3),
        ("a{0,16}b", 1),
        ("a{0,17}b", 2),
        ("a*A*", 2),
        ("(?i)a*A*", 3),
        ("(?i)k*\u212a*", 3),
    ],
)
def test_repeats_of_common_characters_multiply_the_work(pattern: str, degree: int) -> None:
    assert problem_of(pattern) is None
    assert degree_of(pattern) == degree


def test_searches_share_one_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    found = False
    for seconds in (0.5, 20.0, 200.0):  # more where the process had not yet begun to search
        monkeypatch.setattr(bounded_search, "SECONDS", seconds)
        with BoundedSearch() as searches:
            with suppress(SearchTooLongError):
                found = searches.found("^(b+)+$", "bbb")
            for pattern, text in (("^(a+)+$", "a" * 40 + "!"), ("^(b+)+$", "bbb")):
                with pytest.raises(SearchTooLongError):
                    searches.found(pattern, text)
        if found:
            break
    assert found


WORK = [
    "", "abc", "a|b", "a*", "a+", "a?", "a{2}", "a{2,}", "a{1,3}", "a{0,16}", "a{0,17}", "a*b*", "a*a*", "a*ba*",
    "a*a*a*", ".*.*.*.*x", "[a-z]*[0-9]*", "[a-z]*[a-f]*", "[^a]*a*", r"\w*\d*", r"\w*\s*", r"\W*\w*", r"\D*\d*",
    r"\S*\s*", "(?i)a*A*", "(?i)[a-z]*[A-Z]*", "(?s).*", "(a|b)*", "(ab)*", "(ab){3}", "(a*)b", "(?:a|bc)d",
    "(a|b)(c|d)", "a?" * 5, "(ab|cd|a)" * 4, "^a$", r"\ba\b", "(?P<x>a)", "(?>a*)b", "a*?b", "a*+b", "x" * 2000,
    "x" * 100, r"(a)\1", "(?=a)b", "(?!a)b", "(?<=a)b", "(a+)+", "((a))*", "[ab][bc]*", "ä*Ä*", "(?i)ä*Ä*", "(",
    "a**", "[z-a]", "a{3,1}", "(?P<1>a)", "(?z)",
]  # fmt: skip


def test_work_of_patterns(snapshot: SnapshotAssertion) -> None:
    lines = []
    for pattern in WORK:
        problem = problem_of(pattern)
        told = problem if problem is not None else f"{work_of(pattern)}, up to {longest_for(pattern):,}"
        lines.append(f"{pattern[:40]}: {told[:200]}")
    assert "\n".join(lines) == snapshot
