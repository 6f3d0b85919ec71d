"""The state of a form: a tree like its fields, from which its value is read.

Absent, empty, null and a default are different states: a field starts with its default, a cleared one is absent, null
and an empty value are only set on request. A value of another shape than its field's is kept unchanged, in a field for
JSON.
"""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import TypeAlias

from wftui.model.base import Json
from wftui.model.forms.fields import FormField, as_json_field
from wftui.model.forms.text import BIG, TextError, format_value, is_big, parse_text
from wftui.model.forms.variants import is_alike, suits, variant_of
from wftui.model.json.equality import is_same
from wftui.model.schema.json_schema import MISSING

MOST_ITEMS = 300
"""A list with more items than this is a field for JSON."""
_MOST_ROUNDS = 8
"""Rounds in which the fields of a group may bring in others."""

Show = Callable[["Leaf"], Json]
"""Returns a substitute for the value of a leaf."""


def build_form(form: FormField, value: Json = MISSING) -> "Node":
    """Return a form filled in with a value; absent values get their default."""
    return build_node(form, None, value, fill=True)


def rebuild_form(form: FormField, value: Json) -> "Node":
    """Return a form filled in with a value as it is: absent values stay absent."""
    return build_node(form, None, value, fill=False)


def build_node(field: FormField, parent: "Parent | None", value: Json, *, fill: bool) -> "Node":
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
            return Group(field, parent, value, fill=fill)
        case "tuple":
            return Tuple(field, parent, value, fill=fill)
        case "list":
            return Items(field, parent, value, fill=fill)
        case "map":
            return Pairs(field, parent, value, fill=fill)
        case "union":
            return Union(field, parent, value, fill=fill)
    return Leaf(field, parent, value)


class Leaf:
    """A field whose value has no fields of its own.

    Attributes:
        value: MISSING if absent.
        text: the editable text; empty for a big value.
        is_big: the value is too big to be shown (`form_text.BIG`).
        problem: the reason why the text is invalid, as a sentence; "" if it is valid.
    """

    def __init__(self, field: FormField, parent: "Parent | None", value: Json) -> None:
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
        if self.field.rest and self.value is not MISSING and not self.problem:
            is_list = self.field.types == frozenset({"array"})
            if not isinstance(self.value, list if is_list else dict):
                self.problem = "Write a JSON list: […]." if is_list else "Write a JSON object: {…}."

    def collect(self, show: Show | None = None) -> Json:
        """Return the value; MISSING if absent."""
        return self.value if show is None or self.value is MISSING else show(self)

    def differs(self) -> bool:
        """Return whether there is a value other than the default that is filled in."""
        return self.value is not MISSING and not (is_same(self.value, self.field.default) and _fills_in(self.field))


