"""Lines of programs: colors stay, whatever else a terminal acts on goes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wftui.model.text.terminal_text import without_colors
from wftui.steps.text.log_lines import LineDecoder


def decoded(*chunks: str, colors: bool = True) -> list[str]:
    decoder = LineDecoder(colors=colors)
    lines = [line for chunk in chunks for line in decoder.feed(chunk.encode())]
    return lines + decoder.feed(b"", final=True)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("\x1b[31mred\x1b[0m\nplain\n", ["\x1b[31mred\x1b[0m", "plain"]),
        ("\x1b[1;31mone\ntwo\x1b[m\nthree", ["\x1b[1;31mone", "\x1b[1;31mtwo\x1b[m", "three"]),
        ("\x1b[2J\x1b]0;title\x07\x1b[32mok\x1b[K", ["\x1b[32mok"]),
        ("\x1b[32m10%\r50%\x1b[0m\r100%\n", ["100%"]),
        ("\x1b[32m10%\r100%\nnext", ["\x1b[32m100%", "\x1b[32mnext"]),
    ],
)
def test_colors_are_kept_by_line(text: str, lines: list[str]) -> None:
    assert decoded(text) == lines
    assert decoded(text, colors=False) == [without_colors(line) for line in lines]


@given(
    st.lists(st.sampled_from(["a", "\n", "\r", "\x1b[31m", "\x1b[0m", "\x1b[", "3", "m", "\x1b]0;", "\x07", "\x00"]))
)
def test_only_colors_are_left_of_control_sequences(pieces: list[str]) -> None:
    lines = decoded(*pieces)
    assert all(character >= " " for line in lines for character in without_colors(line))
    assert [without_colors(line) for line in lines] == decoded(*pieces, colors=False)
