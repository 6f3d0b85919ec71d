"""A question answered by text that is pasted, of one line or several."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea


class PasteScreen(ModalScreen[str | None]):
    """Returns the text, or None after Escape. Enter takes it, but after a backslash, where a command goes on."""

    DEFAULT_CSS = """
    PasteScreen {
        .dialog { width: 90%; max-width: 100; }
        TextArea { height: 8; border: none; }
        .hint { color: $foreground-muted; height: auto; margin-top: 1; }
    }
    """
    BINDINGS = [  # noqa: RUF012 - Textual declares it so
        Binding("enter", "take", "Take", priority=True),
        Binding("escape", "give_up", "Cancel", priority=True),
    ]

    def __init__(self, title: str, hint: str) -> None:
        super().__init__()
        self._heading = title
        self._hint = hint

    def compose(self) -> ComposeResult:
        """A field of several lines, and a hint under it."""
        with Vertical(classes="dialog") as box:
            box.border_title = self._heading
            box.border_subtitle = "enter · esc"
            yield TextArea(soft_wrap=True, compact=True)
            yield Static(self._hint, classes="hint", markup=False)

    def action_take(self) -> None:
        """Take the text, unless it goes on."""
        area = self.query_one(TextArea)
        if area.text.rstrip(" ").endswith("\\"):
            area.insert("\n")
        elif area.text.strip():
            self.dismiss(area.text)

    def action_give_up(self) -> None:
        """Leave without an answer."""
        self.dismiss(None)
