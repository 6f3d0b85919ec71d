"""A list with items that can be added, removed and reordered."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget

from wftui.model.forms.groups import Group
from wftui.model.forms.lists import Items
from wftui.model.forms.nodes import FormNode
from wftui.tui.widgets.schema_form.editors.choice_editor import takes
from wftui.tui.widgets.schema_form.field_text import container_state, note
from wftui.tui.widgets.schema_form.layout.context import FormContext, NodeWidget
from wftui.tui.widgets.schema_form.layout.header import Header
from wftui.tui.widgets.schema_form.layout.item_buttons import ItemButtons
from wftui.tui.widgets.schema_form.layout.lazy_column import LazyColumn
from wftui.tui.widgets.schema_form.layout.node_view import NodeView
from wftui.tui.widgets.schema_form.messages import Edited, FocusMoved


class AddLine(Widget, can_focus=True):
    """Adds an item at the end; text typed here is that of the new item."""

    DEFAULT_CSS = """
    AddLine {
        height: 1;
        padding: 0 1;
        color: $primary;
        &:focus { background: $panel; background-tint: $primary 15%; text-style: bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "add", "Add an item"),
        Binding("space", "add", show=False),
        Binding("ctrl+n", "give_null", "Set null"),
    ]
    ALLOW_SELECT = False

    def __init__(self, box: "ItemsBox") -> None:
        super().__init__()
        self._box = box
        self._added: FormNode | None = None
        """The item that takes what is typed, until it has the focus."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer null only where the schema allows it."""
        return self._box.node.field.nullable if action == "give_null" else super().check_action(action, parameters)

    def render(self) -> Content:
        """Render the line."""
        return Content("+ add an item")

    def on_focus(self) -> None:
        """Post the focus change."""
        self.post_message(FocusMoved(self._box.node))

    def watch_has_focus(self, has_focus: bool) -> None:
        """Show the description while the line has the focus."""
        super().watch_has_focus(has_focus)
        self._box.show_description(has_focus)

    def on_blur(self) -> None:
        """Add another item for what is typed next."""
        self._added = None

    async def on_key(self, event: events.Key) -> None:
        """Add an item for text that is typed here."""
        text = event.character if event.is_printable else None
        if not text or (self._added is None and not (text.strip() and takes(self._box.node.item, text))):
            return
        event.stop()
        event.prevent_default()
        if self._added is None:
            self._added = await self._box.add()
        self._box.type_text_into(self._added, text)

    async def action_add(self) -> None:
        """Add an item and focus it."""
        await self._box.add()

    async def action_give_null(self) -> None:
        """Set the value to null."""
        self._box.node.give_null()
        await self._box.rebuild()

    async def on_click(self, _event: events.Click) -> None:
        """Add an item."""
        await self._box.add()


