"""The words around a field: its label, what stands in it while it is empty, and the note under it."""

from textual.content import Content

from wftui.model.form_state import Items, Leaf, Node
from wftui.model.forms import FormField
from wftui.model.json_schema import MISSING
from wftui.model.schema_facts import literal

_LONGEST_SAMPLE = 60


def placeholder(leaf: Leaf) -> str:
    """What an empty field shows: null, the default that will hold, or an example."""
    field = leaf.field
    if leaf.value is None:
        return "null"
    if field.default is not MISSING:
        return "default" if field.secret else f"default {_sample(field.default)}"
    if field.kind == "json" and field.types is not None and not field.takes_text:
        return "[…]" if field.types == {"array"} else "{…}"
    if field.examples and not field.secret:
        return f"such as {_sample(field.examples[0])}"
    return ""


def note(field: FormField) -> Content:
    """Description and limits of a field, for a list also those of its items; empty when the schema says nothing."""
    parts = [Content(field.description)] if field.description else []
    limits = list(field.hints)
    if field.item is not None and field.item.hints:
        limits.append(f"each: {', '.join(field.item.hints)}")
    if limits:
        hints = Content(", ".join(limits))
        parts.append(Content.assemble("(", hints, ")") if parts else hints)
    return Content(" ").join(parts)


_KINDS = {
    "text": "text",
    "multiline": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "yes or no",
    "choice": "one of these",
    "choices": "any of these",
    "list": "list",
    "group": "group",
    "json": "JSON",
}


def facts_of(node: Node) -> Content:
    """What a person who types commands wants to know of a field: its key, what it takes, its default."""
    field = node.field
    key = field.name or "item"
    words = ["secret " + _KINDS[field.kind] if field.secret else _KINDS[field.kind]]
    words += ["or null"] if field.nullable else []
    words += ["required" if field.required else "optional"] if field.name else []
    if field.default is not MISSING and not field.secret:
        words.append(f"default {_sample(field.default)}")
    elif field.examples and not field.secret:
        words.append(f"such as {_sample(field.examples[0])}")
    return Content.assemble((key, "bold"), "  ", ", ".join(words))


def state_of(node: Node) -> str:
    """Beside the label of a group or list: what is in it, in a word or two."""
    if isinstance(node, Leaf):
        return ""
    if node.is_null:
        return "null"
    if isinstance(node, Items):
        count = len(node.nodes)
        return "no items" if not count else f"{count} item{'' if count == 1 else 's'}"
    return "not given" if node.collect() is MISSING else ""


def summary(node: Node) -> str:
    """One line that tells an item of a list from the others: its first texts."""
    value = node.collect(lambda leaf: "…" if leaf.field.secret or leaf.is_big else leaf.value)
    if isinstance(value, dict):
        shown = [literal(part) for part in value.values() if not isinstance(part, dict | list)]
        return ", ".join(filter(None, shown[:3])).replace("\n", " ")
    return "" if value is MISSING else literal(value)


def _sample(value: object) -> str:
    text = literal(value).replace("\n", " ")
    return text if len(text) <= _LONGEST_SAMPLE else text[: _LONGEST_SAMPLE - 1] + "…"
