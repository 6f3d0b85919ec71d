"""Frames without what the terminal shows already: the same picture by fewer bytes."""

import pyte
from hypothesis import given
from hypothesis import strategies as st

from wftui.tui.terminal.shown_pieces import ShownPieces


def move(row: int, column: int, text: str) -> str:
    return f"\x1b[{row};{column}H{text}"


def test_same_piece_is_written_once() -> None:
    shown = ShownPieces()
    first = move(2, 1, "\x1b[1mab\x1b[0m") + "\r\n" + move(3, 1, "cd")
    assert shown.without_shown(first) == first.replace("\r\n", "")
    assert shown.without_shown(first) == ""
    assert shown.without_shown(first.replace("cd", "cx")) == move(3, 1, "cx")
    shown.forget()
    assert shown.without_shown(first) == first.replace("\r\n", "")


def test_piece_below_another_is_written_again() -> None:
    shown = ShownPieces()
    shown.without_shown(move(1, 1, "abcd"))
    shown.without_shown(move(1, 3, "X"))
    assert shown.without_shown(move(1, 1, "abcd")) == move(1, 1, "abcd")
    assert shown.without_shown(move(1, 3, "X")) == move(1, 3, "X")


def styled(*runs: tuple[int, str]) -> str:
    return "".join(f"\x1b[{color}m{text}\x1b[0m" for color, text in runs)


def test_only_the_changed_run_of_a_line_is_written() -> None:
    shown = ShownPieces()
    shown.without_shown(move(4, 1, styled((31, "12 "), (32, "abc"), (33, "   "))))
    changed = shown.without_shown(move(4, 1, styled((31, "12 "), (32, "xyz"), (33, "   "))))
    assert changed == move(4, 4, styled((32, "xyz")))
    longer = move(4, 1, styled((31, "12 "), (32, "xyz!"), (33, "   ")))
    assert shown.without_shown(longer) == longer


def cells(screen: pyte.Screen) -> list[list[object]]:
    return [[screen.buffer[row][column] for column in range(screen.columns)] for row in range(screen.lines)]


RUNS = st.lists(st.tuples(st.sampled_from([31, 32]), st.sampled_from(["a", "bb", " ", "日"])), max_size=4)
PIECE = st.tuples(
    st.integers(1, 3), st.integers(1, 6), st.one_of(st.just("    "), RUNS.map(lambda runs: styled(*runs)))
)


@given(st.lists(st.lists(PIECE, max_size=5), max_size=12))
def test_picture_is_that_of_all_pieces(frames: list[list[tuple[int, int, str]]]) -> None:
    shown, all_of_it, less = ShownPieces(), pyte.Screen(16, 3), pyte.Screen(16, 3)
    for frame in frames:
        sequence = "".join(move(*piece) for piece in frame)
        pyte.Stream(all_of_it).feed(sequence)
        pyte.Stream(less).feed(shown.without_shown(sequence))
        assert cells(all_of_it) == cells(less)
