"""The tail of a long log: which lines are kept, and which are returned."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wftui.engine.run.steps.log_tail import Entry, LogTail


def lines_of(entries: list[Entry]) -> list[str]:
    return [line for _, _, text in entries for line in text.split("\n")]


@pytest.mark.parametrize(
    ("message", "left_out", "kept"),
    [
        ([], 0, []),
        (["a", "b"], 0, ["a", "b"]),
        (["a", "b", "c"], 0, ["a", "b", "c"]),
        (["a", "b", "c", "d"], 1, ["b", "c", "d"]),
        (["a\nb\nc\nd\ne"], 2, ["c", "d", "e"]),
        (["a\nb", "c\nd\ne\nf\ng"], 4, ["e", "f", "g"]),
        (["1234567890"], 0, ["1234567890"]),
        (["12345", "67890"], 0, ["12345", "67890"]),
        (["12345", "678901"], 1, ["678901"]),
        (["1", "x" * 1000], 1, ["x" * 1000]),
        (["x" * 1000, "1"], 1, ["1"]),
    ],
)
def test_last_lines_within_both_bounds_are_kept(message: list[str], left_out: int, kept: list[str]) -> None:
    tail = LogTail(lines=3, characters=10)
    dropped = [entry for text in message for entry in tail.add("info", "log", text)]
    assert bool(tail) is bool(kept)
    assert lines_of(tail.take()) == kept
    assert lines_of(dropped) == "\n".join(message).split("\n")[:left_out]


@given(
    st.lists(st.lists(st.text("ab", max_size=6), min_size=1, max_size=6), max_size=8),
    st.integers(1, 5),
    st.integers(1, 12),
)
def test_every_line_is_kept_or_returned(calls: list[list[str]], lines: int, characters: int) -> None:
    tail = LogTail(lines, characters)
    dropped = [entry for call in calls for entry in tail.add("info", "log", "\n".join(call))]
    message = [line for call in calls for line in call]
    kept = lines_of(tail.take())
    assert lines_of(dropped) + kept == message
    assert len(kept) <= lines
    assert len(kept) < 2 or sum(map(len, kept)) <= characters


def test_taking_empties_the_tail() -> None:
    tail = LogTail(lines=2, characters=10)
    tail.add("info", "stdout", "one\ntwo\nthree")
    tail.add("error", "stderr", "four")
    assert tail.take() == [("info", "stdout", "three"), ("error", "stderr", "four")]
    assert not tail
    assert tail.take() == []
    tail.add("info", "log", "1234567890")
    assert tail.take() == [("info", "log", "1234567890")]
