"""An input line that appears on demand: a search, a filter."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input


class PromptInput(Input):
    """Hidden until `ask`; Enter posts `Answered`, Escape or blur cancels.

    The focus then returns to the previous widget.
    """

    DEFAULT_CSS = """
    PromptInput { height: 1; border: none; padding: 0 1; background: $panel; display: none; }
    PromptInput.-asking { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", show=False)]

    class Answered(Message):
        """The entered text; may be empty."""

        def __init__(self, line: "PromptInput", text: str) -> None:
            super().__init__()
            self.line = line
            self.text = text

        @property
        def control(self) -> "PromptInput":
            """The input that sent the message."""
            return self.line

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, compact=True, select_on_focus=True)
        self._back: Widget | None = None

    def ask(self, placeholder: str, text: str, back: Widget) -> None:
        """Show the input with a text to edit; the focus returns to `back`."""
        self._back = back
        self.placeholder, self.value = placeholder, text
        self.add_class("-asking")
        self.focus()

    @property
    def is_asking(self) -> bool:
        """Return whether the input is shown."""
        return self.has_class("-asking")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Post the text and close."""
        event.stop()
        self.post_message(self.Answered(self, event.value))
        self.action_cancel()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Keep intermediate changes from the parents."""
        event.stop()

    def on_blur(self, _event: events.Blur) -> None:
        """Cancel on blur."""
        self.remove_class("-asking")

    def action_cancel(self) -> None:
        """Close and return the focus."""
        self.remove_class("-asking")
        if self._back is not None:
            self._back.focus()
