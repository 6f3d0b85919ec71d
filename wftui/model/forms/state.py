"""The state of a form: a tree like its fields, from which its value is read.

Absent, null and a default are three different states: a field starts with its default, a cleared one is absent, null
is only set on request where it is allowed. A value of another shape than its field's is kept unchanged, in a field for
JSON.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from typing import TypeAlias

from wftui.model.base import Json
from wftui.model.forms.fields import FormField, as_json_field
from wftui.model.forms.text import BIG, TextError, format_value, is_big, parse_text
from wftui.model.json.pointers import pointer_parts, pointer_to
from wftui.model.schema.json_schema import MISSING

MOST_ITEMS = 300
"""A list with more items than this is a field for JSON."""

Show = Callable[["Leaf"], Json]
"""Returns a substitute for the value of a leaf."""


def build_form(form: FormField, value: Json = MISSING) -> "Node":
    """Return a form filled in with a value; absent values get their default."""
    return _build(form, None, value, fill=True)


def rebuild_form(form: FormField, value: Json) -> "Node":
    """Return a form filled in with a value as it is: absent values stay absent."""
    return _build(form, None, value, fill=False)


def _build(field: FormField, parent: "Group | Items | None", value: Json, *, fill: bool) -> "Node":
    if value is MISSING and fill:
        value = deepcopy(field.default)
    empty = value is MISSING or (value is None and field.nullable)
    if field.kind == "group":
        if empty or isinstance(value, Mapping):
            return Group(field, parent, value, fill=fill)
    elif field.kind == "list":
        if empty or (isinstance(value, list) and len(value) <= MOST_ITEMS):
            return Items(field, parent, value, fill=fill)
    elif field.kind == "map":
        if empty or (isinstance(value, Mapping) and len(value) <= MOST_ITEMS):
            return Pairs(field, parent, value, fill=fill)
    elif field.kind in ("choice", "choices", "boolean") and not _can_be_chosen(field, value):
        return Leaf(as_json_field(field), parent, value)
    else:
        return Leaf(field, parent, value)
    return Leaf(as_json_field(field), parent, value)


def _can_be_chosen(field: FormField, value: Json) -> bool:
    if value is MISSING or (value is None and field.nullable):
        return True
    if field.kind == "boolean":
        return isinstance(value, bool)
    known = [choice.value for choice in field.choices]
    if field.kind == "choice":
        return _is_among(value, known)
    return isinstance(value, list) and all(_is_among(item, known) for item in value)


def _is_among(value: Json, known: list[Json]) -> bool:
    """Return whether JSON sees the value among others; Python takes true for 1."""
    return any(value == other and isinstance(value, bool) == isinstance(other, bool) for other in known)


class Leaf:
    """A field whose value has no fields of its own.

    Attributes:
        value: MISSING if absent.
        text: the editable text; empty for a big value.
        is_big: the value is too big to be shown (`form_text.BIG`).
        problem: the reason why the text is invalid, as a sentence; "" if it is valid.
    """

    def __init__(self, field: FormField, parent: "Group | Items | None", value: Json) -> None:
        self.field = field
        self.parent = parent
        self.value: Json = MISSING
        self.text = ""
        self.is_big = False
        self.problem = ""
        self.give(value)

    def give(self, value: Json) -> None:
        """Take a value as it is, whether it fits or not; MISSING clears the field."""
        self.value = value
        self.is_big = is_big(value)
        self.text = "" if self.is_big else format_value(self.field, value)
        self.problem = ""

    def type_text(self, text: str) -> None:
        """Take what a person typed."""
        self.text = text
        self.is_big = len(text) > BIG
        self.problem = ""
        try:
            self.value = parse_text(self.field, text)
        except TextError as problem:
            self.problem = str(problem)
            self.value = text
        if self.field.rest and self.value is not MISSING and not isinstance(self.value, dict) and not self.problem:
            self.problem = "Write a JSON object: {…}."

    def collect(self, show: Show | None = None) -> Json:
        """Return the value; MISSING if absent."""
        return self.value if show is None or self.value is MISSING else show(self)

    def differs(self) -> bool:
        """Return whether there is a value other than the default."""
        return self.value is not MISSING and self.value != self.field.default


class Group:
    """An object with fields.

    Attributes:
        nodes: one for each field, in the order of the fields.
        given: it was given as a whole, and exists even if all its fields are absent.
        is_null: null was given instead of an object.
    """

    def __init__(self, field: FormField, parent: "Group | Items | None", value: Json, *, fill: bool) -> None:
        self.field = field
        self.parent = parent
        self.nodes: list[Node] = []
        self.unknown: dict[str, Json] = {}
        self._fill(value, fill=fill)

    def _fill(self, value: Json, *, fill: bool) -> None:
        self.given = isinstance(value, Mapping)
        self.is_null = value is None
        known = value if isinstance(value, Mapping) else {}
        names = {inner.name for inner in self.field.fields if not inner.rest}
        others = {name: inner for name, inner in known.items() if name not in names}
        has_rest = any(inner.rest for inner in self.field.fields)
        self.unknown = {} if has_rest else others
        # The fields of an absent group show their defaults, which apply once one of them is filled in. A bindable form,
        # such as that of a step, only writes what was entered.
        fill = fill or not (self.given or self.field.bindable)
        self.nodes = [
            _build(inner, self, (others or MISSING) if inner.rest else known.get(inner.name, MISSING), fill=fill)
            for inner in self.field.fields
        ]

    def clear(self) -> None:
        """Remove everything: the group is absent (or empty, if required)."""
        self._fill(MISSING, fill=False)

    def give_null(self) -> None:
        """Set null instead of an object."""
        self._fill(None, fill=False)

    def collect(self, show: Show | None = None) -> Json:
        """Return the object; MISSING if absent, None for null."""
        if self.is_null:
            return None
        if not (self.given or self.field.required or self.parent is None or self.differs()):
            return MISSING
        found: dict[str, Json] = {}
        for node in self.nodes:
            value = node.collect(show)
            if value is MISSING:
                continue
            if not node.field.rest:
                found[node.field.name] = value
            elif isinstance(value, Mapping):
                found.update(value)
        return {**found, **self.unknown}

    def differs(self) -> bool:
        """Return whether it holds anything other than defaults."""
        if self.is_null:
            return self.field.default is not None
        return self.given or any(node.differs() for node in self.nodes)


class Items:
    """A list of items of one kind; absent items (empty lines) are left out.

    Attributes:
        touched: a person has added or removed items; a list that nobody touched is absent, not empty.
    """

    def __init__(self, field: FormField, parent: "Group | Items | None", value: Json, *, fill: bool) -> None:
        self.field = field
        self.parent = parent
        self.touched = False
        self.given = isinstance(value, list)
        self.is_null = value is None
        assert field.item is not None
        self.item = field.item
        self.nodes: list[Node] = [_build(self.item, self, inner, fill=False) for inner in value] if self.given else []
        if value is MISSING and field.required and fill:
            self.add()
        self.touched = False

    def give_null(self) -> None:
        """Set null instead of a list."""
        self.nodes.clear()
        self.given = False
        self.is_null = True

    def add(self, value: Json = MISSING, at: int | None = None) -> "Node":
        """Insert an item, at the end or at a position; its default without a value."""
        self.is_null = False
        self.touched = True
        node = _build(self.item, self, value, fill=True)
        self.nodes.insert(len(self.nodes) if at is None else at, node)
        return node

    def place(self, node: "Node") -> int | None:
        """Return the position of an item; None after its removal."""
        return next((index for index, other in enumerate(self.nodes) if other is node), None)

    def remove(self, node: "Node") -> None:
        """Remove an item; an optional list without items is absent."""
        self.nodes.remove(node)
        self.touched = True
        self.given = self.given and bool(self.nodes)

    def move(self, node: "Node", by: int) -> bool:
        """Move an item down (up if negative); return False at the end of the list."""
        old = self.nodes.index(node)
        new = old + by
        if not 0 <= new < len(self.nodes):
            return False
        self.nodes.insert(new, self.nodes.pop(old))
        return True

    def collect(self, show: Show | None = None) -> Json:
        """Return the list; MISSING if absent, None for null."""
        if self.is_null:
            return None
        found = [value for value in (node.collect(show) for node in self.nodes) if value is not MISSING]
        return found if found or self.given or self._is_emptied else MISSING

    @property
    def _is_emptied(self) -> bool:
        """True if the list is meant to be empty, rather than absent."""
        return self.touched and not self.nodes and (self.field.required or self.field.default is not MISSING)

    def differs(self) -> bool:
        """Return whether it holds anything other than the default."""
        if self.is_null:
            return self.field.default is not None
        found = self.collect()
        return found is not MISSING and found != self.field.default and (bool(found) or self.given)


class Pairs(Items):
    """An object with names that a person gives: a list of pairs of name and value."""

    def __init__(self, field: FormField, parent: "Group | Items | None", value: Json, *, fill: bool) -> None:
        pairs = (
            [{"name": name, "value": inner} for name, inner in value.items()] if isinstance(value, Mapping) else value
        )
        super().__init__(field, parent, pairs, fill=fill)

    def name_of(self, pair: "Node") -> str:
        """Return the name in a pair; empty until it is given."""
        name = pair.nodes[0] if isinstance(pair, Group) else None
        return name.text if isinstance(name, Leaf) else ""

    def value_of(self, name: str) -> "Node | None":
        """Return the field of the value of a name."""
        for pair in self.nodes:
            if isinstance(pair, Group) and self.name_of(pair) == name:
                return pair.nodes[1]
        return None

    def collect(self, show: Show | None = None) -> Json:
        """Return the object; MISSING if absent, None for null."""
        if self.is_null:
            return None
        found = {}
        for pair in self.nodes:
            value = pair.nodes[1].collect(show) if isinstance(pair, Group) else MISSING
            if value is not MISSING:
                found[self.name_of(pair)] = value
        return found if found or self.given or self._is_emptied else MISSING

    def problems(self) -> "Iterator[tuple[Leaf, str]]":
        """Yield the names that are missing or used twice, and the values that are missing."""
        names: set[str] = set()
        for pair in self.nodes:
            if not isinstance(pair, Group):
                continue
            name, value = pair.nodes
            assert isinstance(name, Leaf)
            if name.value is MISSING:
                if value.collect() is not MISSING:
                    yield name, "Write a name."
            elif name.text in names:
                yield name, "This name is used twice."
            elif value.collect() is MISSING and isinstance(value, Leaf):
                yield value, "Write a value."
            names.add(name.text)


Node: TypeAlias = Leaf | Group | Items


def leaves(node: Node) -> Iterator[Leaf]:
    """Yield all fields without fields of their own, in the order of the form."""
    if isinstance(node, Leaf):
        yield node
    else:
        for inner in node.nodes:
            yield from leaves(inner)


def pointer_of(node: Node) -> str:
    """Return the pointer of a node's value in the value of the form."""
    parts: list[str | int] = []
    while node.parent is not None:
        parent = node.parent
        if isinstance(parent, Pairs):
            parts.append(parent.name_of(node))
        elif isinstance(parent.parent, Pairs):
            pass  # name and value of a pair have its address
        elif isinstance(parent, Items):
            before = parent.nodes[: parent.place(node)]
            parts.append(sum(inner.collect() is not MISSING for inner in before))
        elif not node.field.rest:
            parts.append(node.field.name)
        node = parent
    return pointer_to(reversed(parts))


