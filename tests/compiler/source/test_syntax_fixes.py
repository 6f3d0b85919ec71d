"""Fixes of broken JSON: what is mended by them, and that none is offered that does not help."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wftui.compiler.diagnostics.diagnostic import syntax_diagnostics
from wftui.compiler.diagnostics.fixes import apply_fix, mend_syntax
from wftui.compiler.source.parsing import parse


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
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
    ],
)
def test_broken_syntax_is_mended(broken: str, mended: str) -> None:
    text, applied = mend_syntax(broken)
    assert text == mended
    assert not parse(text).diagnostics
    assert applied


@pytest.mark.parametrize("broken", ["", '{"a": }', '{"a": NaN}', '{"a": it is text}', '{"a": 1} x', '{"a": 01}'])
def test_text_that_may_mean_anything_stays(broken: str) -> None:
    text, _applied = mend_syntax(broken)
    assert text == broken


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
