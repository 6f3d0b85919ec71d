"""Frames without what the terminal shows already: the same picture by fewer bytes."""

from collections.abc import Callable
from pathlib import Path

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyte.screens import Char
from rich.console import RenderableType
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.screen import Screen

from wftui.tui.app import WftuiApp
from wftui.tui.terminal.shown_cells import ShownCells
from wftui.workbench import Workbench


def move(row: int, column: int, text: str) -> str:
    return f"\x1b[{row};{column}H{text}"


def styled(*runs: tuple[str, str]) -> str:
    return "".join(f"\x1b[{codes}m{text}\x1b[0m" if codes else text for codes, text in runs)


def test_what_is_shown_is_not_written_again() -> None:
    shown = ShownCells()
    first = move(2, 1, "\x1b[1mab\x1b[0m") + "\r\n" + move(3, 1, "cd")
    assert shown.without_shown(first) == move(2, 1, "\x1b[1mab") + move(3, 1, "\x1b[mcd")
    assert shown.without_shown(first) == ""
    assert shown.without_shown(first.replace("cd", "cx")) == move(3, 2, "x")
    shown.forget()
    assert shown.without_shown(move(3, 1, "cx")) == move(3, 1, "cx")


def test_cell_below_another_is_written_again() -> None:
    shown = ShownCells()
    shown.without_shown(move(1, 1, "abcd"))
    shown.without_shown(move(1, 3, "X"))
    assert shown.without_shown(move(1, 1, "abcd")) == move(1, 3, "c")
    assert shown.without_shown(move(1, 3, "X")) == move(1, 3, "X")


def test_only_the_cells_that_change_are_written() -> None:
    shown = ShownCells()
    line = [("31", "12 "), ("32", "abcdefghijkl"), ("33", "   ")]
    shown.without_shown(move(4, 1, styled(*line)))
    line[1] = ("32", "abXdefghijYl")
    assert shown.without_shown(move(4, 1, styled(*line))) == move(4, 6, "\x1b[32mX") + "\x1b[14GY\x1b[m"
    line[1] = ("1;32", "abXdefghijYl")
    assert shown.without_shown(move(4, 1, styled(*line))) == move(4, 4, "\x1b[1;32mabXdefghijYl\x1b[m")


def test_blanks_take_any_color() -> None:
    line = move(1, 1, styled(("31;44", "a"), ("1;32;44", " "), ("31;44", "b"), ("4;31;44", " "), ("44", " ")))
    assert ShownCells().without_shown(line) == move(1, 1, "\x1b[31;44ma b\x1b[4m \x1b[24m \x1b[m")
    shown = ShownCells()
    shown.without_shown(move(1, 1, styled(("31;44", "a b"))))
    assert shown.without_shown(move(1, 1, styled(("31;44", "a"), ("1;32;44", " "), ("31;44", "b")))) == ""


def test_a_change_of_style_says_what_changes() -> None:
    line = move(1, 1, styled(("1;38;2;1;2;3;48;5;4", "a"), ("1;38;2;1;2;3;48;5;5", "b"), ("48;5;5", "c"), ("", "d")))
    written = move(1, 1, "\x1b[1;38;2;1;2;3;48;5;4ma\x1b[48;5;5mb\x1b[22;39mc\x1b[md")
    assert ShownCells().without_shown(line) == written


def test_long_blanks_are_erased_where_that_keeps_their_background() -> None:
    line = move(1, 1, styled(("31;44", "ab" + " " * 12 + "c" + " " * 9), ("4;44", " " * 9)))
    written = move(1, 1, "\x1b[31;44mab\x1b[12X\x1b[15Gc\x1b[9X\x1b[25G\x1b[4;39m" + " " * 9 + "\x1b[m")
    assert ShownCells().without_shown(line) == written
    assert "X" not in ShownCells(erases=False).without_shown(line)


