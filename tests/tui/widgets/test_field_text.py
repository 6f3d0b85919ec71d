"""Texts beside a field."""

import pytest

from wftui.model.base import Json
from wftui.model.forms.fields import FormField
from wftui.model.forms.nodes import Leaf
from wftui.model.schema.json_schema import MISSING
from wftui.tui.widgets.schema_form.field_text import hidden_characters, placeholder


def leaf(value: Json, *, secret: bool = False) -> Leaf:
    return Leaf(FormField(name="x", kind="text", label="x", types=frozenset({"string"}), secret=secret), None, value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("plain ü", ""),
        ("two\nlines", ""),
        ("\x00\u3164", "contains U+0000, U+3164"),
        ("a\tb\t", "contains a tab"),
        ("\x1b[2J\x07", "contains an escape character, U+0007"),
        ("\u202eabc\u200b", "contains U+202E, a zero-width space"),
    ],
)
def test_characters_that_cannot_be_seen_are_named(text: str, message: str) -> None:
    assert hidden_characters(leaf(text)) == message
    assert hidden_characters(leaf(text, secret=True)) == ("contains characters that cannot be seen" if message else "")


def test_absent_null_and_empty_look_different() -> None:
    assert len({placeholder(leaf(value)) for value in (MISSING, None, "")}) == 3
