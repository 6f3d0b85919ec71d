"""One value over the whole screen."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from wftui.model.base import Json
from wftui.tui.widgets.value.view import TextSource, ValueView


class ValueScreen(ModalScreen[None]):
    """A value in a box of its own; Escape goes back."""

    DEFAULT_CSS = """
    ValueScreen > ValueView { width: 96%; height: 92%; border: round $border; border-title-color: $primary; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss", "Back")]

    def __init__(self, title: str, value: Json, source: TextSource, *, ascii_only: bool = False) -> None:
        super().__init__()
        self._view = ValueView(source, ascii_only=ascii_only)
        self._view.border_title = title.replace("[", "\\[")
        self._view.border_subtitle = "esc"
        self._value = value

    def compose(self) -> ComposeResult:
        """The value."""
        yield self._view

    def on_mount(self) -> None:
        """Show it once its width is known."""
        self._view.focus()
        self.call_after_refresh(self._view.show, self._value)
