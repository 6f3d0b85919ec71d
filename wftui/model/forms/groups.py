"""Objects and tuples of a form: values with fields of their own kinds."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from wftui.model.base import Json
from wftui.model.forms.fields import FormField
from wftui.model.forms.nodes import Build, FormNode, Leaf, Show
from wftui.model.schema.json_schema import MISSING

_MOST_ROUNDS = 8
"""Rounds in which the fields of a group may bring in others."""


class Group(FormNode):
    """An object with fields.

    Attributes:
        nodes: one for each field, in the order of the fields.
        given: it was given as a whole, and exists even if all its fields are absent.
    """

    def __init__(self, field: FormField, parent: FormNode | None, value: Json, *, fill: bool, build: Build) -> None:
        super().__init__(field, parent)
        self._build = build
        self.unknown: dict[str, Json] = {}
        self._fields: tuple[FormField, ...] = ()
        self._put_aside: dict[str, FormNode] = {}
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

    def _built(self, known: Mapping[str, Json], *, fill: bool) -> list[FormNode]:
        names = {inner.name for inner in self._fields if not inner.rest}
        others = {name: inner for name, inner in known.items() if name not in names}
        has_rest = any(inner.rest for inner in self._fields)
        self.unknown = {} if has_rest else others
        return [
            self._build(inner, self, (others or MISSING) if inner.rest else known.get(inner.name, MISSING), fill=fill)
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
        kept: list[FormNode] = []
        for inner in fields:
            node = before.pop((inner.name, inner.rest), None) or self._put_aside.pop(inner.name, None)
            if node is None:
                value = self.unknown.pop(inner.name, known.get(inner.name, MISSING))
                kept.append(self._build(inner, self, value, fill=fill))
            elif isinstance(node, Leaf) and inner.kind == node.field.kind and inner.choices == node.field.choices:
                node.field = inner  # its widget stays, with the cursor in it
                kept.append(node)
            else:
                same = node.field is inner
                kept.append(node if same else self._build(inner, self, node.collect(), fill=fill))
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

    def _built(self, known: Mapping[str, Json], *, fill: bool) -> list[FormNode]:
        leading = [inner for inner in self._fields if not inner.rest]
        more = [*known.values()][len(leading) :]
        return [
            self._build(inner, self, (more or MISSING) if inner.rest else known.get(inner.name, MISSING), fill=fill)
            for inner in self._fields
        ]

    def _value(self, show: Show | None) -> Json:
        found: list[Json] = [node.collect(show) for node in self.nodes if not node.field.rest]
        more = next((node.collect(show) for node in self.nodes if node.field.rest), MISSING)
        found += more if isinstance(more, list) else []
        while found and found[-1] is MISSING:
            found.pop()
        return [None if item is MISSING else item for item in found]

    def gaps(self) -> Iterator[FormNode]:
        """Yield the absent items before others."""
        seen = False
        for node in reversed(self.nodes):
            absent = node.collect() is MISSING
            if absent and seen and not node.field.rest:
                yield node
            seen = seen or not absent


def _is(left: object, right: object) -> bool:
    return left is right
