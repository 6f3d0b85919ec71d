"""Base of the editors that show options side by side."""

from textual.widget import Widget

from wftui.model.base import Json
from wftui.model.forms.nodes import Leaf
from wftui.tui.widgets.schema_form.messages import Edited


class OptionsEditor(Widget, can_focus=True):
    """Edits a field by its options, drawn by the subclass."""

    DEFAULT_CSS = """
    OptionsEditor {
        height: auto;
        padding: 0 1;
        background: $panel;
        &:focus { background-tint: $primary 15%; }
    }
    """
    ALLOW_SELECT = False

    def __init__(self, leaf: Leaf) -> None:
        super().__init__()
        self.leaf = leaf

    def give(self, value: Json) -> None:
        """Set the value; MISSING clears it."""
        self.leaf.give(value)
        self.refresh(layout=True)
        self.post_message(Edited(self.leaf))
