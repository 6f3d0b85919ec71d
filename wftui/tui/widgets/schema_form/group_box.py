"""A collapsible group of fields: an object, or an object in a list."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from wftui.model.forms.groups import Group
from wftui.model.forms.lists import Items
from wftui.model.forms.nodes import FormNode, Leaf
from wftui.model.forms.unions import Union
from wftui.model.json.equality import is_same
from wftui.tui.display.glyphs import glyph
from wftui.tui.widgets.schema_form.field_text import container_state, note, summary
from wftui.tui.widgets.schema_form.layout.context import FormContext
from wftui.tui.widgets.schema_form.layout.label import label_lines
from wftui.tui.widgets.schema_form.layout.lazy_column import LazyColumn
from wftui.tui.widgets.schema_form.layout.node_view import NodeView
from wftui.tui.widgets.schema_form.layout.rearrange import rearrange
from wftui.tui.widgets.schema_form.messages import Edited, FocusMoved


class GroupHeader(Widget, can_focus=True):
    """Label of the group and a summary while collapsed; space toggles it."""

    DEFAULT_CSS = """
    GroupHeader {
        height: auto;
        width: 1fr;
        &:focus { background: $panel; background-tint: $primary 15%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "fold", "Fold/unfold"),
        Binding("left", "fold(True)", "Fold", show=False),
        Binding("right", "fold(False)", "Unfold", show=False),
        Binding("shift+f9", "clear", "Clear"),
        Binding("ctrl+n", "give_null", "Set null"),
    ]
    ALLOW_SELECT = False

    def __init__(self, box: "GroupBox") -> None:
        super().__init__()
        self._box = box

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer null and clearing only where they apply."""
        node = self._box.node
        if action == "give_null":
            return node.field.nullable
        if action == "clear":
            return not isinstance(node.parent, Items | Union)
        return super().check_action(action, parameters)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the lines of the label."""
        return len(self._lines(width))

    def render(self) -> Content:
        """Render the header."""
        return Content("\n").join(self._lines(self.content_size.width))

    def _lines(self, width: int) -> list[Content]:
        box = self._box
        sign = glyph(self, "▾" if box.is_open else "▸")
        label_width = box.label_width
        state = container_state(box.node) or ("" if box.is_open else summary(box.node))
        beside = Content.styled(state, "$foreground-muted").truncate(max(0, width - label_width - 1), ellipsis=True)
        first, *more = label_lines(self, box.node, box.depth, width if not state else label_width, sign=sign)
        return [first.pad_right(max(0, label_width + 1 - first.cell_length)) + beside, *more]

    def on_focus(self) -> None:
        """Post the focus change."""
        self.post_message(FocusMoved(self._box.node))

    async def action_fold(self, folded: bool | None = None) -> None:
        """Expand or collapse the group."""
        await self._box.unfold(not (self._box.is_open if folded is None else folded))

    async def action_clear(self) -> None:
        """Clear the group."""
        self._box.node.clear()
        await self._box.rebuild()

    async def action_give_null(self) -> None:
        """Set the value to null."""
        self._box.node.give_null()
        await self._box.rebuild()

    def watch_has_focus(self, has_focus: bool) -> None:
        """Show the description while the line has the focus."""
        super().watch_has_focus(has_focus)
        self._box.show_description(has_focus)

    async def on_click(self, _event: events.Click) -> None:
        """Toggle the group."""
        await self.action_fold()


class GroupBox(NodeView[Group]):
    """Header and fields; fields are mounted when first shown.

    The group of a union's variant has no header: that of the union names it.
    """

    def __init__(self, context: FormContext, node: Group, depth: int) -> None:
        super().__init__(context, node, depth, note(node.field))
        self.is_bare = isinstance(node.parent, Union)
        self.is_open = self.is_bare or node.field.required or node.given or node.differs()
        if isinstance(node.parent, Items):
            self.is_open = not node.given
        self.is_open = self.is_open or id(node) in context.around_problems
        self._header = GroupHeader(self)

    def compose(self) -> ComposeResult:
        """Compose header, note and, if expanded, the fields."""
        if not self.is_bare:
            with Horizontal(classes="head"):
                yield self._header
                yield from self._buttons
        yield self._note
        if self.is_open:
            yield self._column_of(self._fields_shown)

    @property
    def _fields_shown(self) -> list[FormNode]:
        """The nodes to show; a union's picker shows the constants of its variant."""
        return [node for node in self.node.nodes if not (node.field.fixed and self.is_bare and _is_known(node))]

    def place_label(self) -> None:
        """Adjust to a new label width."""
        self._note.styles.margin = (0, 0, 0, self.label_width)
        self._header.refresh(layout=True)

    def refresh_labels(self) -> None:
        """Update the header after its number or contents changed."""
        self._header.refresh(layout=True)

    async def unfold(self, is_open: bool) -> None:
        """Expand or collapse the fields."""
        self.is_open = is_open
        column = next(iter(self.query_children(LazyColumn)), None)
        if column is not None:
            column.display = is_open
        elif is_open:
            await self.mount(self._column_of(self._fields_shown))
        self._header.refresh(layout=True)

    async def complete(self) -> None:
        """Mount and show all fields."""
        if not self.is_open:
            await self.unfold(True)
        await self.query_children(LazyColumn).first().complete()

    async def rebuild(self) -> None:
        """Remount the fields after they were replaced."""
        await self.query_children(LazyColumn).remove()
        if self.is_open:
            await self.mount(self._column_of(self._fields_shown))
        self._header.refresh(layout=True)
        self.post_message(Edited(self.node))

    def focus_first(self) -> None:
        """Focus the header, or the first field without one."""
        first = self._form_context.widget_of(self._fields_shown[0]) if self.is_bare and self._fields_shown else None
        if first is not None:
            first.focus_first()
        elif not self.is_bare:
            self._header.focus()

    async def on_edited(self, _message: Edited) -> None:
        """Show the fields that the value asks for, and its state in the header."""
        if self.node.follow() and self.is_open:
            await self.complete()
            make = self._form_context.make
            column = self.query_children(LazyColumn).first()
            await rearrange(column, self._fields_shown, lambda node: make(node, self.depth + 1))
        self._header.refresh(layout=True)


def _is_known(node: FormNode) -> bool:
    """Return whether the value of a node is the only one it may have."""
    choices = node.field.choices
    return isinstance(node, Leaf) and len(choices) == 1 and is_same(node.value, choices[0].value)
