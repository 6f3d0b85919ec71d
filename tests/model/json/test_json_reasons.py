"""Reasons why a text is not JSON, the same in every version of Python."""

import json

import pytest

from wftui.model.json.incremental import read_json
from wftui.model.json.json_reasons import json_reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "a value is missing or misspelt (line 1, column 1)"),
        ("[1,\n nope]", "a value is missing or misspelt (line 2, column 2)"),
        ("{1: 2}", "expected a key in double quotes (line 1, column 2)"),
        ("[1 2]", "expected a comma or the end of the list or object (line 1, column 4)"),
        ('{"a" 1}', "expected a colon after the key (line 1, column 6)"),
        ("1 2", "more follows after the value (line 1, column 3)"),
        ('["a', "the text that begins here is not closed (line 1, column 2)"),
        ('["a\n"]', "a line break or another control character inside a text (line 1, column 4)"),
        ('["\\x"]', "invalid escape in a text (line 1, column 3)"),
        ('["\\u12"]', "invalid escape in a text (line 1, column 4)"),
        ("NaN", "NaN is not a JSON value"),
        ("[-Infinity]", "-Infinity is not a JSON value"),
        ("9" * 5000, "a whole number has more than 4300 digits"),
        (b'["\xff"]', "it is not UTF-8 text (byte 2)"),
        ("[" * 100_000, "its lists and objects are nested too deeply"),
    ],
)
def test_texts_that_are_not_json(text: str | bytes, reason: str) -> None:
    for at_once in (None, 1, 8):
        with pytest.raises(ValueError) as caught:
            read_json(text, at_once)
        assert str(caught.value) == reason


@pytest.mark.parametrize(
    "text",
    [
        '[1 "a", 2]',
        '{"a": 1 "b": 2}',
        '{"a" 1}',
        '{"a"; 1}',
        "{1: 2}",
        "[1,]",
        '{"a": 1,}',
        "[1}",
        '["a" : 1]',
        '{1:"a"}',
        '{true:"a"}',
    ],
)
def test_a_text_that_is_read_in_pieces_is_checked_as_well(text: str) -> None:
    for at_once in range(1, 12):
        with pytest.raises(ValueError):
            read_json(text, at_once)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("Illegal trailing comma before end of object", "a comma without another key after it"),
        ("Illegal trailing comma before end of array", "a comma without another item after it"),
        ("Unexpected UTF-8 BOM (decode using utf-8-sig)", "it begins with a byte order mark"),
        ("Invalid \\escape: ", "invalid escape in a text"),
        ("Something new at", "something new"),
    ],
)
def test_messages_of_other_versions_of_python(message: str, reason: str) -> None:
    assert json_reason(json.JSONDecodeError(message, "", 0)) == reason
