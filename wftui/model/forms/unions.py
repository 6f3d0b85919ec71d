"""Values of one of several forms."""

from collections.abc import Mapping

from wftui.model.base import Json
from wftui.model.forms.fields import FormField
from wftui.model.forms.groups import Group
from wftui.model.forms.nodes import MOST_ITEMS, Build, FormNode, Leaf, Show
from wftui.model.forms.variants import is_alike, variant_of
from wftui.model.schema.json_schema import MISSING


class Union(FormNode):
    """A value of one of several forms.

    Attributes:
        chosen: the place of the form among the field's variants; None if none is chosen.
        nodes: the node of the chosen form.
    """

    def __init__(self, field: FormField, parent: FormNode | None, value: Json, *, fill: bool, build: Build) -> None:
        super().__init__(field, parent)
        self._build = build
        self.is_null = value is None
        self.chosen: int | None = None
        if value is not MISSING and value is not None:
            self.chosen = variant_of(field, value, MOST_ITEMS)
        self._show(value, fill=fill)

    def _show(self, value: Json, *, fill: bool) -> None:
        """Show the chosen form; without one, what all of them have."""
        field = self.field.base if self.chosen is None else self.field.variants[self.chosen].field
        self.nodes = [] if field is None or self.is_null else [self._build(field, self, value, fill=fill)]

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
        return value is not MISSING and not self.is_default(value)


def _carried(field: FormField, value: Json) -> Json:
    """Return what a newly chosen form takes over from the one before."""
    if field.kind == "group" and isinstance(value, Mapping):
        names = {inner.name for inner in field.fields if not inner.fixed}
        return {name: inner for name, inner in value.items() if name in names}
    return value if value is not MISSING and is_alike(field, value, MOST_ITEMS) else MISSING
