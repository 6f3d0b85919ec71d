"""Overflow of a log: segments, when they are due, and what is lost."""

from datetime import timedelta

import pytest

from wftui.engine.run.steps import log_overflow
from wftui.engine.run.steps.log_overflow import LogOverflow, parts
from wftui.engine.run.steps.log_tail import LogTail
from wftui.model.clock import utc_now

NOW = utc_now()


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_overflow, "SEGMENT", 10)
    monkeypatch.setattr(log_overflow, "_SEGMENT_LINES", 4)
    monkeypatch.setattr(log_overflow, "_MOST_WAITING", 30)


def overflow(tail: int = 1, *, keeps: bool = True) -> LogOverflow:
    return LogOverflow(LogTail(tail, 1000), keeps=keeps)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [""]),
        ("aaaaa", ["aaaaa"]),
        ("aaaa\nbb", ["aaaa", "bb"]),
        ("aa\nbb\ncc", ["aa", "bb\ncc"]),
        ("aaaaaaaa\nbb", ["aaaaaaaa", "bb"]),
        ("aaaaaaaa", ["aaaaaaaa"]),
        ("aaaaa\n", ["aaaaa", ""]),
        ("\n\n\n\n\n\n", ["\n\n\n\n", "\n"]),
    ],
)
def test_parts_end_between_lines(text: str, found: list[str]) -> None:
    assert list(parts(text, 5)) == found
    assert "\n".join(found) == text


def test_lines_that_leave_the_end_wait_to_be_stored() -> None:
    assert not overflow().is_waiting
    log = overflow()
    log.add(NOW, "info", "stdout", "a")
    assert log.is_waiting
    assert (log.size, log.take()) == (0, [])
    log.add(NOW, "info", "stdout", "b")
    log.add(NOW, "warn", "stderr", "c")
    assert log.size == 2
    assert not log.due(NOW)
    assert [(each.level, each.stream, each.text) for each in log.take()] == [
        ("info", "stdout", "a"),
        ("info", "stdout", "b"),
    ]
    assert log.size == 0
    assert ([entry[2] for entry in log.tail.take()], log.is_waiting) == (["c"], False)


def test_lines_of_one_kind_are_stored_together() -> None:
    log = overflow()
    log.add(NOW, "info", "stdout", "a\nb\nc")
    log.add(NOW, "info", "stderr", "d\ne")
    assert [(each.stream, each.text) for each in log.take()] == [("stdout", "a\nb"), ("stdout", "c"), ("stderr", "d")]


@pytest.mark.parametrize(("text", "due"), [("aaaa\nbbbb\nx", False), ("aaaa\nbbbbb\nx", True)])
def test_a_segment_is_due_by_its_size(text: str, due: bool) -> None:
    log = overflow()
    log.add(NOW, "info", "stdout", text)
    assert log.due(NOW) == due


@pytest.mark.parametrize(("text", "due"), [("a\nb\nc\nx", False), ("a\nb\nc\nd\nx", True)])
def test_a_segment_is_due_by_its_lines(text: str, due: bool) -> None:
    log = overflow()
    log.add(NOW, "info", "stdout", text)
    assert log.due(NOW) == due
    assert [each.text for each in log.take()] == [text[:-2]]
    assert not log.due(NOW)


def test_the_rest_of_a_segment_is_the_next_one() -> None:
    log = overflow()
    for text in ("aaaa", "bbbb", "cccc", "dddd", "x"):
        log.add(NOW, "info", "stdout", text)
    assert [each.text for each in log.take()] == ["aaaa", "bbbb", "cccc"]
    assert log.size == 4
    assert [each.text for each in log.take()] == ["dddd"]
    assert log.size == 0
    for text in "abcdefx":
        log.add(NOW, "info", "stdout", text)
    assert log.due(NOW)
    assert [each.text for each in log.take()] == ["x", "a", "b", "c"]
    assert [each.text for each in log.take()] == ["d", "e", "f"]


def test_a_small_segment_is_due_after_a_time_that_grows() -> None:
    log = overflow()
    at = NOW
    for seconds in (1.0, 1.25, 1.5):
        log.add(at, "info", "stdout", "a")
        assert not log.due(at + timedelta(seconds=seconds - 0.01))
        assert log.due(at + timedelta(seconds=seconds))
        assert [each.text for each in log.take()] == ["a"]
        assert not log.due(at + timedelta(hours=1))
        at += timedelta(hours=2)
    for _ in range(200):
        log.take()
    log.add(at, "info", "stdout", "a")
    assert not log.due(at + timedelta(seconds=29.9))
    assert log.due(at + timedelta(seconds=30))


def test_what_waits_has_a_limit() -> None:
    log = overflow()
    for _ in range(4):
        log.add(NOW, "info", "stdout", "a" * 8)
    log.add(NOW, "info", "stdout", "aaaaaa")
    assert (log.size, log.omitted, log.lost) == (24, 1, 0)
    log.add(NOW, "info", "stdout", "x")
    assert (log.size, log.omitted, log.lost) == (30, 1, 0)
    log.add(NOW, "info", "stdout", "y\nz")
    assert (log.size, log.omitted, log.lost) == (30, 3, 0)
    assert log.why_omitted == "the step logs too much"


def test_lines_that_cannot_be_stored_are_counted() -> None:
    log = overflow()
    log.add(NOW, "info", "stdout", "a\nb\nc")
    log.lose(log.take(), "the disk is full")
    assert (log.keeps, log.omitted, log.lost) == (False, 2, 2)
    assert log.why_omitted == "they could not be stored: the disk is full"
    log.add(NOW, "info", "stdout", "d")
    assert (log.omitted, log.lost) == (3, 3)
    assert not log.is_waiting


def test_lines_of_a_run_in_memory_are_only_counted() -> None:
    log = overflow(keeps=False)
    log.add(NOW, "info", "stdout", "a\nb\nc")
    assert (log.omitted, log.lost, log.is_waiting) == (2, 0, False)
    log.lose([], "the disk is full")
    log.add(NOW, "info", "stdout", "d")
    assert log.why_omitted == "the step logs too much, and 1 could not be stored: the disk is full"