def test_cells_of_a_color_are_written_together_where_moves_are_shorter() -> None:
    one, other = "38;2;100;110;120", "38;2;200;210;220"
    line = [(one, "a"), (other, "b"), (one, "c"), (other, "d")]
    written = move(1, 1, f"\x1b[{one}ma\x1b[3Gc\x1b[2G\x1b[{other}mb\x1b[4Gd\x1b[m")
    assert ShownCells().without_shown(move(1, 1, styled(*line))) == written
    palette = [("31" if codes == one else "32", text) for codes, text in line]
    in_order = move(1, 1, "\x1b[31ma\x1b[32mb\x1b[31mc\x1b[32md\x1b[m")
    assert ShownCells().without_shown(move(1, 1, styled(*palette))) == in_order


@pytest.mark.parametrize("text", ["⚡", "e\u0301", "🙂", "👩\u200d🚀", "✈\ufe0f"])
def test_text_whose_width_terminals_disagree_about_is_written_with_all_after_it(text: str) -> None:
    shown = ShownCells()
    row = move(1, 1, f"ab{text}") + move(1, 9, "cd")
    assert shown.without_shown(row) == row
    assert shown.without_shown(move(1, 1, f"aX{text}") + move(1, 9, "cd")) == row.replace("b", "X")


def cells(screen: pyte.Screen) -> list[list[object]]:
    return [[seen(screen.buffer[row][column]) for column in range(screen.columns)] for row in range(screen.lines)]


def seen(char: Char) -> Char:
    """Return a cell without what is not seen of a blank."""
    if char.data != " " or char.reverse or char.underscore or char.strikethrough:
        return char
    return char._replace(fg="default", bold=False, italics=False)


CODES = st.sampled_from(
    ["", "31", "32", "1", "1;31", "3;7;31;42", "2", "1;2;9", "38;5;9", "38;2;1;2;3;48;2;4;5;6", "4;97;103"]
)
RUNS = st.lists(st.tuples(CODES, st.sampled_from(["a", "bb", " ", "─", "日", "long enough", "   x"])), max_size=4)
PIECE = st.tuples(
    st.integers(1, 3), st.integers(1, 6), st.one_of(st.just("    "), RUNS.map(lambda runs: styled(*runs)))
)


@given(st.lists(st.lists(PIECE, max_size=5), max_size=12))
def test_picture_is_that_of_all_pieces(frames: list[list[tuple[int, int, str]]]) -> None:
    shown, all_of_it, less = ShownCells(), pyte.Screen(60, 3), pyte.Screen(60, 3)
    for frame in frames:
        sequence = "".join(move(*piece) for piece in frame)
        written = shown.without_shown(sequence)
        pyte.Stream(all_of_it).feed(sequence)
        pyte.Stream(less).feed(written)
        assert cells(all_of_it) == cells(less)
        assert shown.without_shown("".join(move(*piece) for piece in frame[-1:])) == ""


SIZE = (80, 16)


class TwoTerminals(WftuiApp):
    """The app on a terminal that gets whole frames, and on one that gets differences."""

    def __init__(self, workbench: Workbench) -> None:
        super().__init__(workbench)
        self.all_of_it, self.less = pyte.Screen(*SIZE), pyte.Screen(*SIZE)
        self.saved = ShownCells()
        self.written = [0, 0]

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        super()._display(screen, renderable)
        if isinstance(renderable, (ChopsUpdate, LayoutUpdate)):
            whole = renderable.render_segments(self.console)
            fewer = self.saved.without_shown(whole)
            self.written = [self.written[0] + len(whole), self.written[1] + len(fewer)]
            pyte.Stream(self.all_of_it).feed(whole.replace("\n", ""))
            pyte.Stream(self.less).feed(fewer)


async def test_screens_look_the_same_by_a_fifth_of_the_bytes(
    workbench: Workbench, put_workflow: Callable[..., Path]
) -> None:
    steps = [{"id": f"s{n}", "type": "set", "name": f"Schritt {n} 日本 ↻", "input": {"n": n}} for n in range(40)]
    put_workflow("many", steps=steps)
    app = TwoTerminals(workbench)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        # Help, palette, editor, source, canvas, a step's form, settings.
        keys = ["?", "escape", "colon", "x", "escape", "enter", "down", "2", "down", "x", "ctrl+z"]
        keys += ["3", "1", "d", "u", "e", "escape", "q", "S", "down", "escape"]
        for key in keys:
            await pilot.press(key)
            assert cells(app.all_of_it) == cells(app.less), key
    assert app.written[1] < app.written[0] / 5
