"""Context shared by all widgets of one form."""

from collections.abc import Callable
from typing import Protocol

from textual.widget import Widget

from wftui.model.forms.nodes import FormNode

LABEL_SHARE = 0.34
"""Maximum share of the form's width for labels."""
SHORTEST_LABEL = 12


class NodeWidget(Protocol):
    """A widget that shows a node."""

    def place_label(self) -> None:
        """Adjust to a new label width."""

    def show_problem(self, sentence: str) -> None:
        """Show the error of the value; "" clears it."""

    def focus_first(self) -> None:
        """Focus the first focusable part."""

    def type_text(self, text: str) -> None:
        """Type text into its editor, if that takes some, and focus it."""


class FormContext:
    """Shared by the widgets of one form.

    Attributes:
        label_width: width of the label column, the same at every depth.
        make: makes the widget of a node at a depth.
        shown: mounted widgets by the identity of their node.
        names: the inputs that a pasted object may fill in; empty if the form does not take one.
        problems: errors of nodes, by their identity.
        around_problems: nodes with errors inside, by their identity.
    """

    def __init__(self, make: Callable[["FormContext", FormNode, int], Widget]) -> None:
        self.label_width = SHORTEST_LABEL
        self.shown: dict[int, NodeWidget] = {}
        self.names: frozenset[str] = frozenset()
        self.problems: dict[int, str] = {}
        self.around_problems: set[int] = set()
        self._make = make

    def make(self, node: FormNode, depth: int) -> Widget:
        """Make the widget of a node."""
        return self._make(self, node, depth)

    def widget_of(self, node: FormNode) -> NodeWidget | None:
        """Return the mounted widget of a node."""
        return self.shown.get(id(node))
