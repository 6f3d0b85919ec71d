"""Styles beside a text: nothing of the text is lost, and no code gets into it."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from wftui.model.base import Json
from wftui.model.reading import UnreadableError, read_json
from wftui.model.run.events import Log
from wftui.model.text.terminal_text import without_colors
from wftui.model.text.text_styles import StyleRun, split_styles, styles_after, with_styles

_PIECES = ["a", "bc", "\n", "\x1b[31m", "\x1b[1;4m", "\x1b[0m", "\x1b[38;5;200m", "\x1b[39m", "\x1b[m"]
colored_texts = st.lists(st.sampled_from(_PIECES)).map("".join)


@pytest.mark.parametrize(
    ("text", "plain", "runs"),
    [
        ("none", "none", []),
        ("\x1b[31mred\x1b[0m not", "red not", [(0, 3, "31")]),
        ("a\x1b[1;32mb\x1b[22mc", "abc", [(1, 2, "1;32"), (2, 3, "32")]),
        ("\x1b[31mone\ntwo", "one\ntwo", [(0, 3, "31")]),
        ("\x1b[38;2;1;2;3mx\x1b[48:5:7my", "xy", [(0, 1, "38;2;1;2;3"), (1, 2, "38;2;1;2;3;48;5;7")]),
        ("\x1b[31;42ma\x1b[39mb\x1b[49mc", "abc", [(0, 1, "31;42"), (1, 2, "42")]),
        ("\x1b[8mhidden\x1b[5mblinks", "hiddenblinks", []),
        ("\x1b[38;5;999mx\x1b[99999m\x1b[;;m", "x", []),
        ("\x1b[31m\x1b[0m", "", []),
    ],
)
def test_styles_are_taken_out_of_a_text(text: str, plain: str, runs: list[tuple[int, int, str]]) -> None:
    assert split_styles(text) == (plain, [StyleRun(*run) for run in runs])


@given(colored_texts)
def test_a_text_with_its_styles_shows_the_same(text: str) -> None:
    plain, runs = split_styles(text)
    assert plain == without_colors(text)
    again = with_styles(plain, runs)
    assert split_styles(again) == (plain, runs)
    log = Log(run_id="r", timestamp=datetime(2026, 1, 1, tzinfo=UTC), message=plain, styles=runs or None)
    assert read_json(Log, log.to_json()) == log


@given(colored_texts, st.sampled_from("abc"))
def test_changed_lines_lose_their_styles_and_others_keep_them(text: str, secret: str) -> None:
    plain, runs = split_styles(text)
    changed = plain.replace(secret, "***")
    kept = styles_after(plain, changed, runs)
    before, after = with_styles(plain, runs).split("\n"), with_styles(changed, kept).split("\n")
    for old, new in zip(before, after, strict=True):
        assert new == (old if secret not in without_colors(old) else without_colors(old).replace(secret, "***"))


@pytest.mark.parametrize("run", [(0, 1, "31m\x1b]0;x"), (-1, 1, "31"), (0, 1, ""), (0, "x", "31"), (0, 1)])
def test_styles_of_others_are_checked(run: object) -> None:
    with pytest.raises(ValidationError):
        Log.model_validate({"executionId": "r", "timestamp": "2026-01-01T00:00:00Z", "message": "x", "styles": [run]})


def test_overlapping_and_distant_styles_are_ignored() -> None:
    runs = [StyleRun(0, 2, "31"), StyleRun(1, 3, "32"), StyleRun(9, 12, "33")]
    assert without_colors(with_styles("abcd", runs)) == "abcd"
    assert with_styles("abcd", runs) == "\x1b[31mab\x1b[0mcd"


@pytest.mark.parametrize("styles", [[[0, 1]], [[0, 1, "31", 2]], [5]])
def test_styles_of_another_shape_cannot_be_read(styles: Json) -> None:
    log = Log(run_id="01k9x2m4q-7hd3f", timestamp=datetime(2026, 11, 22, tzinfo=UTC), message="red")
    with pytest.raises(UnreadableError, match="3 values"):
        read_json(Log, json.dumps({**log.to_wire(), "styles": styles}))


def test_no_line_end_follows_the_codes_of_a_style() -> None:
    log = Log(run_id="01k9x2m4q-7hd3f", timestamp=datetime(2026, 11, 22, tzinfo=UTC), message="red")
    with pytest.raises(UnreadableError, match="not allowed"):
        read_json(Log, json.dumps({**log.to_wire(), "styles": [[0, 3, "31\n"]]}))
