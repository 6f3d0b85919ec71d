"""What every widget that shows a node of a form is: found by its node, in line with the others, with a note."""

from collections.abc import Sequence
from functools import partial
from typing import Generic, TypeVar

from textual.content import Content
from textual.widget import Widget

from wftui.model.form_state import Node
from wftui.tui.widgets.schema_form.layout.context import FormContext
from wftui.tui.widgets.schema_form.layout.lazy_column import LazyColumn
from wftui.tui.widgets.schema_form.layout.note import Note

NodeT = TypeVar("NodeT", bound=Node)


class NodeView(Widget, Generic[NodeT]):
    """Base of the widgets that show a node. A subclass says where the labels' width goes, and what takes the focus.

    Args:
        context: what it shares with the other widgets of the form.
        node: what it shows.
        depth: how many groups and lists are around it.
        about: what its note says.
    """

    DEFAULT_CSS = """
    NodeView {
        layout: vertical;
        height: auto;
        width: 1fr;
    }
    """

    def __init__(self, context: FormContext, node: NodeT, depth: int, about: Content) -> None:
        super().__init__()
        self.node = node
        self.depth = depth
        self._form_context = context
        self._note = Note(about)

    @property
    def label_width(self) -> int:
        """Cells of the column of labels."""
        return self._form_context.label_width

    def on_mount(self) -> None:
        """Stand in line with the others."""
        self._form_context.shown[id(self.node)] = self
        self.place_label()

    def on_unmount(self) -> None:
        """Give up the place."""
        if self._form_context.shown.get(id(self.node)) is self:
            del self._form_context.shown[id(self.node)]

    def place_label(self) -> None:
        """Leave room for the label, which has another width now."""
        raise NotImplementedError

    def focus_first(self) -> None:
        """Focus the first thing in it that takes the focus."""
        raise NotImplementedError

    def show_problem(self, sentence: str) -> None:
        """Say what is wrong with the value as a whole, in place of the note; "" takes it back."""
        self._note.problem = sentence

    def _column_of(self, nodes: Sequence[Node]) -> LazyColumn:
        """The widgets of the nodes inside this one."""
        return LazyColumn([partial(self._form_context.make, node, self.depth + 1) for node in nodes])
