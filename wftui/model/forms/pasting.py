"""Text of several lines pasted into a field: lines go where several values go."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from wftui.model.base import Json
from wftui.model.forms.fields import FormField
from wftui.model.forms.groups import Group, Tuple
from wftui.model.forms.lists import Items, Pairs, is_name
from wftui.model.forms.nodes import MOST_ITEMS, FormNode, Leaf
from wftui.model.forms.text import JsonError, TextError, parse_json, parse_text
from wftui.model.forms.ways import give
from wftui.model.schema.json_schema import MISSING

_PAIR = re.compile(r"\s*([^=:\t]+?)\s*(?:=|:\s|\t)\s*(.*)")
"""`name=value`, `name: value`, or columns of a table."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The result of pasting lines.

    Attributes:
        old: the node around the field; its row is replaced.
        new: the node that has the lines.
        last: the field of the last line, or the new node.
        dropped: the lines that found no place.
    """

    old: FormNode
    new: FormNode
    last: FormNode
    dropped: int = 0


def takes_lines(node: Leaf, text: str) -> bool:
    """Return whether the lines of a text go to several fields."""
    kind = node.field.kind
    is_one_value = kind == "multiline" or (kind == "json" and _json(text) is not MISSING)
    return not is_one_value and (isinstance(node.parent, Items | Tuple) or is_name(node))


def spread(node: Leaf, text: str) -> Spread:
    """Give the lines of a text to a field and the ones after it.

    A JSON list gives its items, a JSON object its names and values.
    """
    parent = node.parent
    value = _json(text)
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if isinstance(parent, Tuple):
        return _into_tuple(parent, node, lines)
    if isinstance(parent, Items):
        return _into_list(parent, node, value if isinstance(value, list) else None, lines)
    assert parent is not None and isinstance(parent.parent, Pairs)
    return _into_map(parent.parent, parent, value if isinstance(value, dict) else None, lines)


def _into_tuple(around: Tuple, node: Leaf, lines: list[str]) -> Spread:
    last: FormNode = node
    places = [each for each in around.nodes if not each.field.rest]
    for each in places[next(place for place, each in enumerate(places) if each is node) :]:
        if lines and isinstance(each, Leaf):
            each.type_text(lines.pop(0))
            last = each
    more = around.nodes[-1]
    while lines and isinstance(more, Items) and len(more.nodes) < MOST_ITEMS:
        last = more.add()
        if isinstance(last, Leaf):
            last.type_text(lines.pop(0))
        else:
            break
    return Spread(around, around, last, len(lines))


def _into_list(around: Items, node: Leaf, values: Sequence[Json] | None, lines: Sequence[str]) -> Spread:
    at = around.place(node) or 0
    if not lines:
        return Spread(around, around, node)
    if not node.text:
        around.nodes.pop(at)
        around.touched = True
    else:
        at += 1
    count = len(lines) if values is None else len(values)
    if len(around.nodes) + count > MOST_ITEMS:
        before = [each.collect() for each in around.nodes]
        before[at:at] = [_parsed(around.item, line) for line in lines] if values is None else values
        new = give(around, [each for each in before if each is not MISSING])
        return Spread(around, new, new)
    last: FormNode = around
    for offset in range(count):
        last = around.add(MISSING if values is None else values[offset], at=at + offset)
        if values is None and isinstance(last, Leaf):
            last.type_text(lines[offset])
    return Spread(around, around, last)


def _into_map(around: Pairs, pair: FormNode, known: dict[str, Json] | None, lines: Sequence[str]) -> Spread:
    at = around.place(pair) or 0
    if not lines:
        return Spread(around, around, pair)
    field = around.item.fields[1]
    if known is None:
        found = [_PAIR.fullmatch(line) for line in lines]
        texts = [(each[1], each[2]) if each else (line, "") for each, line in zip(found, lines, strict=True)]
        known = {name: _parsed(field, text) for name, text in texts}
    if not around.name_of(pair) and pair.nodes[1].collect() in (MISSING, "", []):
        around.nodes.pop(at)
    else:
        at += 1
    if len(around.nodes) + len(known) > MOST_ITEMS:
        before = around.collect()
        given = {name: value for name, value in known.items() if value is not MISSING}
        new = give(around, {**(before if isinstance(before, dict) else {}), **given})
        return Spread(around, new, new)
    last: FormNode = around
    for offset, (name, value) in enumerate(known.items()):
        last = around.add({"name": name} if value is MISSING else {"name": name, "value": value}, at=at + offset)
    return Spread(around, around, last.nodes[1] if isinstance(last, Group) else last)


def _parsed(field: FormField, text: str) -> Json:
    try:
        return parse_text(field, text)
    except TextError:
        return text


def _json(text: str) -> Json:
    """Return the value of a JSON list or object, or MISSING."""
    try:
        value = parse_json(text)
    except JsonError:
        return MISSING
    return value if isinstance(value, dict | list) else MISSING
