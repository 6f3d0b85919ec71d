"""The value of the beginning of a JSON text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from model.json.test_incremental_json import VALUES

from wftui.compiler.editing.cut_text import CutList, CutObject, value_of_beginning
from wftui.model.schema.json_schema import MISSING


def is_beginning(told: object, whole: object) -> bool:
    """Return whether a value is what a beginning of another's text tells."""
    if isinstance(told, CutList):
        return isinstance(whole, list) and all(map(is_beginning, told, whole)) and len(told) <= len(whole)
    if isinstance(told, CutObject):
        return isinstance(whole, dict) and all(is_beginning(told[key], whole[key]) for key in told)
    return told is MISSING or told == whole


@given(VALUES, st.sampled_from([None, 0, 3]), st.booleans(), st.data())
def test_beginning_tells_nothing_wrong(
    value: object, indent: int | None, ascii_only: bool, data: st.DataObject
) -> None:
    text = json.dumps([value], indent=indent, ensure_ascii=ascii_only)
    assert value_of_beginning(text) == [value]
    at = data.draw(st.integers(0, len(text)))
    assert is_beginning(value_of_beginning(text[:at]), [value])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"rows": [{"id": 1, "name": "Ada"}, {"id": 2, "na', {"rows": [{"id": 1, "name": "Ada"}, {"id": 2}]}),
        ("[1, 23", [1]),
        ("[1, 23,", [1, 23]),
        ("[1, 2.0e", [1]),
        ("[true, fal", [True]),
        ('{"a": {"b": ', {"a": {}}),
        ("[" * 100_000, None),
        ("", MISSING),
        ('"text', MISSING),
    ],
)
def test_cut_text(text: str, told: object) -> None:
    found = value_of_beginning(text)
    assert told is None or found == told