class Group:
    """An object with fields.

    Attributes:
        nodes: one for each field, in the order of the fields.
        given: it was given as a whole, and exists even if all its fields are absent.
        is_null: null was given instead of an object.
    """

    def __init__(self, field: FormField, parent: "Parent | None", value: Json, *, fill: bool) -> None:
        self.field = field
        self.parent = parent
        self.nodes: list[Node] = []
        self.unknown: dict[str, Json] = {}
        self._fields: tuple[FormField, ...] = ()
        self._put_aside: dict[str, Node] = {}
        self._fill(value, fill=fill)

    def _fill(self, value: Json, *, fill: bool) -> None:
        self.given = isinstance(value, Mapping | list)
        self.is_null = value is None
        known = self._named(value)
        # The fields of an absent group show their defaults, which apply once one of them is filled in. A bindable form,
        # such as that of a step, only writes what was entered.
        fill = fill or not (self.given or self.field.bindable)
        self._put_aside = {}
        self._fields = self.field.fields if self.field.live is None else self.field.live(known)
        self.nodes = self._built(known, fill=fill)
        for _ in range(_MOST_ROUNDS):
            if not self._follow(known, fill=fill):
                break

    def _named(self, value: Json) -> Mapping[str, Json]:
        """Return the values of the fields by their names."""
        return value if isinstance(value, Mapping) else {}

    def _built(self, known: Mapping[str, Json], *, fill: bool) -> "list[Node]":
        names = {inner.name for inner in self._fields if not inner.rest}
        others = {name: inner for name, inner in known.items() if name not in names}
        has_rest = any(inner.rest for inner in self._fields)
        self.unknown = {} if has_rest else others
        return [
            build_node(inner, self, (others or MISSING) if inner.rest else known.get(inner.name, MISSING), fill=fill)
            for inner in self._fields
        ]

    def follow(self) -> bool:
        """Show the fields that the value asks for; return whether they changed.

        What was typed into a field that goes comes back with it.
        """
        changed = False
        for _ in range(_MOST_ROUNDS):
            if not self._follow({}, fill=not self.field.bindable):
                break
            changed = True
        return changed

    def _follow(self, known: Mapping[str, Json], *, fill: bool) -> bool:
        if self.field.live is None:
            return False
        fields = self.field.live(self._contents(with_defaults=True))
        if len(fields) == len(self._fields) and all(map(_is, fields, self._fields)):
            return False
        before = dict(zip(((each.name, each.rest) for each in self._fields), self.nodes, strict=True))
        kept: list[Node] = []
        for inner in fields:
            node = before.pop((inner.name, inner.rest), None) or self._put_aside.pop(inner.name, None)
            if node is None:
                value = self.unknown.pop(inner.name, known.get(inner.name, MISSING))
                kept.append(build_node(inner, self, value, fill=fill))
            elif isinstance(node, Leaf) and inner.kind == node.field.kind and inner.choices == node.field.choices:
                node.field = inner  # its widget stays, with the cursor in it
                kept.append(node)
            else:
                same = node.field is inner
                kept.append(node if same else build_node(inner, self, node.collect(), fill=fill))
        for (name, _), node in before.items():
            if node.collect() is not MISSING:
                self._put_aside[name] = node
        self._fields = fields
        self.nodes = kept
        return True

    def clear(self) -> None:
        """Remove everything: the group is absent."""
        self._fill(MISSING, fill=False)

    def give_null(self) -> None:
        """Set null instead of an object."""
        self._fill(None, fill=False)

    def give_empty(self) -> None:
        """Set an object without properties."""
        self._fill({}, fill=False)

    def collect(self, show: Show | None = None) -> Json:
        """Return the object; MISSING if absent, None for null."""
        if self.is_null:
            return None
        is_meant = self.given or self.parent is None or self.differs()
        if not is_meant and not (self.field.required and self._has_something()):
            return MISSING
        return self._value(show)

    def _has_something(self) -> bool:
        """Return whether a required group has a value without being touched."""
        return any(node.field.required or node.collect() is not MISSING for node in self.nodes)

    def _value(self, show: Show | None) -> Json:
        return self._contents(show)

    def _contents(self, show: Show | None = None, *, with_defaults: bool = False) -> dict[str, Json]:
        """Return the object, whether it is absent or not."""
        found: dict[str, Json] = {}
        for node in self.nodes:
            value = node.collect(show)
            if value is MISSING and with_defaults:
                value = node.field.default
            if value is MISSING:
                continue
            if not node.field.rest:
                found[node.field.name] = value
            elif isinstance(value, Mapping):
                found = {**value, **found}
        if show is None or not self.field.hides:
            return {**found, **self.unknown}
        hidden = replace(self.field, kind="json", fields=(), live=None, secret=True)
        return {**found, **{name: show(Leaf(hidden, self, value)) for name, value in self.unknown.items()}}

    def differs(self) -> bool:
        """Return whether it holds anything other than defaults."""
        if self.is_null:
            return self.field.default is not None
        return self.given or any(node.differs() for node in self.nodes)


class Tuple(Group):
    """A list that begins with items of their own kinds, each with a field."""

    def _named(self, value: Json) -> Mapping[str, Json]:
        """Return the values of the fields by their places."""
        return {str(place): item for place, item in enumerate(value)} if isinstance(value, list) else {}

    def _built(self, known: Mapping[str, Json], *, fill: bool) -> "list[Node]":
        leading = [inner for inner in self._fields if not inner.rest]
        more = [*known.values()][len(leading) :]
        return [
            build_node(inner, self, (more or MISSING) if inner.rest else known.get(inner.name, MISSING), fill=fill)
            for inner in self._fields
        ]

    def _value(self, show: Show | None) -> Json:
        found: list[Json] = [node.collect(show) for node in self.nodes if not node.field.rest]
        more = next((node.collect(show) for node in self.nodes if node.field.rest), MISSING)
        found += more if isinstance(more, list) else []
        while found and found[-1] is MISSING:
            found.pop()
        return [None if item is MISSING else item for item in found]

    def gaps(self) -> "Iterator[Node]":
        """Yield the absent items before others."""
        seen = False
        for node in reversed(self.nodes):
            absent = node.collect() is MISSING
            if absent and seen and not node.field.rest:
                yield node
            seen = seen or not absent


