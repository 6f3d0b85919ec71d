"""Base of the widgets that show a node of a form."""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from wftui.model.forms.lists import Items
from wftui.model.forms.nodes import FormNode
from wftui.model.forms.ways import ways_of
from wftui.tui.actions import FIELD_ACTIONS, widget_bindings
from wftui.tui.widgets.schema_form.layout.context import FormContext
from wftui.tui.widgets.schema_form.layout.item_buttons import ItemButtons
from wftui.tui.widgets.schema_form.layout.lazy_column import LazyColumn
from wftui.tui.widgets.schema_form.layout.note import Note
from wftui.tui.widgets.schema_form.messages import Edited, WaysAsked

NodeT = TypeVar("NodeT", bound=FormNode)


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
        & > .head { height: auto; }
        /* As in the row of a field, the description is help while the focus is there. */
        Note.-about { display: none; }
        Note.-about.-shown.-wanted { display: block; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = widget_bindings(FIELD_ACTIONS)

    def __init__(self, context: FormContext, node: NodeT, depth: int, about: Content) -> None:
        super().__init__()
        self.node = node
        self.depth = depth
        self._form_context = context
        self._note = Note(about)

    def show_description(self, is_wanted: bool) -> None:
        """Show the description of the value, or hide it."""
        self._note.set_class(is_wanted, "-wanted")

    @property
    def label_width(self) -> int:
        """Width of the label column."""
        return self._form_context.label_width

    def on_mount(self) -> None:
        """Register with the form."""
        self._form_context.shown[id(self.node)] = self
        self._note.problem = self._form_context.problems.get(id(self.node), "")
        self.place_label()

    def on_unmount(self) -> None:
        """Unregister from the form."""
        if self._form_context.shown.get(id(self.node)) is self:
            del self._form_context.shown[id(self.node)]

    def place_label(self) -> None:
        """Adjust to a new label width."""
        raise NotImplementedError

    def refresh_labels(self) -> None:
        """Update the label after its number or contents changed."""
        self.refresh()

    def focus_first(self) -> None:
        """Focus the first focusable part."""
        raise NotImplementedError

    def type_text(self, text: str) -> None:
        """Focus the first part: only a field with an editor takes some."""
        self.focus_first()

    def show_problem(self, sentence: str) -> None:
        """Show the error of the whole value in place of the note; "" clears it."""
        self._note.problem = sentence

    def post_edited(self) -> None:
        """Post that the value was replaced; from here, so that it reaches every parent."""
        self.post_message(Edited(self.node))

    def action_ways(self) -> None:
        """Offer the other ways to give the value."""
        self.post_message(WaysAsked(self.node, list(ways_of(self.node))))

    @property
    def _buttons(self) -> list[Widget]:
        """The buttons of a list item."""
        return [ItemButtons(self.node)] if isinstance(self.node.parent, Items) else []

    def _column_of(self, nodes: Sequence[FormNode]) -> LazyColumn:
        """Return a column with the widgets of some child nodes."""
        return LazyColumn([partial(self._form_context.make, node, self.depth + 1) for node in nodes])


AnyView: TypeAlias = NodeView[Any]
