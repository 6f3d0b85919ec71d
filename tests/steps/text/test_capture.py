"""Truncation of long output."""

from hypothesis import given
from hypothesis import strategies as st

from wftui.model.text.cuts import beginning, ending
from wftui.steps.text.capture import Capture


@given(st.lists(st.binary(max_size=50)), st.integers(2, 100))
def test_memory_is_bounded_and_small_output_is_whole(chunks: list[bytes], limit: int) -> None:
    capture = Capture(limit)
    for chunk in chunks:
        capture.write(chunk)
    whole = b"".join(chunks)
    assert capture.total == len(whole)
    assert capture.truncated == (len(whole) > limit)
    if capture.truncated:
        assert "bytes cut" in capture.text()
    else:
        assert capture.text() == whole.decode("utf-8", "replace")


@given(st.lists(st.sampled_from(["secret", "x", "word"]), min_size=1, max_size=30), st.integers(10, 60))
def test_words_are_never_cut_in_two(words: list[str], limit: int) -> None:
    text = " ".join(words)
    assert len(beginning(text, limit)) <= limit
    assert len(ending(text, limit)) <= limit
    assert set(beginning(text, limit).removesuffix("…").split()) <= set(words)
    assert set(ending(text, limit).removeprefix("…").split()) <= set(words)
    capture = Capture(limit)
    capture.write(text.encode())
    if not capture.truncated:
        return
    first, _, last = capture.text().split("\n", 2)
    for part in (first, last):
        assert set(part.split()) <= set(words) or " " not in part


def test_a_text_without_borders_is_cut_all_the_same() -> None:
    assert (beginning("x" * 100, 10), ending("x" * 100, 10)) == ("x" * 9 + "…", "…" + "x" * 9)


def test_last_line_is_the_error_message() -> None:
    capture = Capture(1000)
    capture.write(b"first\nsecond line \n\n")
    assert capture.last_line() == "second line"
    assert Capture(10).last_line() == ""
