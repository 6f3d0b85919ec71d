"""Files that are not JSON: every error, its place, and the rest of the file."""

import json
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from compiler.compiler_helpers import found, marked
from wftui.compiler.diagnostics.fixes import apply_fix
from wftui.compiler.source.parsing import parse
from wftui.compiler.source.recovery import read


@pytest.mark.parametrize(
    ("text", "value", "diagnostics"),
    [
        ('{"a": 1,}', {"a": 1}, [("json.comma", ",")]),
        ("[1, 2,]", [1, 2], [("json.comma", ",")]),
        ("[1,, 2]", [1, 2], [("json.comma", ",")]),
        ('{"a": 1 "b": 2}', {"a": 1, "b": 2}, [("json.comma", "1")]),
        ('{"a" 1}', {"a": 1}, [("json.colon", '"')]),
        ('{"a": }', {}, [("json.value", '"a"')]),
        ('{"a": 1', {"a": 1}, [("json.bracket", "1")]),
        ('{"a": [1}', {"a": [1]}, [("json.bracket", "}"), ("json.bracket", "}")]),
        ('{\n  "a": [\n    1,\n  "b": 2\n}', {"a": [1], "b": 2}, [("json.bracket", ",")]),
        ('{"a": [\n  {\n    "b": 1,\n  {\n    "b": 2\n  }\n]}', {"a": [{"b": 1}, {"b": 2}]}, [("json.bracket", ",")]),
        ('{"a": "x', {"a": "x"}, [("json.string", '"x'), ("json.bracket", "x")]),
        ('{"a": "x\n, "b": 1}', {"a": "x", "b": 1}, [("json.string", '"x')]),
        ("{a: 1}", {"a": 1}, [("json.key", "a")]),
        ("{'a': 1}", {"a": 1}, [("json.key", "'a'")]),
        ('{"a": True}', {"a": True}, [("json.word", "True")]),
        ('{"a": None}', {"a": None}, [("json.word", "None")]),
        ('{"a": tru}', {}, [("json.value", "tru")]),
        ("{\"a\": 'x'}", {}, [("json.value", "'x'")]),
        ('{"a": NaN}', {}, [("json.number", "NaN")]),
        ('{"a": 1e999}', {}, [("json.number", "1e999")]),
        ('{"a": 01}', {}, [("json.value", "01")]),
        ('{"a": "\\q"}', {"a": ""}, [("json.escape", "\\")]),
        ('{"a": "x\ty"}', {"a": "x\ty"}, [("json.control", "\t")]),
        ('{"a": "\\ud800"}', {"a": "?"}, [("json.surrogate", '"\\ud800"')]),
        ('{"a": 1} x', {"a": 1}, [("json.extra", "x")]),
        ('{"a": 1} // why', {"a": 1}, [("json.comment", "// why")]),
        ('/* c */ {"a": 1}', {"a": 1}, [("json.comment", "/* c */")]),
        ('{"a": 1, "a": 2}', {"a": 2}, [("json.duplicate", '"a"')]),
        ("", None, [("json.empty", "")]),
        ("  ", None, [("json.empty", " ")]),
    ],
)
def test_broken_file_is_read_partially(text: str, value: object, diagnostics: list[tuple[str, str]]) -> None:
    document = parse(text)
    assert document.value == value
    told = []
    for diagnostic in document.diagnostics:
        place = document.range_at(diagnostic.offset, diagnostic.length)
        line = text.split("\n")[place.line - 1]
        told.append((diagnostic.code, line[place.column - 1 : place.column - 1 + place.length]))
    assert told == diagnostics


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        ('{"a": [1}, "b": 2}', '{"a": [1], "b": 2}'),
        ('{"a": [1}', '{"a": [1]'),
        ('[{"a": 1], 2]', '[{"a": 1}, 2]'),
        ("[1, 2,]", "[1, 2]"),
    ],
)
def test_fix_of_the_first_error_changes_nothing_else(broken: str, mended: str) -> None:
    first = next(each for each in found(broken) if each.code.startswith("json."))
    assert apply_fix(broken, first.fixes[0]) == mended


