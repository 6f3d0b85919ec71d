"""Other ways to give a value: absent, default, null, empty, as JSON, in fields."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass

from wftui.model.base import Json
from wftui.model.forms.fields import FormField
from wftui.model.forms.lists import Items, Pairs, is_name
from wftui.model.forms.nodes import FormNode, Leaf, as_json, replace_node
from wftui.model.forms.state import build_node
from wftui.model.forms.unions import Union
from wftui.model.schema.json_schema import MISSING

_CHOSEN = frozenset({"boolean", "choice", "choices"})
"""Kinds of values that take a key to choose again."""
_MOST_NESTED = 4
"""Levels of a skeleton."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to give the value of a node.

    Attributes:
        take: changes the form, and returns the node that has the value now.
    """

    label: str
    description: str
    take: Callable[[], FormNode]


def ways_of(node: FormNode) -> Iterator[Way]:
    """Yield the ways to give the value of a node, other than typing it."""
    field = node.field
    if isinstance(node.parent, Pairs) or is_name(node):
        return
    is_item = isinstance(node.parent, Items)
    if node.collect() is not MISSING and not is_item:
        yield Way("Absent", "no value is given", lambda: _built(node, MISSING))
    if field.default is not MISSING:
        yield Way("Default", "the value of the schema", lambda: _built(node, deepcopy(field.default)))
    if field.nullable:
        yield Way("Null", "null is given", lambda: _built(node, None))
    if field.kind in ("text", "multiline", "json") and field.takes_text:
        yield Way("Empty text", 'the text "" is given', lambda: _built(node, ""))
    if _takes(field, "array"):
        yield Way("Empty list", "the list [] is given", lambda: _built(node, []))
    if _takes(field, "object"):
        yield Way("Empty object", "the object {} is given", lambda: _built(node, {}))
    if field.shape is not None:
        yield Way("In fields", "instead of JSON", lambda: _in_fields(node))
    elif field.kind != "json" and node.parent is not None and not isinstance(node.parent, Union):
        yield Way(
            "As JSON",
            "instead of fields, or with an expression" if field.bindable else "instead of fields",
            lambda: _as_json(node),
        )


def give(node: FormNode, value: Json) -> FormNode:
    """Give a node a value as it is; return the node that has it now."""
    return _built(node, value)


def bind(node: FormNode, text: str, *, bare: bool) -> tuple[FormNode, FormNode] | None:
    """Give a node an expression as its value, unless that would drop what is in it.

    Args:
        bare: the text has no braces; a form of the value that is a text takes it.

    Returns:
        The node that had the value, and the one that has it now; None if nothing was changed.
    """
    while isinstance(node.parent, Union):
        node = node.parent
    if isinstance(node.parent, Pairs):
        node = node.nodes[1]
    keeps = node.field.kind not in _CHOSEN and node.differs()
    if node.parent is None or is_name(node) or keeps:
        return None
    if bare and isinstance(node, Union):
        place = next((at for at, each in enumerate(node.field.variants) if each.field.kind == "text"), None)
        if place is None:
            return None
        node.choose(place)
        return node, give(node.nodes[0], text).parent or node
    leaf = as_json(node)
    leaf.type_text(text)
    return node, _put(node, leaf)


def _takes(field: FormField, name: str) -> bool:
    kinds = {"array": ("list", "choices"), "object": ("group", "map")}
    return field.kind in kinds[name] or (field.kind == "json" and (field.types is None or name in field.types))


def _built(node: FormNode, value: Json) -> FormNode:
    """Give a node a value; one with parts is replaced."""
    if isinstance(node, Leaf):
        node.give(value)
        return node
    if isinstance(node, Union) and value is MISSING:
        node.clear()
        return node
    made = build_node(node.field, node.parent, value, fill=False)
    if isinstance(made, Items) and value is MISSING:
        made.touched = False
    return _put(node, made)


def _as_json(node: FormNode) -> FormNode:
    leaf = as_json(node)
    if leaf.value is MISSING:
        leaf.give(skeleton(node.field))
    return _put(node, leaf)


def _in_fields(node: FormNode) -> FormNode:
    shape = node.field.shape
    assert shape is not None
    value = node.collect()
    return _put(node, build_node(shape, node.parent, MISSING if value == skeleton(shape) else value, fill=False))


def _put(node: FormNode, other: FormNode) -> FormNode:
    if node.parent is not None:
        replace_node(node, other)
    return other


def skeleton(field: FormField, depth: int = 0) -> Json:
    """Return a value of the shape of a field, to be filled in."""
    if field.default is not MISSING:
        return deepcopy(field.default)
    match field.kind:
        case "group" if depth < _MOST_NESTED:
            inner = [each for each in field.fields if not each.rest]
            needed = [each for each in inner if each.required or each.fixed]
            needed = needed or [each for each in inner if each.kind != "union"]
            return {each.name: skeleton(each, depth + 1) for each in needed}
        case "tuple" if depth < _MOST_NESTED:
            return [skeleton(each, depth + 1) for each in field.fields if not each.rest]
        case "list" if depth < _MOST_NESTED and field.item is not None:
            return [skeleton(field.item, depth + 1)]
        case "map" if depth < _MOST_NESTED and field.item is not None:
            return {"name": skeleton(field.item.fields[1], depth + 1)}
        case "union" if depth < _MOST_NESTED:
            return skeleton(field.variants[0].field, depth + 1)
        case "group" | "map":
            return {}
        case "tuple" | "list" | "choices":
            return []
        case "choice":
            return field.choices[0].value
        case "boolean":
            return False
        case "integer" | "number":
            return 0 if field.minimum is None else field.minimum
    if field.kind == "json" and field.types == frozenset({"object"}):
        return {}
    return [] if field.kind == "json" and field.types == frozenset({"array"}) else ""
