"""Addresses of the parts of a form, and the errors of what was typed into them."""

from collections.abc import Iterable, Iterator

from wftui.model.forms.groups import Group, Tuple
from wftui.model.forms.lists import Items, Pairs
from wftui.model.forms.nodes import FormNode, Leaf
from wftui.model.forms.unions import Union
from wftui.model.json.pointers import list_position, pointer_parts, pointer_to
from wftui.model.schema.json_schema import MISSING


def leaves(node: FormNode) -> Iterator[Leaf]:
    """Yield all fields without fields of their own, in the order of the form."""
    yield from (each for each in every_node(node) if isinstance(each, Leaf))


def pointer_of(node: FormNode) -> str:
    """Return the pointer of a node's value in the value of the form."""
    parts: list[str | int] = []
    while node.parent is not None:
        parent = node.parent
        if isinstance(parent, Pairs):
            parts.append(parent.name_of(node))
        elif isinstance(parent.parent, Pairs):
            pass  # name and value of a pair have its address
        elif isinstance(parent, Union) or node.field.rest:
            pass  # what has no field of its own is an item or a property of the outer value
        elif isinstance(parent, Items):
            before = parent.nodes[: parent.place(node)]
            parts.append(sum(inner.collect() is not MISSING for inner in before) + _leading(parent))
        else:
            parts.append(node.field.name)
        node = parent
    return pointer_to(reversed(parts))


def _leading(items: Items) -> int:
    """Return the number of items in front of a list's own."""
    around = items.parent
    return sum(not inner.field.rest for inner in around.nodes) if isinstance(around, Tuple) and items.field.rest else 0


def node_at(root: FormNode, pointer: str) -> FormNode:
    """Return the node at a pointer, or the nearest one around it."""
    return located(root, pointer)[0]


def located(root: FormNode, pointer: str) -> tuple[FormNode, list[str]]:
    """Return the node nearest to a pointer, and the rest of the pointer."""
    node, parts = root, pointer_parts(pointer)
    while parts:
        found = _inner(node, parts[0])
        if found is None:
            break
        node, is_passed = found
        if is_passed:
            parts = parts[1:]
        elif isinstance(node, Leaf):
            break
    return _innermost(node), parts


def _innermost(node: FormNode) -> FormNode:
    """Return the chosen form of a union that is a field, as its errors are there."""
    while isinstance(node, Union) and node.nodes and isinstance(node.nodes[0], Leaf | Union):
        node = node.nodes[0]
    return node


def _inner(node: FormNode, part: str) -> tuple[FormNode, bool] | None:
    """Return the node of a part of a pointer; False if it is still outside of it."""
    if isinstance(node, Union):
        return (node.nodes[0], False) if node.nodes else None
    if isinstance(node, Pairs):
        value = node.value_of(part)
        return None if value is None else (value, True)
    if isinstance(node, Group):
        for inner in node.nodes:
            if inner.field.name == part and not inner.field.rest:
                return inner, True
        return next(((inner, False) for inner in node.nodes if inner.field.rest), None)
    if isinstance(node, Items) and (position := list_position(part)) is not None:
        present = [inner for inner in node.nodes if inner.collect() is not MISSING]
        place = position - _leading(node)
        return (present[place], True) if 0 <= place < len(present) else None
    return None


def in_form_order(root: FormNode, pointers: Iterable[str]) -> list[str]:
    """Return pointers in the order of their fields in the form."""
    places: dict[int, int] = {}

    def count(node: FormNode) -> None:
        places[id(node)] = len(places)
        for inner in node.nodes:
            count(inner)

    count(root)
    return sorted(pointers, key=lambda pointer: places[id(node_at(root, pointer))])


def text_problems(root: FormNode) -> Iterator[tuple[FormNode, str]]:
    """Yield the fields with invalid text, with the reason."""
    for node in every_node(root):
        if isinstance(node, Leaf) and node.problem:
            yield node, node.problem
        elif isinstance(node, Pairs):
            yield from node.problems()
        elif isinstance(node, Tuple):
            yield from ((gap, "Enter a value, since a later one is given.") for gap in node.gaps())


def every_node(node: FormNode) -> Iterator[FormNode]:
    """Yield a node and all nodes in it."""
    yield node
    for inner in node.nodes:
        yield from every_node(inner)
