"""Lists and maps of a form: values with items of one kind."""

from collections.abc import Iterator, Mapping

from wftui.model.base import Json
from wftui.model.forms.fields import FormField
from wftui.model.forms.groups import Group
from wftui.model.forms.nodes import Build, FormNode, Leaf, Show
from wftui.model.schema.json_schema import MISSING


class Items(FormNode):
    """A list of items of one kind; absent items (empty lines) are left out.

    Attributes:
        given: it was given as a whole, and exists even without items.
        touched: a person has added or removed items; a list that nobody touched is absent, not empty.
    """

    def __init__(self, field: FormField, parent: FormNode | None, value: Json, *, fill: bool, build: Build) -> None:
        super().__init__(field, parent)
        self._build = build
        self.touched = False
        self.given = isinstance(value, list)
        self.is_null = value is None
        assert field.item is not None
        self.item = field.item
        self.nodes = [self._build(self.item, self, inner, fill=False) for inner in value] if self.given else []
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

    def add(self, value: Json = MISSING, at: int | None = None) -> FormNode:
        """Insert an item, at the end or at a position; its default without a value."""
        self.is_null = False
        self.touched = True
        node = self._build(self.item, self, value, fill=not self.item.bindable)
        self.nodes.insert(len(self.nodes) if at is None else at, node)
        return node

    def place(self, node: FormNode) -> int | None:
        """Return the position of an item; None after its removal."""
        return next((index for index, other in enumerate(self.nodes) if other is node), None)

    def remove(self, node: FormNode) -> None:
        """Remove an item; an optional list without items is absent."""
        self.nodes.remove(node)
        self.touched = True
        self.given = self.given and bool(self.nodes)

    def move(self, node: FormNode, by: int) -> bool:
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
        if found is MISSING or self.is_default(found):
            return False
        return bool(found) or self.given


class Pairs(Items):
    """An object with names that a person gives: a list of pairs of name and value."""

    def __init__(self, field: FormField, parent: FormNode | None, value: Json, *, fill: bool, build: Build) -> None:
        pairs = (
            [{"name": name, "value": inner} for name, inner in value.items()] if isinstance(value, Mapping) else value
        )
        super().__init__(field, parent, pairs, fill=fill, build=build)

    def name_of(self, pair: FormNode) -> str:
        """Return the name in a pair; empty until it is given."""
        name = pair.nodes[0] if isinstance(pair, Group) else None
        return name.text if isinstance(name, Leaf) else ""

    def value_of(self, name: str) -> FormNode | None:
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

    def problems(self) -> Iterator[tuple[FormNode, str]]:
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
                    yield name, "Enter a name."
            elif name.text in names:
                yield name, "This name is used twice."
            elif name.text in taken:
                yield name, "This name has a field of its own."
            elif value.collect() is MISSING:
                yield value, "Enter a value."
            names.add(name.text)


def is_name(node: FormNode) -> bool:
    """Return whether a node is the name in a pair."""
    pair = node.parent
    return isinstance(pair, Group) and isinstance(pair.parent, Pairs) and node is pair.nodes[0]
