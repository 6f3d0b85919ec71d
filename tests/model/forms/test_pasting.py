"""Several pasted lines go where several values go."""

import pytest

from wftui.model.base import Json
from wftui.model.forms.addresses import every_node, leaves, text_problems
from wftui.model.forms.building import form_of
from wftui.model.forms.nodes import MOST_ITEMS, Leaf
from wftui.model.forms.pasting import spread, takes_lines
from wftui.model.forms.state import rebuild_form

TEXTS: Json = {"type": "array", "items": {"type": "string"}}
NUMBERS: Json = {"type": "array", "items": {"type": "integer"}}
PLACE: Json = {"prefixItems": [{"type": "string"}, {"type": "number"}], "items": {"type": "boolean"}}
HEADERS: Json = {"type": "object", "additionalProperties": {"type": "string"}}
SIZES: Json = {"type": "object", "additionalProperties": {"type": "integer"}}
PHONES: Json = {"type": "object", "additionalProperties": TEXTS}


def _pasted(schema: Json, before: Json, at: int, text: str) -> Json:
    """Return the value after a text was pasted into a field, counted from the first."""
    root = rebuild_form(form_of({"properties": {"x": schema}}), {"x": before})
    node = list(leaves(root))[at]
    assert takes_lines(node, text)
    spread(node, text)
    found = root.collect()
    assert isinstance(found, dict)
    return found.get("x")


@pytest.mark.parametrize(
    ("schema", "before", "at", "text", "after"),
    [
        (TEXTS, [""], 0, "a\n\n b \n", ["a", "b"]),
        (TEXTS, ["x", "y"], 0, "a\nb", ["x", "a", "b", "y"]),
        (TEXTS, [""], 0, "\n \n", [""]),
        (HEADERS, {"": "v"}, 0, "\n\n", {"": "v"}),
        (TEXTS, [""], 0, '[\n  "a",\n  " b\\n"\n]', ["a", " b\n"]),
        (TEXTS, [""], 0, "a\u2028b\nc\x0bd", ["a\u2028b", "c\x0bd"]),
        (NUMBERS, [1], 0, "2\n30\nx", [1, 2, 30, "x"]),
        (PLACE, ["", 1], 0, "a\n2.5", ["a", 2.5]),
        (PLACE, ["a", 1], 1, "3", ["a", 3]),
        (HEADERS, {"": ""}, 0, "a: 1\nb = x=y\nc\td\n", {"a": "1", "b": "x=y", "c": "d"}),
        (HEADERS, {"k": "v"}, 0, "a=1\nk2=2", {"k": "v", "a": "1", "k2": "2"}),
        (HEADERS, {"": ""}, 0, '{\n"a": "b",\n"c": ""\n}', {"a": "b", "c": ""}),
        (SIZES, {"": 5}, 0, "a=1\nb: 20", {"": 5, "a": 1, "b": 20}),
        (PHONES, {"": []}, 0, '{"a": ["1"],\n "b": ["2", "3"]}', {"a": ["1"], "b": ["2", "3"]}),
    ],
)
def test_lines_become_values(schema: Json, before: Json, at: int, text: str, after: Json) -> None:
    assert _pasted(schema, before, at, text) == after


def test_a_name_without_a_value_asks_for_it() -> None:
    for schema, value in ((HEADERS, ""), (PHONES, [])):
        root = rebuild_form(form_of({"properties": {"x": schema}}), {"x": {"": value}})
        spread(next(leaves(root)), "a\nb")
        assert [(node.field.label, message) for node, message in text_problems(root)] == [
            ("Value", "Enter a value.")
        ] * 2


def test_more_lines_than_fields_become_one_value() -> None:
    many = [str(number) for number in range(MOST_ITEMS + 1)]
    assert _pasted(TEXTS, [""], 0, "\n".join(many)) == many
    assert _pasted(NUMBERS, [-1], 0, "\n".join(many)) == [-1, *range(MOST_ITEMS + 1)]
    assert _pasted(HEADERS, {"": ""}, 0, "\n".join(f"{each}=v" for each in many)) == dict.fromkeys(many, "v")


def test_lines_that_are_one_value_or_have_no_place() -> None:
    root = rebuild_form(form_of({"properties": {"any": {"type": "array"}, "text": {"type": "string"}}}), {"any": [1]})
    item, text = leaves(root)
    assert not takes_lines(item, '{"a":\n1}')
    assert not takes_lines(text, "a\nb")
    notes: Json = {"type": "array", "items": {"type": "string", "format": "markdown"}}
    note = next(leaves(rebuild_form(form_of({"properties": {"x": notes}}), {"x": ["# A"]})))
    assert not takes_lines(note, "a\nb"), "its field has several lines"
    pair = rebuild_form(form_of({"properties": {"x": {"prefixItems": [{"type": "string"}] * 2}}}), {"x": ["", ""]})
    assert spread(next(leaves(pair)), "a\nb\nc\nd").dropped == 2
    assert pair.collect() == {"x": ["a", "b"]}
    assert all(isinstance(each, Leaf) for each in every_node(pair) if not each.nodes)