class ItemsBox(NodeView[Items]):
    """Header, items and add line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f9", "add", "Add", tooltip="Add an item after this one"),
        Binding("shift+f9", "remove", "Remove", tooltip="Remove this item"),
        Binding("alt+up", "move(-1)", "Move up", tooltip="Move this item up"),
        Binding("alt+down", "move(1)", "Move down", tooltip="Move this item down"),
        Binding("ctrl+up", "move(-1)", show=False),
        Binding("ctrl+down", "move(1)", show=False),
    ]

    def __init__(self, context: FormContext, node: Items, depth: int) -> None:
        super().__init__(context, node, depth, note(node.field))
        self._first_line = AddLine(self)
        self._header = Header(self, [self._first_line, self._note])
        self._add_line = AddLine(self)

    def compose(self) -> ComposeResult:
        """Compose header, items and add line."""
        with Horizontal(classes="head"):
            yield self._header
            yield from self._buttons
        yield self._column_of(self.node.nodes)
        yield self._add_line

    @property
    def _column(self) -> LazyColumn:
        return self.query_children(LazyColumn).first()

    def place_label(self) -> None:
        """Adjust to a new label width."""
        self._add_line.styles.margin = (0, 0, 0, self.label_width)
        self.refresh_labels()

    def refresh_labels(self) -> None:
        """Update number of items and add lines."""
        is_empty = not self.node.nodes
        state = container_state(self.node)
        self._note.more = "" if state == "no items" else state
        self._first_line.display = is_empty
        self._add_line.display = not is_empty
        self._header.place_label()

    async def complete(self) -> None:
        """Mount all items."""
        await self._column.complete()

    async def rebuild(self) -> None:
        """Remount the items after they were replaced."""
        await self._column.remove()
        await self.mount(self._column_of(self.node.nodes), before=self._add_line)
        self._changed()

    def focus_first(self) -> None:
        """Focus the first item, or the add line."""
        first = self._form_context.widget_of(self.node.nodes[0]) if self.node.nodes else None
        if first is None:
            self._first_line.focus()
        else:
            first.focus_first()

    async def add(self, after: FormNode | None = None) -> FormNode:
        """Insert an item after another one or at the end, focus and return it."""
        await self.complete()
        place = None if after is None else self.node.place(after)
        at = len(self.node.nodes) if place is None else place + 1
        node = self.node.add(at=at)
        before = at if at < len(self._column.children) else None
        await self._column.mount(self._form_context.make(node, self.depth + 1), before=before)
        self._changed()
        self._enter(node)
        return node

    async def remove_item(self, node: FormNode) -> None:
        """Remove an item; focus the one that takes its place."""
        await self.complete()
        at = self.node.place(node)
        if at is None:
            return
        self.node.remove(node)
        await self._column.children[at].remove()
        self._changed()
        if self.node.nodes:
            self._enter(self.node.nodes[min(at, len(self.node.nodes) - 1)])
        else:
            self._first_line.focus()

    async def move_item(self, node: FormNode, by: int) -> None:
        """Move an item up or down, keeping the focus."""
        await self.complete()
        old = self.node.place(node)
        if old is None or not self.node.move(node, by):
            self.app.bell()
            return
        if by > 0:
            self._column.move_child(old, after=old + by)
        else:
            self._column.move_child(old, before=old + by)
        self._changed()

    def type_text_into(self, item: FormNode, text: str) -> None:
        """Type into the first field of an item, and focus it."""
        widget = self._first_field(item)
        if widget is not None:
            widget.type_text(text)

    def _enter(self, node: FormNode) -> None:
        """Focus the first field of an item."""
        widget = self._first_field(node)
        if widget is not None:
            widget.focus_first()

    def _first_field(self, node: FormNode) -> NodeWidget | None:
        while isinstance(node, Group) and node.nodes and self._form_context.widget_of(node.nodes[0]) is not None:
            node = node.nodes[0]
        return self._form_context.widget_of(node)

    def _item_of(self, widget: Widget | None) -> FormNode | None:
        """Return the item that contains a widget."""
        for part in widget.ancestors_with_self if widget is not None else ():
            if isinstance(part, NodeView) and part.node.parent is self.node:
                node: FormNode = part.node
                return node
        return None

    def _changed(self) -> None:
        self.refresh_labels()
        for child in self._column.children:
            if isinstance(child, NodeView):
                child.refresh_labels()
        self.post_message(Edited(self.node))

    async def action_add(self) -> None:
        """Add an item after the focused one."""
        await self.add(self._item_of(self.screen.focused))

    async def action_remove(self) -> None:
        """Remove the focused item; an item that is a list itself from its own place."""
        node = self._item_of(self.screen.focused)
        if node is not None:
            await self.remove_item(node)
        elif (outer := self._outer()) is not None:
            await outer.action_remove()

    async def action_move(self, by: int) -> None:
        """Move the focused item."""
        node = self._item_of(self.screen.focused)
        if node is not None:
            await self.move_item(node, by)
        elif (outer := self._outer()) is not None:
            await outer.action_move(by)

    def _outer(self) -> "ItemsBox | None":
        """Return the list that has this one as an item, or in one."""
        return next((part for part in self.ancestors if isinstance(part, ItemsBox)), None)

    async def on_item_buttons_pressed(self, message: ItemButtons.Pressed) -> None:
        """Apply the clicked button."""
        message.stop()
        if message.action == "remove":
            await self.remove_item(message.node)
        else:
            await self.move_item(message.node, -1 if message.action == "up" else 1)
