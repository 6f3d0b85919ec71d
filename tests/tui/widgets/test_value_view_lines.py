"""JSON as lines: equal values for pieces of any size and any width."""

import gc
import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from wftui.model.run.search import finder
from wftui.tui.widgets.value.folds import LineFolds
from wftui.tui.widgets.value.line_parts import Line
from wftui.tui.widgets.value.lines import LONGEST_TEXT, MOST_LINES, ValueLines
from wftui.tui.widgets.value.packed_lines import BLOCK, PackedLines
from wftui.tui.widgets.value.paths import find_path, first_line, key_in, keys_to, parse_path, path_text
from wftui.tui.widgets.value.search import drawn_ranges, lines_with, logical_line, match_ranges, settled_end

values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


def text_of(lines: ValueLines) -> list[str]:
    lines.ensure(MOST_LINES)
    return ["".join(text for text, _ in line) for line in lines.lines]


def shown(value: Any, width: int = 10_000) -> list[str]:
    return text_of(ValueLines.of(value, width))


@given(values)
def test_lines_round_trip_to_the_value(value: Any) -> None:
    assert json.loads("\n".join(shown(value))) == value


@given(values)
def test_layout_matches_json_dumps(value: Any) -> None:
    if all(character.isprintable() for character in json.dumps(value, ensure_ascii=False)):
        assert shown(value) == json.dumps(value, indent=2, ensure_ascii=False).split("\n")


@given(values, st.data())
@settings(max_examples=100)
def test_text_arrives_in_any_chunks(value: Any, data: st.DataObject) -> None:
    text = json.dumps(value, ensure_ascii=False)
    lines = ValueLines(60)
    while text:
        size = data.draw(st.integers(1, len(text)))
        lines.add(text[:size], last=size == len(text))
        text = text[size:]
        lines.ensure(data.draw(st.integers(0, 30)))
    assert text_of(lines) == shown(value, 60)
    assert lines.complete


@given(values | st.text(), st.integers(16, 60))
def test_lines_fit_the_width(value: Any, width: int) -> None:
    assert all(cell_len(line) <= width for line in shown(value, width))


@given(st.recursive(st.text(max_size=30), lambda inner: st.lists(inner, max_size=3), max_leaves=5))
def test_lines_have_no_control_sequences(value: Any) -> None:
    assert all(line.isprintable() for line in shown(value))


def test_multiline_text_keeps_its_lines() -> None:
    assert shown({"report": '# Title\n\n\tsaid "hi" \\ \x1b[31m\n', "n": 1}) == [
        "{",
        '  "report": """',
        "    # Title",
        "    ",
        '        said "hi" \\ \\u001b[31m',
        '  """,',
        '  "n": 1',
        "}",
    ]


def test_empty_things_take_one_line() -> None:
    assert shown({}) == ["{}"]
    assert shown([]) == ["[]"]
    assert shown([{}, [], ""]) == ["[", "  {},", "  [],", '  ""', "]"]


def test_truncated_text_is_shown_partially() -> None:
    lines = ValueLines(60)
    lines.add('{"a": [1, 2, {"b": "cut of', last=True)
    assert text_of(lines)[-1] == '      "b": "cut of"… truncated'


def test_only_requested_lines_are_made() -> None:
    lines = ValueLines(60)
    lines.add("[" + ",".join(map(str, range(1_000_000))) + "]", last=True)
    lines.ensure(50)
    assert len(lines.lines) == 50
    assert not lines.complete


def test_lines_stop_without_a_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wftui.tui.widgets.value.lines.MOST_LINES", 1_000)
    lines = ValueLines.of(list(range(2_000)), 60)
    lines.ensure(10_000)
    assert len(lines.lines) == 1_001
    assert "truncated after" in lines.lines[-1][0][0]


def test_long_text_is_shown_before_it_ends() -> None:
    lines = ValueLines(100)
    lines.add('{"blob": "' + "x" * (2 * LONGEST_TEXT))
    lines.ensure(10)
    assert len(lines.lines) >= 10
    for _ in range(20):
        lines.add("x" * LONGEST_TEXT + '\\"')
    lines.add('", "after": true}', last=True)
    assert text_of(lines)[-2:] == ['  "after": true', "}"]
    assert "".join(text_of(lines)).count("x") == 22 * LONGEST_TEXT
    assert not lines.left_out


def test_deep_nesting_does_not_crash() -> None:
    deep = "[" * 5_000 + "]" * 5_000
    lines = ValueLines(80)
    lines.add(deep, last=True)
    assert len(text_of(lines)) == 9_999


@pytest.mark.parametrize("width", [16, 30, 200])
def test_a_text_is_found_where_folds_cut_it(width: int) -> None:
    lines = ValueLines.of({"first": "x" * 20 + "needle" + "y" * 40, "needle": ["no", "a needle needle"]}, width)
    lines.ensure(MOST_LINES)
    wanted = re.compile("needle")
    found = list(lines_with(lines.lines, 0, len(lines.lines), wanted))
    pieces = [
        ("".join(text for text, _ in lines.lines[line])[start:end], begins)
        for place in sorted({logical_line(lines.lines, line).start for line in found})
        for line, (start, end), begins in match_ranges(lines.lines, logical_line(lines.lines, place), wanted)
    ]
    assert "".join(text for text, _ in pieces) == "needle" * 4
    assert sum(begins for _, begins in pieces) == 4