def node_at(root: Node, pointer: str) -> Node:
    """Return the node at a pointer, or the nearest one around it."""
    node = root
    for part in pointer_parts(pointer):
        found = _inner(node, part)
        if found is None:
            break
        node = found
        if node.field.rest:
            break
    return node


def _inner(node: Node, part: str) -> Node | None:
    if isinstance(node, Pairs):
        return node.value_of(part)
    if isinstance(node, Group):
        named = (inner for inner in node.nodes if inner.field.name == part and not inner.field.rest)
        rest = (inner for inner in node.nodes if inner.field.rest)
        return next(named, None) or next(rest, None)
    if isinstance(node, Items) and part.isdecimal():
        present = [inner for inner in node.nodes if inner.collect() is not MISSING]
        return present[int(part)] if int(part) < len(present) else None
    return None


def in_form_order(root: Node, pointers: Iterable[str]) -> list[str]:
    """Return pointers in the order of their fields in the form."""
    places: dict[int, int] = {}

    def count(node: Node) -> None:
        places[id(node)] = len(places)
        for inner in () if isinstance(node, Leaf) else node.nodes:
            count(inner)

    count(root)
    return sorted(pointers, key=lambda pointer: places[id(node_at(root, pointer))])


def text_problems(root: Node) -> Iterator[tuple[Leaf, str]]:
    """Yield the fields with invalid text, with the reason."""
    yield from ((leaf, leaf.problem) for leaf in leaves(root) if leaf.problem)
    yield from (problem for pairs in _all_pairs(root) for problem in pairs.problems())


def _all_pairs(node: Node) -> Iterator[Pairs]:
    if isinstance(node, Pairs):
        yield node
    for inner in () if isinstance(node, Leaf) else node.nodes:
        yield from _all_pairs(inner)
