"""Fixes of broken JSON: each one offered repairs something."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wftui.compiler.diagnostics.diagnostic import syntax_diagnostics
from wftui.compiler.diagnostics.fixes import apply_fix, mend_syntax
from wftui.compiler.source.parsing import parse

MENDED = [
    ('{"a": 1,}', '{"a": 1}'),
    ("[1,, 2,]", "[1, 2]"),
    ("[ {}, ]", "[ {} ]"),
    ('{"a": 1 "b": 2}', '{"a": 1, "b": 2}'),
    ('[{}\n{}\n"x" true]', '[{},\n{},\n"x", true]'),
    ('{"a" 1}', '{"a": 1}'),
    ("{a: 1, $b_2: 2}", '{"a": 1, "$b_2": 2}'),
    ("{'it': 'say \"x\"'}", '{"it": "say \\"x\\""}'),
    ('{"a": http, "b": [x]}', '{"a": "http", "b": ["x"]}'),
    ('{"a": True, "b": None}', '{"a": true, "b": null}'),
    ('{"a": "x', '{"a": "x"}'),
    ('{"a": ["x]}', '{"a": ["x"]}'),
    ('{\n  "a": "x,\n  "b": 1\n}', '{\n  "a": "x",\n  "b": 1\n}'),
    ('{\n  "a: 5,\n  "b": "[x]\n}', '{\n  "a": 5,\n  "b": "[x]"\n}'),
    ('{"a": [1}', '{"a": [1]}'),
    ('{\n  "a": [\n    1\n', '{\n  "a": [\n    1\n  ]\n}\n'),
    ('{"a": 1}]}', '{"a": 1}'),
    ('{\n  "a": 1,\n', '{\n  "a": 1\n}\n'),
    ("[[1,", "[[1]]"),
    ('{"a": "x,', '{"a": "x"}'),
    ('{"a": 1,, ,\n}', '{"a": 1\n}'),
    ("[,, 1,,]", "[ 1]"),
    ("{\n  a: 1\n  b: 2\n}", '{\n  "a": 1,\n  "b": 2\n}'),
    ('{\n  "a": [\n    1\n  "b": {}\n}', '{\n  "a": [\n    1\n  ],\n  "b": {}\n}'),
    ('{\n  "a": [1,\n  "b": {}\n}', '{\n  "a": [1],\n  "b": {}\n}'),
    ('[\n  {\n    "a": 1\n  {\n    "a": 2\n  }\n]', '[\n  {\n    "a": 1\n  },\n  {\n    "a": 2\n  }\n]'),
    ('{"a": "\\d+\\w"}', '{"a": "\\\\d+\\\\w"}'),
    ('{"a": "x\ty"}', '{"a": "x\\ty"}'),
    ('{"a": 1} // why', '{"a": 1}'),
    ('{\n  // one\n  "a": 1, # two\n  /* three\n  four */\n  "b": "// no"\n}', '{\n  "a": 1,\n  "b": "// no"\n}'),
    ("// only this line\r\n[]", "[]"),
    # Comments in comments, and without an end.
    ('{\n  "a": 1, /* a /* b */ c */\n  "b": 2\n}', '{\n  "a": 1,\n  "b": 2\n}'),
    ('[1, /* "a": 2, /* x */ "b*/": 3 */ 4]', "[1, 4]"),
    ('{"a": "/*" /* "x/*" */, "b": "*/"}', '{"a": "/*", "b": "*/"}'),
    ('{"a": 1 */ }', '{"a": 1  }'),
    ('{\n  /* never closed\n  "a": 1\n}\n', '{\n  "a": 1\n}\n'),
    ('{\n  "a": 1, /* why\n  "b": 2\n}\n', '{\n  "a": 1,\n  "b": 2\n}\n'),
    ('{"a": 1, /* why "b": 2}', '{"a": 1,"b": 2}'),
    ('{"a": 1}\n/* never', '{"a": 1}\n'),
    ('{"a": 1} //', '{"a": 1}'),
    # Other quotes.
    ("{'a b': 'it\\'s', 'c': 'it's, too', 'd': 'x\\ny'}", '{"a b": "it\'s", "c": "it\'s, too", "d": "x\\ny"}'),
    ("{\u201ca\u201d: \u201cb c\u201d, \u00abd\u00bb: \u2018e\u2019}", '{"a": "b c", "d": "e"}'),
    ('{"a": `b\nc`, "d": """e "f"\ng"""}', '{"a": "b\\nc", "d": "e \\"f\\"\\ng"}'),
    ('{"a": "say "hi" now", "b": "x"}', '{"a": "say \\"hi\\" now", "b": "x"}'),
    (
        '{"a": {{ steps.x.output }}, "b": [{{ inputs.a["b"] }}]}',
        '{"a": "{{ steps.x.output }}", "b": ["{{ inputs.a[\\"b\\"] }}"]}',
    ),
    # Keys, literals and numbers as elsewhere.
    ("{a-b: 1, 1: 2}", '{"a-b": 1, "1": 2}'),
    ('{"a": TRUE, "b": NULL, "c": FALSE, "d": undefined}', '{"a": true, "b": null, "c": false, "d": null}'),
    (
        '{"a": +1, "b": .5, "c": 5., "d": -.5, "e": 0x1F, "f": 1_000}',
        '{"a": 1, "b": 0.5, "c": 5.0, "d": -0.5, "e": 31, "f": 1000}',
    ),
    (
        '{"a": 5s, "b": 50%, "c": 2024-01-02, "d": 1.2.3}',
        '{"a": "5s", "b": "50%", "c": "2024-01-02", "d": "1.2.3"}',
    ),
    # Colons, commas and what stands for them.
    ('{"a" = 1, "b" => 2, "c":: 3, "d"\uff1a4}', '{"a" : 1, "b" : 2, "c": 3, "d":4}'),
    ('{"a": 1; "b": 2\uff0c "c": 3;};', '{"a": 1, "b": 2, "c": 3}'),
    # Control characters, line breaks, and what looks like a space.
    ('{"a": "x\ty\tz", "b\tc": 1}', '{"a": "x\\ty\\tz", "b\\tc": 1}'),
    ('{\n  "a": "first\n  second",\n  "b": 1\n}', '{\n  "a": "first\\n  second",\n  "b": 1\n}'),
    ('{"a": "x\\\ny"}', '{"a": "xy"}'),
    ('\ufeff{\u00a0"a":\u200b 1\x00}', '{ "a": 1}'),
    # Around the value.
    ('```json\n{"a": 1}\n```\n', '\n{"a": 1}\n\n'),
    ('"a": 1, "b": 2}', '{"a": 1, "b": 2}'),
    ('{"a": {"x": 1}}, "b": 2}', '{"a": {"x": 1}, "b": 2}'),
    # Lines that end in CR alone.
    ('{\r  // one\r  "a": 1,\r  "b": 2, # two\r}\r', '{\r  "a": 1,\r  "b": 2\r}\r'),
    ('{\r  "a": "x,\r  "b": [\r    1\r  "c": {}\r', '{\r  "a": "x",\r  "b": [\r    1\r  ],\r  "c": {}\r}\r'),
]

CHOICES: list[tuple[str, list[str]]] = [
    ("", []),
    ('{"a": it is text}', []),
    ('{"a": }', ['{"a": null }', '{"a": "" }']),
    ('{"a":, "b": 1}', ['{"a": null, "b": 1}', '{"a": "", "b": 1}']),
    ('{"a": NaN}', ['{"a": null}', '{"a": "NaN"}']),
    ('{"a": -Infinity}', ['{"a": null}', '{"a": "-Infinity"}']),
    ('{"a": 1e999}', ['{"a": "1e999"}']),
    ('{"a": 01}', ['{"a": 1}', '{"a": "01"}']),
    ('{"a": 1} x', ['{"a": 1}']),
    ('{"a": 1},\n{"b": 2}\n', ['{"a": 1}\n']),
    ('const x = {"a": 1}', ['{"a": 1}']),
    ('{"a": 1, "b": 2, "a": 3}', ['{"a": 1, "b": 2}', '{"b": 2, "a": 3}']),
]


@pytest.mark.parametrize(("broken", "mended"), MENDED)
def test_broken_syntax_is_mended(broken: str, mended: str) -> None:
    text, applied = mend_syntax(broken)
    assert text == mended
    assert not parse(text).diagnostics
    assert applied


@pytest.mark.parametrize(("broken", "choices"), CHOICES)
def test_what_is_meant_is_for_the_user_to_say(broken: str, choices: list[str]) -> None:
    text, _applied = mend_syntax(broken)
    assert text == broken
    (diagnostic, *_) = syntax_diagnostics(parse(broken))
    assert [apply_fix(broken, fix) for fix in diagnostic.fixes] == choices
    assert not any(parse(each).diagnostics for each in choices)


@pytest.mark.parametrize(("end", "lines"), [("\n", 5), ("\r\n", 5), ("\r", 5)])
def test_lines_are_counted_as_editors_do(end: str, lines: int) -> None:
    text = end.join(["{", '  "a": 1,', "  // why", '  "b": [],', "}", ""])
    assert [each.line for each in syntax_diagnostics(parse(text))] == [3, 4]
    assert parse(text).line_column(text.index("}"))[0] == lines


def test_a_comment_without_an_end_takes_no_value_with_it() -> None:
    """Each place for the comment leaves all values there."""
    whole = json.dumps({"a": [1, {"b": "x"}], "c": True}, indent=2)
    lines = whole.split("\n")
    for number in range(len(lines)):
        broken = "\n".join([*lines[:number], lines[number] + " /* why", *lines[number + 1 :]])
        assert json.loads(mend_syntax(broken)[0]) == json.loads(whole)


def _break(text: str, chance: random.Random) -> str:
    """Make one mistake of the kind that an editor leaves behind."""
    commas = [at for at, char in enumerate(text) if text.startswith(",\n", at)]
    opens = [at for at, char in enumerate(text) if text.startswith(("{\n", "[\n"), at)]
    lines = [at for at, char in enumerate(text) if char == "\n"]
    kind = chance.choice(["missing", "extra", "trailing", "comment", "end", "key"])
    if kind == "missing" and commas:
        at = chance.choice(commas)
        return text[:at] + text[at + 1 :]
    if kind == "extra" and commas:
        at = chance.choice(commas)
        return text[:at] + "," + text[at:]
    if kind == "trailing" and opens:
        at = text.rindex("\n")
        return text[:at] + "," + text[at:]
    if kind == "comment" and lines:
        at = chance.choice(lines)
        return text[:at] + chance.choice([" // a, [b", "\n# {", " /* x\n, */"]) + text[at:]
    if kind == "end":
        return text[: text.rindex("\n")] if "\n" in text else text
    quoted = [at for at in range(len(text)) if text.startswith('"key', at)]
    if quoted:
        at = chance.choice(quoted)
        end = text.index('"', at + 1)
        return text[:at] + text[at + 1 : end] + text[end + 1 :]
    return text


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab,}]{: \n\"'/#", max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.integers(0, 9).map(lambda number: f"key{number}"), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.integers(0, 9).map(lambda number: f"key{number}"), _VALUES, min_size=1), st.randoms())
def test_a_mistake_in_any_file_is_mended(value: object, chance: random.Random) -> None:
    broken = _break(json.dumps(value, indent=2, ensure_ascii=False), chance)
    text, _applied = mend_syntax(broken)
    assert json.loads(text) == value


@given(st.text("{}[]:,\"'ab1/# \n\\t", max_size=24))
def test_each_fix_that_is_offered_can_be_applied(text: str) -> None:
    for each in syntax_diagnostics(parse(text)):
        for fix in each.fixes:
            assert apply_fix(text, fix) != text


def test_many_mistakes_are_mended_together() -> None:
    text, applied = mend_syntax("[" + "[1,],\n" * 300 + "]")
    assert json.loads(text) == [[1]] * 300
    assert len(applied) == 301