@pytest.mark.parametrize("wanted", ["needle", "re:ne+dle", "re:n.*e"], ids=["text", "regex", "greedy"])
@pytest.mark.parametrize("before", ["", "first row\n"], ids=["line", "block"])
@pytest.mark.parametrize("width", [40, 100_000])
def test_a_text_is_found_across_the_pieces_of_a_long_text(
    wanted: str, before: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    piece = 700
    monkeypatch.setattr("wftui.tui.widgets.value.lines.LONGEST_TEXT", piece)
    for end in [piece * number - shift for number in (1, 2) for shift in range(-15, 16)]:
        text = before + "." * (end - 6 - len(before)) + "needle" + "." * (2 * piece)
        lines = ValueLines.of({"text": text}, width)
        lines.ensure(1_000_000)
        pattern = finder(wanted)
        found = list(lines_with(lines.lines, 0, len(lines.lines), pattern))
        assert len(found) == 1, f"found at {found}, where the text ends at {end}"
        marked = [
            "".join(part for part, _ in lines.lines[at])[start:stop]
            for at in range(found[0], min(found[0] + 2, len(lines.lines)))
            for start, stop in drawn_ranges(lines.lines, at, pattern)
        ]
        assert "".join(marked) == "needle"


def test_packed_lines_are_equal_to_those_in_memory() -> None:
    lines: list[Line] = [((f"{number} ünï\n", "key"), ("x", "string")) for number in range(3 * BLOCK + 7)]
    packed = PackedLines()
    packed.extend(lines)
    assert len(packed) == len(lines)
    assert packed[-1] == lines[-1]
    assert packed[BLOCK - 2 : BLOCK + 2] == lines[BLOCK - 2 : BLOCK + 2]
    assert list(packed) == lines


def test_lines_that_were_read_leave_the_collector_little_to_visit() -> None:
    packed = PackedLines()
    packed.extend(((str(number), "number"), (",", "mark")) for number in range(20 * BLOCK))
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        assert sum(1 for _ in packed) == 20 * BLOCK
        assert len(gc.get_objects()) - before < 16 * BLOCK  # of 60 * BLOCK that were made
    finally:
        gc.enable()


def test_lines_can_be_read_while_a_thread_appends() -> None:
    packed = PackedLines()

    def append() -> None:
        for number in range(30 * BLOCK):
            packed.append(((str(number), "number"),))

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(append)
        while not done.done():
            if count := len(packed):
                assert packed[count - 1] == ((str(count - 1), "number"),)
        done.result()
    assert len(packed) == 30 * BLOCK


def test_a_long_list_has_a_line_for_its_last_row() -> None:
    rows = [{"id": number, "name": f"user {number}"} for number in range(30_000)]
    lines = ValueLines.of(rows, 80)
    while lines.ensure(len(lines.lines) + 50_000):
        pass
    assert (lines.complete, lines.left_out) == (True, False)
    texts = ["".join(text for text, _ in line).strip() for line in lines.lines[-5:]]
    assert texts == ["{", '"id": 29999,', '"name": "user 29999"', "}", "]"]


@given(values, st.integers(16, 60))
@settings(max_examples=60)
def test_each_line_has_the_address_of_its_element(value: Any, width: int) -> None:
    lines = ValueLines.of(value, width)
    text = json.dumps(value, ensure_ascii=False)
    lines.ensure(MOST_LINES)
    for line in range(len(lines.lines)):
        keys, first = keys_to(lines.lines, line), first_line(lines.lines, line)
        element = value
        for key in keys:
            element = element[key]
        assert parse_path(path_text(keys)) == keys
        assert find_path(lines.lines, keys)[1] == len(keys)
        start, name = lines.lines.place(first).start, key_in(lines.lines, first)
        if name is not None:
            start = text.index(": ", start + len(json.dumps(name, ensure_ascii=False))) + 2
        assert json.JSONDecoder().raw_decode(text, start)[0] == element


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=8))
def test_rows_and_lines_of_folds_agree(wanted: list[tuple[int, int]]) -> None:
    folds, hidden = LineFolds(), set[int]()
    for start, length in wanted:
        lines = range(start + 1, start + 1 + length)
        if hidden.isdisjoint(lines):
            folds.add(lines)
            hidden.update(lines)
    shown = [line for line in range(100) if line not in hidden]
    assert folds.hidden == len(hidden)
    assert [folds.line_of(row) for row in range(len(shown))] == shown
    assert [folds.row_of(line) for line in shown] == list(range(len(shown)))


def test_lines_are_settled_up_to_the_last_that_may_continue() -> None:
    lines = ValueLines(40)
    lines.add('{"a": 1, "b": "' + "x" * 100, last=False)
    lines.ensure(MOST_LINES)
    end = settled_end(lines.lines, 0)
    assert 0 < end <= 3
    assert settled_end(lines.lines, end) == end
    lines.add("x" * 50_000, last=False)
    lines.ensure(MOST_LINES)
    assert settled_end(lines.lines, end) == end


@pytest.mark.parametrize("written", ['["\\x"]', '["a\nb"]', "[", f"[{'9' * 6000}]", "a b", "."])
def test_invalid_address_has_no_keys(written: str) -> None:
    assert parse_path(written) is None
