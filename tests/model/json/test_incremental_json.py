"""Big JSON texts read in pieces give the same as by the standard library."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wftui.model.json.incremental import read_json
from wftui.model.json.json_reasons import located_reason

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


AT_ONCE = st.integers(1, 60)


@given(VALUES, st.sampled_from([None, 0, 3]), st.booleans(), st.sampled_from(["", " ", "\r\n\t"]), AT_ONCE)
def test_value_round_trips(value: object, indent: int | None, ascii_only: bool, around: str, at_once: int) -> None:
    text = around + json.dumps(value, indent=indent, ensure_ascii=ascii_only) + around
    assert read_json(text, at_once=at_once) == value


@given(
    st.lists(st.sampled_from(["a", "é", "😀", '"', "\\", "\\u", "d83d", "\n", ", "])).map("".join),
    st.booleans(),
    AT_ONCE,
)
def test_a_text_may_be_cut_anywhere(text: str, ascii_only: bool, at_once: int) -> None:
    assert read_json(json.dumps([text, {text: text}], ensure_ascii=ascii_only), at_once=at_once) == [text, {text: text}]


@pytest.mark.parametrize("at_once", [1, 20, 100])
def test_members_keep_their_order(at_once: int) -> None:
    rows = [{"id": n, "inner": {"id": [n, {"id": "}, {"}]}, "text": "], [" * (n % 3)} for n in range(50)]
    value = {
        "rows": rows,
        "numbers": list(range(200)),
        "names": {f"k{n}": [n, "a, b"] for n in range(60)},
        "last": [rows],
    }
    for indent in (None, 1):
        assert read_json(json.dumps(value, indent=indent), at_once=at_once) == value


@given(VALUES, st.sampled_from([None, 0, 3]), AT_ONCE)
def test_no_valid_text_is_read_whole(value: object, indent: int | None, at_once: int) -> None:
    text = json.dumps(value, indent=indent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json, "loads", lambda *_, **__: pytest.fail("other threads wait for the whole text"))
        assert read_json(text, at_once=at_once) == value


@given(VALUES, st.data(), AT_ONCE)
def test_damaged_text_is_read_or_refused_as_by_json(value: object, data: st.DataObject, at_once: int) -> None:
    text = json.dumps([value])
    at = data.draw(st.integers(0, len(text)))
    text = text[:at] + data.draw(st.sampled_from(["", ",", "]", "}", ":", '"', "x", "[1", "{", " "])) + text[at + 1 :]
    try:
        expected = json.loads(text)
    except ValueError as refusal:
        with pytest.raises(ValueError) as refused:
            read_json(text, at_once=at_once)
        assert str(refused.value) == located_reason(refusal)
        assert not re.search("expecting|delimiter|property name|char [0-9]", str(refused.value), re.IGNORECASE)
    else:
        assert read_json(text, at_once=at_once) == expected


@pytest.mark.parametrize("at_once", [None, 10])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("NaN", "NaN is not a JSON value"),
        ("", r"a value is missing or misspelt \(line 1, column 1\)"),
        ("{a: 1}", r"expected a key in double quotes \(line 1, column 2\)"),
        ("[1,\n2 3]", r"expected a comma or the end of the list or object \(line 2, column 3\)"),
        ("[[1, [2, [[[-Infinity]]]]]]", "-Infinity is not a JSON value"),
        ("[" * 200_000, "nested too deeply"),
        ('{"a":' * 200_000, "nested too deeply"),
        ("1" * 5_000, "4300"),
    ],
)
def test_invalid_json_is_refused_with_a_reason(text: str, reason: str, at_once: int | None) -> None:
    for form in (text, text.encode()):
        with pytest.raises(ValueError, match=reason):
            read_json(form, at_once=at_once)
