"""Buttons of a list item: up, down, remove."""

from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from wftui.model.forms.nodes import FormNode
from wftui.tui.display.glyphs import glyph


class ItemButtons(Widget):
    """Three icons at the right end of an item."""

    DEFAULT_CSS = """
    ItemButtons {
        dock: right;
        width: 9;
        height: 1;
        padding: 0 1;
        link-color: $foreground-muted;
        link-style: none;
        link-background: $surface 0%;
    }
    """
    ALLOW_SELECT = False

    class Pressed(Message):
        """A button was clicked: `up`, `down` or `remove`."""

        def __init__(self, node: FormNode, action: str) -> None:
            super().__init__()
            self.node = node
            self.action = action

    def __init__(self, node: FormNode) -> None:
        super().__init__()
        self._node = node

    def render(self) -> Content:
        """Render the icons."""
        icons = [("up", "↑"), ("down", "↓"), ("remove", "✕")]
        links = (
            Content.from_markup(f"[@click=press('{action}')]$icon[/]", icon=glyph(self, icon)) for action, icon in icons
        )
        return Content("  ").join(links)

    def action_press(self, action: str) -> None:
        """Post the action to the list."""
        self.post_message(self.Pressed(self._node, action))
