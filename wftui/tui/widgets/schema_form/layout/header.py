"""Header of a list or a union: label, first line and note."""

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from wftui.tui.widgets.schema_form.layout.label import is_stacked, label_lines
from wftui.tui.widgets.schema_form.layout.node_view import AnyView


class Header(Widget):
    """Draws the label of its view itself, beside widgets on top of each other."""

    DEFAULT_CSS = """
    Header {
        layout: vertical;
        height: auto;
        width: 1fr;
    }
    """
    ALLOW_SELECT = False

    def __init__(self, view: AnyView, parts: Iterable[Widget]) -> None:
        super().__init__()
        self._view = view
        self._parts = tuple(parts)

    def compose(self) -> ComposeResult:
        """Compose the content beside the label."""
        yield from self._parts

    def place_label(self) -> None:
        """Adjust to a new label or width."""
        view = self._view
        above = int(is_stacked(view.node, view.depth, view.label_width))
        for part in self._parts:
            part.styles.margin = (above if part is self._parts[0] else 0, 0, 0, view.label_width)
        self.refresh(layout=True)

    def on_descendant_focus(self) -> None:
        """Highlight the label."""
        self.refresh()

    def on_descendant_blur(self) -> None:
        """Remove the highlight."""
        self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the larger height of label and content."""
        return max(super().get_content_height(container, viewport, width), len(self._label()))

    def _label(self) -> list[Content]:
        view = self._view
        return label_lines(self, view.node, view.depth, view.label_width)

    def render(self) -> Content:
        """Render the label."""
        return Content("\n").join(self._label())
