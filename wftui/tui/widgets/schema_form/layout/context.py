"""What all parts of one form share: how wide labels are, which widget shows which node, how a node gets its widget."""

from collections.abc import Callable
from typing import Protocol

from textual.widget import Widget

from wftui.model.form_state import Node

LABEL_SHARE = 0.34
"""The most that labels take of the width of a form."""
SHORTEST_LABEL = 12


class NodeWidget(Protocol):
    """A widget that shows a node."""

    def place_label(self) -> None:
        """Leave room for the label, which has another width now."""

    def show_problem(self, sentence: str) -> None:
        """Say what is wrong with the value; "" takes it back."""

    def focus_first(self) -> None:
        """Give the focus to the first thing in it that takes one."""


class FormContext:
    """Shared by the widgets of one form.

    Attributes:
        label_width: cells of the column of labels; the same at every depth, so that all editors stand in line.
        make: gives the widget for a node at a depth.
        shown: the widget of each node that is mounted, by the node's identity.
    """

    def __init__(self, make: Callable[["FormContext", Node, int], Widget]) -> None:
        self.label_width = SHORTEST_LABEL
        self.shown: dict[int, NodeWidget] = {}
        self._make = make

    def make(self, node: Node, depth: int) -> Widget:
        """The widget for a node."""
        return self._make(self, node, depth)

    def widget_of(self, node: Node) -> NodeWidget | None:
        """The widget that shows a node now."""
        return self.shown.get(id(node))