def test_syntax_and_workflow_errors_are_reported_together() -> None:
    text = """{
  "format": 1,
  "id": "flow"
  "steps": [
    { "id": "a", "type": "set", "nedds": [], },
    { "id": "b", "type": "set", "input": { "x": "{{ inputs.nope }}" } }
  ]
}"""
    told = [(each.line, each.code, marked(text, each)) for each in found(text)]
    assert told == [
        (3, "json.comma", '"'),
        (5, "key.unknown", '"nedds"'),
        (5, "json.comma", ","),
        (6, "reference.input", "inputs.nope"),
    ]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=20,
    ),
    st.sampled_from([None, 1, 4]),
    st.booleans(),
)
def test_the_tolerant_reader_agrees_with_json(value: object, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    document = read(text)
    assert document.diagnostics == []
    assert document.value == value


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), st.booleans())
def test_every_character_of_a_string_has_its_place(value: str, ascii_only: bool) -> None:
    text = json.dumps({"k": ["x", value]}, ensure_ascii=ascii_only)
    document = parse(text)
    for offset in range(len(value)):
        place = document.place("/k/1", offset=offset)
        raw = text[place.column - 1 : place.column - 1 + place.length]
        assert json.loads(f'"{raw}"') == value[offset]


@pytest.mark.parametrize("text", ["", " ", " \n\n"])
def test_empty_file_is_marked_at_its_start(text: str) -> None:
    (diagnostic,) = read(text).diagnostics
    assert (diagnostic.code, diagnostic.offset) == ("json.empty", 0)


@given(
    st.lists(
        st.sampled_from(
            [*"{}[]:,;`#=\"'", "//", "/*", "*/", "\n", "\r", " ", '"a"', "a", "1", "True", "{{ x }}", "```"]
        ),
        max_size=12,
    ).map("".join)
)
@example(',"a": 1}')
def test_every_diagnostic_and_fix_is_inside_the_text(text: str) -> None:
    for diagnostic in read(text).diagnostics:
        assert 0 <= diagnostic.offset <= len(text)
        assert diagnostic.length >= 0
        fixes = [fix for fix in (diagnostic.fix, diagnostic.other_fix) if fix is not None]
        edits = [edit for fix in fixes for edit in fix.edits]
        assert all(0 <= edit.offset <= len(text) - len(edit.old) for edit in edits)
        assert all(text[edit.offset :].startswith(edit.old) for edit in edits)


@pytest.mark.parametrize("word", ["0x_", "0x1_", "0b1__0", "0o_", f"0x{'f' * 5000}", "1\u0663", "\u0663"])
def test_what_only_resembles_a_number_is_an_error_without_a_number_as_its_fix(word: str) -> None:
    document = read(f"[{word}]")
    assert document.value == []
    [diagnostic] = document.diagnostics
    assert diagnostic.code == "json.value"
    assert diagnostic.fix is None or diagnostic.fix.edits[0].new == json.dumps(word, ensure_ascii=False)


@pytest.mark.parametrize(("text", "meant"), [("'\\ud83d\\ude00'", "\U0001f600"), ("`a\\ud800`", "a\ufffd")])
def test_halves_of_a_character_in_other_quotes_can_be_written_to_a_file(text: str, meant: str) -> None:
    [diagnostic] = read(f"[{text}]").diagnostics
    assert diagnostic.fix is not None
    assert json.loads(apply_fix(f"[{text}]", diagnostic.fix).encode()) == [meant]


@pytest.mark.slow
@pytest.mark.parametrize("part", ['"a"b ', "'a'b,", "`a,", '/*/* */"a",', "{{a}b},"])
def test_a_long_line_of_errors_is_read_without_looking_through_it_for_each(part: str) -> None:
    begun = time.process_time()
    assert read(f"[{part * 8_000}]").diagnostics
    assert time.process_time() - begun < 12


@pytest.mark.parametrize("comment", ["// it's\n", "/* so */"])
def test_a_comment_right_after_a_value_is_not_part_of_it(comment: str) -> None:
    text = '{"a": 3' + comment + ', "b": [true' + comment + "]}"
    document = read(text)
    assert document.value == {"a": 3, "b": [True]}
    assert [each.code for each in document.diagnostics] == ["json.comment", "json.comment"]