class Items:
    """A list of items of one kind; absent items (empty lines) are left out.

    Attributes:
        given: it was given as a whole, and exists even without items.
        touched: a person has added or removed items; a list that nobody touched is absent, not empty.
    """

    def __init__(self, field: FormField, parent: "Parent | None", value: Json, *, fill: bool) -> None:
        self.field = field
        self.parent = parent
        self.touched = False
        self.given = isinstance(value, list)
        self.is_null = value is None
        assert field.item is not None
        self.item = field.item
        self.nodes: list[Node] = (
            [build_node(self.item, self, inner, fill=False) for inner in value] if self.given else []
        )
        if value is MISSING and field.required and fill:
            self.add()
        self.touched = False

    def clear(self) -> None:
        """Remove everything: the list is absent."""
        self.nodes.clear()
        self.given = self.is_null = self.touched = False

    def give_null(self) -> None:
        """Set null instead of a list."""
        self.clear()
        self.is_null = True

    def give_empty(self) -> None:
        """Set a list without items."""
        self.clear()
        self.given = True

    def add(self, value: Json = MISSING, at: int | None = None) -> "Node":
        """Insert an item, at the end or at a position; its default without a value."""
        self.is_null = False
        self.touched = True
        node = build_node(self.item, self, value, fill=not self.item.bindable)
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
        if found is MISSING or (is_same(found, self.field.default) and _fills_in(self.field)):
            return False
        return bool(found) or self.given


class Pairs(Items):
    """An object with names that a person gives: a list of pairs of name and value."""

    def __init__(self, field: FormField, parent: "Parent | None", value: Json, *, fill: bool) -> None:
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
        around = self.parent.nodes if self.field.rest and isinstance(self.parent, Group) else []
        taken = {node.field.name for node in around if not node.field.rest}
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
            elif name.text in taken:
                yield name, "This name has a field of its own."
            elif value.collect() is MISSING and isinstance(value, Leaf):
                yield value, "Write a value."
            names.add(name.text)


class Union:
    """A value of one of several forms.

    Attributes:
        chosen: the place of the form among the field's variants; None if none is chosen.
        nodes: the node of the chosen form.
        is_null: null was given.
    """

    def __init__(self, field: FormField, parent: "Parent | None", value: Json, *, fill: bool) -> None:
        self.field = field
        self.parent = parent
        self.is_null = value is None
        self.chosen: int | None = None
        self.nodes: list[Node] = []
        if value is not MISSING and value is not None:
            self.chosen = variant_of(field, value, MOST_ITEMS)
        self._show(value, fill=fill)

    def _show(self, value: Json, *, fill: bool) -> None:
        """Show the chosen form; without one, what all of them have."""
        field = self.field.base if self.chosen is None else self.field.variants[self.chosen].field
        self.nodes = [] if field is None or self.is_null else [build_node(field, self, value, fill=fill)]

    def choose(self, place: int) -> None:
        """Choose a form, with its defaults; values of fields that it shares are kept."""
        if place == self.chosen:
            return
        old = self.collect()
        self.is_null, self.chosen = False, place
        self._show(_carried(self.field.variants[place].field, old), fill=not self.field.bindable)
        node = self.nodes[0]
        if isinstance(node, Group):
            node.given = True
            for inner in node.nodes:
                if inner.field.fixed and isinstance(inner, Leaf):
                    inner.give(inner.field.choices[0].value)
            node.follow()

    def clear(self) -> None:
        """Choose none of the forms: the value is absent."""
        self.is_null, self.chosen = False, None
        self._show(MISSING, fill=False)

    def give_null(self) -> None:
        """Set null."""
        self.is_null, self.chosen, self.nodes = True, None, []

    def collect(self, show: Show | None = None) -> Json:
        """Return the value; MISSING if absent, None for null."""
        if self.is_null:
            return None
        value = self.nodes[0].collect(show) if self.nodes else MISSING
        return {} if value is MISSING and self.parent is None else value

    def differs(self) -> bool:
        """Return whether it holds anything other than the default."""
        value = self.collect()
        return value is not MISSING and not (is_same(value, self.field.default) and _fills_in(self.field))


Node: TypeAlias = Leaf | Group | Items | Union
Parent: TypeAlias = Group | Items | Union


def is_name(node: Node) -> bool:
    """Return whether a node is the name in a pair."""
    pair = node.parent
    return isinstance(pair, Group) and isinstance(pair.parent, Pairs) and node is pair.nodes[0]


def replace_node(node: Node, other: Node) -> None:
    """Replace a node in its parent."""
    assert node.parent is not None
    nodes = node.parent.nodes
    nodes[next(index for index, each in enumerate(nodes) if each is node)] = other


def as_json(node: Node) -> Leaf:
    """Return a field for JSON with the value of a node."""
    return Leaf(as_json_field(node.field), node.parent, node.collect())


def _carried(field: FormField, value: Json) -> Json:
    """Return what a newly chosen form takes over from the one before."""
    if field.kind == "group" and isinstance(value, Mapping):
        names = {inner.name for inner in field.fields if not inner.fixed}
        return {name: inner for name, inner in value.items() if name in names}
    return value if value is not MISSING and is_alike(field, value, MOST_ITEMS) else MISSING


def _fills_in(field: FormField) -> bool:
    """Return whether the form fills in the default of a field."""
    return not field.bindable


def _is(left: object, right: object) -> bool:
    return left is right
