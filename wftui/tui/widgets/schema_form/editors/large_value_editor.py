"""Placeholder for a value too large to edit: it is kept or cleared."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from wftui.model.forms.nodes import Leaf
from wftui.model.schema.json_schema import MISSING
from wftui.tui.widgets.schema_form.messages import Edited


class LargeValueEditor(Widget, can_focus=True):
    """Describes the value; delete clears it."""

    DEFAULT_CSS = """
    LargeValueEditor {
        height: 1;
        padding: 0 1;
        background: $panel;
        color: $foreground-muted;
        &:focus { background-tint: $primary 15%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("delete", "clear", "Clear")]
    ALLOW_SELECT = False

    def __init__(self, leaf: Leaf) -> None:
        super().__init__()
        self.leaf = leaf

    def render(self) -> Content:
        """Render one line."""
        value = self.leaf.value
        size = f"{len(value):,} {'characters' if isinstance(value, str) else 'items'}" if value else "large value"
        return Content(f"{size}: too large to show; kept unchanged")

    def action_clear(self) -> None:
        """Clear the value so that another one can be typed."""
        self.leaf.give(MISSING)
        self.post_message(Edited(self.leaf))
