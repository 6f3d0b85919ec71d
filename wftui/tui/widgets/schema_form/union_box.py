"""A value of one of several forms: a picker, and the fields of the chosen one."""

from dataclasses import replace
from functools import partial

from textual.app import ComposeResult
from textual.containers import Horizontal

from wftui.model.base import Json
from wftui.model.forms.fields import FormField
from wftui.model.forms.nodes import Leaf
from wftui.model.forms.unions import Union
from wftui.model.schema.facets import ValueChoice
from wftui.model.schema.json_schema import MISSING
from wftui.tui.widgets.schema_form.editors.choice_editor import TYPED, ChoiceEditor
from wftui.tui.widgets.schema_form.field_text import note
from wftui.tui.widgets.schema_form.layout.context import FormContext
from wftui.tui.widgets.schema_form.layout.header import Header
from wftui.tui.widgets.schema_form.layout.lazy_column import LazyColumn
from wftui.tui.widgets.schema_form.layout.node_view import NodeView
from wftui.tui.widgets.schema_form.messages import Edited, FocusMoved


class VariantPicker(ChoiceEditor):
    """Chooses one of the forms; text that names none goes to the one that is typed."""

    def __init__(self, box: "UnionBox") -> None:
        self._box = box
        self._is_typed_through = False
        super().__init__(Leaf(_choice(box.node.field), None, _chosen(box.node)))

    async def choose(self, value: Json) -> None:
        """Show the fields of a form; MISSING clears the value."""
        await self._box.choose(value)

    def give(self, value: Json) -> None:
        """Choose a form by its place."""
        self.leaf.give(value)
        self.refresh(layout=True)
        self.call_next(self.choose, value)

    def type_text(self, text: str) -> bool:
        """Send text to the field it has begun to fill, until that has the focus."""
        if not self._is_typed_through:
            return super().type_text(text)
        self.call_next(self._box.type_text, text)
        return True

    def on_blur(self) -> None:
        """Take keys as names of forms again."""
        self._is_typed_through = False

    def other_text(self, text: str) -> bool:
        """Choose the only form that is typed, and type the text there."""
        typed = [place for place, each in enumerate(self._box.node.field.variants) if each.field.kind in TYPED]
        if len(typed) != 1:
            return False
        self._is_typed_through = True
        self.give(typed[0])
        self.call_next(self._box.type_text, text)
        return True

    def watch_has_focus(self, has_focus: bool) -> None:
        """Show the description while the picker has the focus."""
        super().watch_has_focus(has_focus)
        self._box.show_description(has_focus)

    def on_focus(self) -> None:
        """Post the focus change."""
        self.post_message(FocusMoved(self._box.node))


class UnionBox(NodeView[Union]):
    """Label and picker, and the fields of the chosen form."""

    def __init__(self, context: FormContext, node: Union, depth: int) -> None:
        super().__init__(context, node, depth, note(node.field))
        self.picker = VariantPicker(self)
        self._header = Header(self, [self.picker, self._note])

    def compose(self) -> ComposeResult:
        """Compose the header and the chosen form."""
        with Horizontal(classes="head"):
            yield self._header
            yield from self._buttons
        yield self._body()

    def _body(self) -> LazyColumn:
        # A group shows its fields one level below itself; those of the whole form are at the top.
        depth = -1 if self.node.parent is None else self.depth
        return LazyColumn([partial(self._form_context.make, node, depth) for node in self.node.nodes])

    def on_mount(self) -> None:
        """Show the description of the chosen form."""
        self._describe()

    def place_label(self) -> None:
        """Adjust to a new label width."""
        self._header.place_label()

    def refresh_labels(self) -> None:
        """Update the label."""
        self._header.refresh(layout=True)

    async def choose(self, place: Json) -> None:
        """Choose a form by its place; MISSING clears the value, None makes it null."""
        if place is MISSING:
            self.node.clear()
        elif place is None:
            self.node.give_null()
        else:
            self.node.choose(place)
        self._describe()
        async with self.batch():
            await self.query_children(LazyColumn).remove()
            await self.mount(self._body())
        self.post_message(Edited(self.node))

    def type_text(self, text: str) -> None:
        """Type into the field of the chosen form, and focus it; without one, choose."""
        field = None if self.node.chosen is None else self._form_context.widget_of(self.node.nodes[0])
        if field is not None:
            field.type_text(text)
        else:
            self.picker.type_text(text)

    async def complete(self) -> None:
        """Mount all fields of the chosen form."""
        await self.query_children(LazyColumn).first().complete()

    def _describe(self) -> None:
        self._note.more = self.picker.described()

    def focus_first(self) -> None:
        """Focus the picker."""
        self.picker.focus(scroll_visible=False)


def _choice(field: FormField) -> FormField:
    """Return a field to choose a form by its place."""
    places = tuple(
        ValueChoice(place, variant.label, variant.description) for place, variant in enumerate(field.variants)
    )
    return replace(field, kind="choice", choices=places, variants=(), base=None, default=MISSING, bindable=False)


def _chosen(node: Union) -> Json:
    if node.is_null:
        return None
    return MISSING if node.chosen is None else node.chosen
