"""A line of text asked for at the edge of what it is about: a search, a filter."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input


class PromptInput(Input):
    """Comes up by `ask`; Enter answers, and Escape or leaving it answers nothing. Then the keys go back."""

    DEFAULT_CSS = """
    PromptInput { height: 1; border: none; padding: 0 1; background: $panel; display: none; }
    PromptInput.-asking { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "give_up", show=False)]

    class Answered(Message):
        """The text that was asked for; it may be empty."""

        def __init__(self, line: "PromptInput", text: str) -> None:
            super().__init__()
            self.line = line
            self.text = text

        @property
        def control(self) -> "PromptInput":
            """The line it was written in."""
            return self.line

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, compact=True, select_on_focus=True)
        self._back: Widget | None = None

    def ask(self, placeholder: str, text: str, back: Widget) -> None:
        """Come up with a text to change, or to write over; the keys go back to `back`."""
        self._back = back
        self.placeholder, self.value = placeholder, text
        self.add_class("-asking")
        self.focus()

    @property
    def is_asking(self) -> bool:
        """Whether it is there."""
        return self.has_class("-asking")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer."""
        event.stop()
        self.post_message(self.Answered(self, event.value))
        self.action_give_up()

    def on_input_changed(self, event: Input.Changed) -> None:
        """What is half written is nobody's business."""
        event.stop()

    def on_blur(self, _event: events.Blur) -> None:
        """Leaving it answers nothing."""
        self.remove_class("-asking")

    def action_give_up(self) -> None:
        """Go, and give the keys back."""
        self.remove_class("-asking")
        if self._back is not None:
            self._back.focus()
