"""Texts of a field: placeholder, note, summary."""

from textual.content import Content

from wftui.model.base import Json
from wftui.model.forms.fields import FormField
from wftui.model.forms.groups import Group
from wftui.model.forms.lists import Items, Pairs
from wftui.model.forms.nodes import FormNode, Leaf
from wftui.model.schema.facets import literal
from wftui.model.schema.json_schema import MISSING

_LONGEST_SAMPLE = 60


def placeholder(leaf: Leaf) -> str:
    """Return the placeholder of an empty field: null, default or example."""
    field = leaf.field
    if leaf.value is None:
        return "no value: null"
    if leaf.value == "":
        return 'empty text: ""'
    if field.default is not MISSING:
        return "default" if field.secret else f"default {_sample(field.default)}"
    if field.kind == "json" and field.types is not None and not field.takes_text:
        return "[…]" if field.types == {"array"} else "{…}"
    if field.examples and not field.secret:
        return f"e.g. {_sample(field.examples[0])}"
    return ""


def note(field: FormField) -> Content:
    """Return description and limits of a field; empty without any.

    The note of a list includes the limits of its items.
    """
    parts = [Content(field.description)] if field.description else []
    limits = list(field.hints)
    if field.item is not None and field.item.hints:
        limits.append(f"each: {', '.join(field.item.hints)}")
    if limits:
        hints = Content(", ".join(limits))
        parts.append(Content.assemble("(", hints, ")") if parts else hints)
    return Content(" ").join(parts)


def hidden_characters(leaf: Leaf) -> str:
    """Return which characters of a text cannot be seen; "" without any."""
    if leaf.text.isprintable() and _BLANK.isdisjoint(leaf.text):
        return ""
    shown = [name for name in map(_name_of, dict.fromkeys(leaf.text)) if name]
    if shown and leaf.field.secret:
        return "contains characters that cannot be seen"
    return f"contains {', '.join(shown[:_MOST_HIDDEN])}" if shown else ""


def _name_of(character: str) -> str:
    if character not in _BLANK and (character.isprintable() or character == "\n"):
        return ""
    return _CHARACTERS.get(character, f"U+{ord(character):04X}")


_MOST_HIDDEN = 4
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters without a shape."""
_CHARACTERS = {
    "\t": "a tab",
    "\r": "a carriage return",
    "\x1b": "an escape character",
    "\u00a0": "a no-break space",
    "\u200b": "a zero-width space",
    "\ufeff": "a byte order mark",
}

_KINDS = {
    "text": "text",
    "multiline": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "yes or no",
    "choice": "one of these",
    "choices": "any of these",
    "list": "list",
    "map": "names and values",
    "group": "group",
    "json": "JSON",
    "tuple": "list",
    "union": "one of several forms",
}


def type_description(node: FormNode) -> Content:
    """Return key, type and default of a field, for users of the command line."""
    field = node.field
    key = field.name or "item"
    words = ["secret " + _KINDS[field.kind] if field.secret else _KINDS[field.kind]]
    words += ["or null"] if field.nullable else []
    words += ["required" if field.required else "optional"] if field.name else []
    if field.default is not MISSING and not field.secret:
        words.append(f"default {_sample(field.default)}")
    elif field.examples and not field.secret:
        words.append(f"e.g. {_sample(field.examples[0])}")
    return Content.assemble((key, "bold"), "  ", ", ".join(words))


def container_state(node: FormNode) -> str:
    """Return a short state of a group or list, shown beside its label."""
    if isinstance(node, Leaf):
        return ""
    if node.is_null:
        return "null"
    if isinstance(node, Items):
        count = len(node.nodes)
        return "no items" if not count else f"{count} item{'' if count == 1 else 's'}"
    return "not set" if node.collect() is MISSING else ""


def summary(node: FormNode) -> str:
    """Return a one-line summary of a list item: its first texts."""
    if isinstance(node.parent, Pairs) and isinstance(node, Group):
        return summary(node.nodes[1])  # the label has the name
    value = node.collect(lambda leaf: "…" if leaf.field.secret or leaf.is_big else leaf.value)
    if isinstance(value, dict):
        plain = [literal(part) for part in value.values() if not isinstance(part, dict | list)]
        ids = [name for part in value.values() if isinstance(part, list) for name in _ids(part)]
        steps = [f"→ {', '.join(ids)}"] if ids else []
        return " ".join([", ".join(filter(None, plain[:3])), *steps]).strip().replace("\n", " ")
    return "" if value is MISSING else literal(value)


def _ids(values: list[Json]) -> list[str]:
    """Return the ids of the objects in a list."""
    return [str(each["id"]) for each in values if isinstance(each, dict) and "id" in each]


def _sample(value: object) -> str:
    text = literal(value).replace("\n", " ")
    return text if len(text) <= _LONGEST_SAMPLE else text[: _LONGEST_SAMPLE - 1] + "…"
