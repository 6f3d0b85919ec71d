"""A question answered by pasted text of one or more lines."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from wftui.tui.widgets.long_text import LongTextArea


class _CommandArea(LongTextArea):
    INSTEAD: ClassVar[str] = "Paste the command without its data, and add those to the step."


class PasteScreen(ModalScreen[str | None]):
    """Returns the text, or None after Escape.

    Enter submits, but adds a line after a trailing backslash, as a shell does.
    """

    DEFAULT_CSS = """
    PasteScreen {
        .dialog { width: 90%; max-width: 100; }
        TextArea { height: 8; border: none; }
        .hint { color: $foreground-muted; height: auto; margin-top: 1; }
    }
    """
    BINDINGS = [  # noqa: RUF012 - Textual declares it so
        Binding("enter", "take", "Submit", priority=True),
        Binding("escape", "give_up", "Cancel", priority=True),
    ]

    def __init__(self, title: str, hint: str) -> None:
        super().__init__()
        self._heading = title
        self._hint = hint

    def compose(self) -> ComposeResult:
        """Yield the text area and a hint."""
        with Vertical(classes="dialog") as box:
            box.border_title = Content(self._heading)
            box.border_subtitle = "enter · esc"
            yield _CommandArea(soft_wrap=True, compact=True)
            yield Static(self._hint, classes="hint", markup=False)

    def action_take(self) -> None:
        """Submit the text, unless it ends in a backslash."""
        area = self.query_one(_CommandArea)
        if area.text.rstrip(" ").endswith("\\"):
            area.insert("\n")
        elif area.text.strip():
            self.dismiss(area.text)

    def action_give_up(self) -> None:
        """Close without an answer."""
        self.dismiss(None)
