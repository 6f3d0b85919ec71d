"""What can be done with an item of a list, for the mouse: up, down, out."""

from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from wftui.model.form_state import Node
from wftui.tui.widgets.glyphs import glyph


class ItemTools(Widget):
    """Three signs at the right end of an item."""

    DEFAULT_CSS = """
    ItemTools {
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

    class Asked(Message):
        """Something is to be done with the item: `up`, `down` or `remove`."""

        def __init__(self, node: Node, what: str) -> None:
            super().__init__()
            self.node = node
            self.what = what

    def __init__(self, node: Node) -> None:
        super().__init__()
        self._node = node

    def render(self) -> Content:
        """The signs."""
        signs = [("up", "↑"), ("down", "↓"), ("remove", "✕")]
        links = (Content.from_markup(f"[@click=ask('{what}')]$sign[/]", sign=glyph(self, sign)) for what, sign in signs)
        return Content("  ").join(links)

    def action_ask(self, what: str) -> None:
        """Tell the list."""
        self.post_message(self.Asked(self._node, what))
