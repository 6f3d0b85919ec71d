"""Base of the widgets that show a node of a form."""

from collections.abc import Sequence
from functools import partial
from typing import Generic, TypeVar

from textual.content import Content
from textual.widget import Widget

from wftui.model.forms.state import Node
from wftui.tui.widgets.schema_form.layout.context import FormContext
from wftui.tui.widgets.schema_form.layout.lazy_column import LazyColumn
from wftui.tui.widgets.schema_form.layout.note import Note

NodeT = TypeVar("NodeT", bound=Node)


class NodeView(Widget, Generic[NodeT]):
    """Registers itself with the form, follows the label width, has a note.

    Subclasses implement `place_label` and `focus_first`.

    Args:
        context: shared state of the form.
        node: the node to show.
        depth: number of enclosing groups and lists.
        about: content of the note.
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
        """Width of the label column."""
        return self._form_context.label_width

    def on_mount(self) -> None:
        """Register with the form."""
        self._form_context.shown[id(self.node)] = self
        self.place_label()

    def on_unmount(self) -> None:
        """Unregister from the form."""
        if self._form_context.shown.get(id(self.node)) is self:
            del self._form_context.shown[id(self.node)]

    def place_label(self) -> None:
        """Adjust to a new label width."""
        raise NotImplementedError

    def focus_first(self) -> None:
        """Focus the first focusable part."""
        raise NotImplementedError

    def show_problem(self, sentence: str) -> None:
        """Show the error of the whole value in place of the note; "" clears it."""
        self._note.problem = sentence

    def _column_of(self, nodes: Sequence[Node]) -> LazyColumn:
        """Return a column with the widgets of some child nodes."""
        return LazyColumn([partial(self._form_context.make, node, self.depth + 1) for node in nodes])
