"""A scrolling form: lazy rows, error display and focus handling."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget

from wftui.model.forms.state import Group, Items, Node, node_at
from wftui.tui.widgets.schema_form.field_row import FieldRow
from wftui.tui.widgets.schema_form.group_box import GroupBox
from wftui.tui.widgets.schema_form.items_box import ItemsBox
from wftui.tui.widgets.schema_form.layout.context import LABEL_SHARE, SHORTEST_LABEL, FormContext
from wftui.tui.widgets.schema_form.layout.label import label_length
from wftui.tui.widgets.schema_form.layout.lazy_column import LazyMount
from wftui.tui.widgets.schema_form.messages import FocusMoved


def _make(context: FormContext, node: Node, depth: int) -> Widget:
    if isinstance(node, Group):
        return GroupBox(context, node, depth)
    if isinstance(node, Items):
        return ItemsBox(context, node, depth)
    return FieldRow(context, node, depth)


def _longest_label(nodes: Sequence[Node], depth: int) -> int:
    """Return the width of the longest label in the top two levels."""
    found = SHORTEST_LABEL
    for node in nodes:
        found = max(found, label_length(node, depth))
        if isinstance(node, Group) and depth < 1:
            found = max(found, _longest_label(node.nodes, depth + 1))
    return found


class SchemaForm(VerticalScroll, can_focus=False):
    """Shows the nodes of a form; up and down move between fields."""

    DEFAULT_CSS = """
    SchemaForm { height: auto; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "app.focus_previous", "Previous field", show=False),
        Binding("down", "app.focus_next", "Next field", show=False),
    ]

    def __init__(self, root: Node) -> None:
        super().__init__()
        self._form_context = FormContext(_make)
        self._root = root
        self._top: Sequence[Node] = ()
        self._rows = LazyMount(self, ())

    async def on_mount(self) -> None:
        """Show the fields."""
        await self.show(self._root)

    async def show(self, root: Node) -> None:
        """Replace the form."""
        self._root = root
        self._top = root.nodes if isinstance(root, Group) else (root,)
        self._place_labels()
        self._rows.stop()
        async with self.batch():
            await self.remove_children()
            # Rows are direct children: Textual lays out only those in view.
            self._rows = LazyMount(self, [partial(self._form_context.make, node, 0) for node in self._top])
            await self._rows.start()
        self.focus_first()

    def focus_first(self) -> None:
        """Focus the first field."""
        first = self._form_context.widget_of(self._top[0]) if self._top else None
        if first is not None:
            first.focus_first()

    def on_focus_moved(self, _message: FocusMoved) -> None:
        """Scroll the field and its note into view, once it is laid out."""
        self.call_after_refresh(self._show_focused)

    def _show_focused(self) -> None:
        focused = self.screen.focused
        row = (
            next((part for part in focused.ancestors_with_self if isinstance(part, FieldRow)), focused)
            if focused
            else None
        )
        if row is not None and self in row.ancestors:
            row.scroll_visible(animate=False)

    def on_resize(self, _event: events.Resize) -> None:
        """Adapt the label column to the new width."""
        self._place_labels()

    def _place_labels(self) -> None:
        most = max(SHORTEST_LABEL, int(self.size.width * LABEL_SHARE))
        width = min(_longest_label(self._top, 0), most)
        if width != self._form_context.label_width:
            self._form_context.label_width = width
            for widget in self._form_context.shown.values():
                widget.place_label()

    async def show_problems(self, problems: Mapping[str, str]) -> list[str]:
        """Show errors at their fields.

        Args:
            problems: error messages by JSON Pointer; errors of other fields are cleared.

        Returns:
            The messages that belong to no field.
        """
        by_node: dict[int, list[str]] = {}
        unplaced: list[str] = []
        for pointer, sentence in problems.items():
            node = node_at(self._root, pointer)
            if node is self._root and isinstance(node, Group):
                unplaced.append(f"{pointer}: {sentence}" if pointer else sentence)
                continue
            await self._reveal(node)
            by_node.setdefault(id(node), []).append(sentence)
        for identity, widget in self._form_context.shown.items():
            widget.show_problem(" ".join(by_node.get(identity, [])))
        return unplaced

    async def focus_on(self, pointer: str) -> None:
        """Focus the field of a value."""
        node = node_at(self._root, pointer)
        await self._reveal(node)
        widget = self._form_context.widget_of(node)
        if widget is not None:
            widget.focus_first()

    async def _reveal(self, node: Node) -> None:
        """Mount and expand a node and its ancestors."""
        if self._form_context.widget_of(node) is not None and node.parent is self._root:
            return
        around: list[Node] = []
        while node.parent is not None:
            node = node.parent
            around.append(node)
        for outer in reversed(around):
            box = self._form_context.widget_of(outer)
            if isinstance(box, GroupBox | ItemsBox):
                await box.complete()
            elif outer is self._root:
                await self._rows.complete()
