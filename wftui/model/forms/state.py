"""The state of a form: a tree like its fields, from which its value is read.

Absent, empty, null and a default are different states: a field starts with its default, a cleared one is absent, null
and an empty value are only set on request.
"""

from copy import deepcopy

from wftui.model.base import Json
from wftui.model.forms.fields import FormField, as_json_field
from wftui.model.forms.groups import Group, Tuple
from wftui.model.forms.lists import Items, Pairs
from wftui.model.forms.nodes import MOST_ITEMS, FormNode, Leaf
from wftui.model.forms.unions import Union
from wftui.model.forms.variants import suits
from wftui.model.schema.json_schema import MISSING


def build_form(form: FormField, value: Json = MISSING) -> FormNode:
    """Return a form filled in with a value; absent values get their default."""
    return build_node(form, None, value, fill=True)


def rebuild_form(form: FormField, value: Json) -> FormNode:
    """Return a form filled in with a value as it is: absent values stay absent."""
    return build_node(form, None, value, fill=False)


def build_node(field: FormField, parent: FormNode | None, value: Json, *, fill: bool) -> FormNode:
    """Return the node of a field.

    Args:
        fill: an absent value gets its default.
    """
    if value is MISSING and fill:
        value = deepcopy(field.default)
    empty = value is MISSING or (value is None and field.nullable)
    if not empty and not suits(field, value, MOST_ITEMS):
        return Leaf(as_json_field(field), parent, value)
    match field.kind:
        case "group":
            return Group(field, parent, value, fill=fill, build=build_node)
        case "tuple":
            return Tuple(field, parent, value, fill=fill, build=build_node)
        case "list":
            return Items(field, parent, value, fill=fill, build=build_node)
        case "map":
            return Pairs(field, parent, value, fill=fill, build=build_node)
        case "union":
            return Union(field, parent, value, fill=fill, build=build_node)
    return Leaf(field, parent, value)
