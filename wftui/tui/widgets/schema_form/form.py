"""A scrolling form: lazy rows, error display and focus handling."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.geometry import Offset, Region
from textual.widget import Widget

from wftui.model.forms.addresses import located, node_at, pointer_of
from wftui.model.forms.groups import Group
from wftui.model.forms.lists import Items
from wftui.model.forms.nodes import FormNode, Leaf
from wftui.model.forms.pasting import spread, takes_lines
from wftui.model.forms.text import TextError
from wftui.model.forms.unions import Union
from wftui.model.forms.ways import give
from wftui.tui.widgets.path_prompt import PathPrompt
from wftui.tui.widgets.picker import Picker
from wftui.tui.widgets.schema_form.field_row import FieldRow
from wftui.tui.widgets.schema_form.file_value import value_of_file
from wftui.tui.widgets.schema_form.group_box import GroupBox
from wftui.tui.widgets.schema_form.items_box import ItemsBox
from wftui.tui.widgets.schema_form.layout.context import LABEL_SHARE, SHORTEST_LABEL, FormContext
from wftui.tui.widgets.schema_form.layout.label import label_length
from wftui.tui.widgets.schema_form.layout.node_view import NodeView
from wftui.tui.widgets.schema_form.layout.row_window import RowWindow
from wftui.tui.widgets.schema_form.messages import Edited, FocusMoved, Pasted, WaysAsked
from wftui.tui.widgets.schema_form.union_box import UnionBox


def _make(context: FormContext, node: FormNode, depth: int) -> Widget:
    if isinstance(node, Group):
        return GroupBox(context, node, depth)
    if isinstance(node, Items):
        return ItemsBox(context, node, depth)
    if isinstance(node, Union):
        return UnionBox(context, node, depth)
    assert isinstance(node, Leaf)
    return FieldRow(context, node, depth)


def _longest_label(nodes: Sequence[FormNode], depth: int) -> int:
    """Return the width of the longest label in the top levels."""
    found = SHORTEST_LABEL
    for node in nodes:
        found = max(found, label_length(node, depth))
        if not isinstance(node, Leaf) and depth < _MEASURED:
            inner = (
                [each for item in node.nodes[:1] for each in _parts(item)] if isinstance(node, Items) else _parts(node)
            )
            found = max(found, _longest_label(inner, depth + 1))
    return found


def _parts(node: FormNode) -> Sequence[FormNode]:
    """Return the nodes below a node, those of its variant for a union."""
    if isinstance(node, Union):
        return [part for inner in node.nodes for part in _parts(inner)]
    return () if isinstance(node, Leaf) else node.nodes


def _around(node: FormNode) -> list[FormNode]:
    """Return the nodes around a node, the nearest first."""
    found: list[FormNode] = []
    while node.parent is not None:
        node = node.parent
        found.append(node)
    return found


_MEASURED = 3
"""Levels whose labels decide on the width of the column."""


class SchemaForm(VerticalScroll, can_focus=False):
    """Shows the nodes of a form; up and down move between fields."""

    DEFAULT_CSS = """
    SchemaForm { height: auto; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "app.focus_previous", "Previous field", show=False),
        Binding("down", "app.focus_next", "Next field", show=False),
    ]

    def __init__(self, root: FormNode, *, takes_objects: bool = False) -> None:
        super().__init__()
        self._takes_objects = takes_objects
        self._form_context = FormContext(_make)
        self._root = root
        self._top: Sequence[FormNode] = ()
        self._rows = RowWindow(self, (), self._row)

    def _row(self, node: FormNode) -> Widget:
        return self._form_context.make(node, 0)

    async def on_mount(self) -> None:
        """Show the fields."""
        await self.show(self._root)

    async def show(self, root: FormNode) -> None:
        """Replace the form."""
        self._root = root
        self._top = root.nodes if isinstance(root, Group) else (root,)
        if self._takes_objects:
            self._form_context.names = frozenset(node.field.name for node in self._top)
        self._place_labels()
        self._rows.stop()
        async with self.batch():
            await self.remove_children()
            # Rows are direct children: Textual lays out only those in view.
            self._rows = RowWindow(self, self._top, self._row)
            await self._rows.start()
        self.focus_first()

    def focus_first(self) -> None:
        """Focus the first field."""
        first = self._form_context.widget_of(self._top[0]) if self._top else None
        if first is not None:
            first.focus_first()

    async def on_edited(self, message: Edited) -> None:
        """Show the fields that the value asks for."""
        if not isinstance(message.node, Leaf):
            self._place_labels()
        if isinstance(self._root, Group) and self._root.follow():
            self._top = self._root.nodes
            await self._rows.rearrange(self._top)
            self._place_labels()

    def on_ways_asked(self, message: WaysAsked) -> None:
        """Offer the other ways to give a value, and take the chosen one."""
        message.stop()
        ways, field = list(message.ways), message.node.field
        if not ways:
            self.app.bell()
            return
        options = [(way.label, way.description) for way in ways]
        if field.is_composed or field.kind in ("text", "multiline", "json"):
            options.append(("From a file…", "text as it is" if field.kind in ("text", "multiline") else "JSON"))

        async def take(index: int | None) -> None:
            if index is not None and index < len(ways):
                await self.replace(message.node, ways[index].take())
            elif index is not None:
                prompt = PathPrompt(f"{field.label or 'Value'} from a file", "The content becomes the value.")
                self.app.push_screen(prompt, partial(self._read, message.node))

        self.app.push_screen(Picker(field.label or "Value", options), take)

    async def _read(self, node: FormNode, path: str | None) -> None:
        """Load the content of a file into a node."""
        if path is None:
            return
        try:
            value = await asyncio.to_thread(value_of_file, node.field, path)
        except TextError as error:
            self.notify(str(error), severity="error", markup=False)
        else:
            await self.replace(node, give(node, value))

    async def replace(self, old: FormNode, new: FormNode) -> None:
        """Replace the row of a node by that of another, or of its new value."""
        row = self._form_context.shown.get(id(old))
        if old is self._root:
            await self.show(new)
            self.post_message(Edited(new))
        elif isinstance(row, NodeView) and isinstance(row.parent, Widget):
            made = self._form_context.make(new, row.depth)
            async with self.batch():
                await row.parent.mount(made, before=row)
                await row.remove()
            if isinstance(made, NodeView):
                made.focus_first()
                made.call_next(made.post_edited)

    async def on_pasted(self, message: Pasted) -> None:
        """Give each pasted line to a field of a list, a tuple or a map."""
        if takes_lines(message.node, message.text):
            message.stop()
            made = spread(message.node, message.text)
            await self.replace(made.old, made.new)
            await self.focus_on(pointer_of(made.last))
            if made.dropped:
                self.notify(f"Dropped {made.dropped} pasted lines: there is no place for them.", severity="warning")

    async def on_focus_moved(self, message: FocusMoved) -> None:
        """Scroll the field and its note into view, once it is laid out."""
        self.call_after_refresh(self._show_focused)
        top = next((node for node in (message.node, *_around(message.node)) if node.parent is self._root), None)
        if top is not None:
            await self._rows.reveal(top)

    def _show_focused(self) -> None:
        focused = self.screen.focused
        row = (
            next((part for part in focused.ancestors_with_self if isinstance(part, FieldRow)), focused)
            if focused
            else None
        )
        if row is not None and self in row.ancestors:
            row.scroll_visible(animate=False)

    def scroll_to_region(self, region: Region, **options: Any) -> Offset:
        """Scroll to a region.

        A widget that takes the focus is not put in the center: while rows are mounted, it is not where it will be.
        """
        return Offset() if options.get("center") else super().scroll_to_region(region, **options)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Mount the rows that come into view."""
        super().watch_scroll_y(old_value, new_value)
        self._rows.follow()

    def on_resize(self, _event: events.Resize) -> None:
        """Adapt the label column and the rows to the new size."""
        self._place_labels()
        self._rows.follow()

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
        around: set[int] = set()
        unplaced: list[str] = []
        for pointer, sentence in problems.items():
            node, rest = located(self._root, pointer)
            if node is self._root and not isinstance(node, Leaf):
                unplaced.append(f"{pointer}: {sentence}" if pointer else sentence)
                continue
            around |= {id(outer) for outer in _around(node)}
            by_node.setdefault(id(node), []).append(f"{'.'.join(rest)}: {sentence}" if rest else sentence)
        context = self._form_context
        context.problems = {identity: " ".join(sentences) for identity, sentences in by_node.items()}
        context.around_problems = around
        for identity, widget in list(context.shown.items()):
            widget.show_problem(context.problems.get(identity, ""))
            if identity in around and isinstance(widget, GroupBox | ItemsBox | UnionBox):
                await widget.complete()
        return unplaced

    async def focus_on(self, pointer: str) -> None:
        """Focus the field of a value."""
        node = node_at(self._root, pointer)
        await self._reveal(node)
        widget = self._form_context.widget_of(node)
        if widget is not None:
            widget.focus_first()

    async def _reveal(self, node: FormNode) -> None:
        """Mount and expand a node and its ancestors."""
        for outer in reversed([node, *_around(node)]):
            if outer.parent is self._root:
                await self._rows.reveal(outer)
            box = self._form_context.widget_of(outer)
            if outer is not node and isinstance(box, GroupBox | ItemsBox | UnionBox):
                await box.complete()
