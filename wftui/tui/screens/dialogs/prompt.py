"""A question answered by a line of text."""

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static


class PromptScreen(ModalScreen[str | None]):
    """Returns the text, or None after Escape; Enter submits if `check` passes."""

    DEFAULT_CSS = """
    PromptScreen {
        .dialog { width: 60; }
        .hint { color: $foreground-muted; height: auto; margin-top: 1; }
        .hint.-wrong { color: $text-error; }
    }
    """
    BINDINGS = [Binding("escape", "give_up", "Cancel")]  # noqa: RUF012 - Textual declares it so

    def __init__(
        self, title: str, value: str = "", hint: str = "", check: Callable[[str], str | None] | None = None
    ) -> None:
        super().__init__()
        self._heading = title
        self._value = value
        self._hint = hint
        self._check = check or (lambda text: None if text else "a value is required")

    def compose(self) -> ComposeResult:
        """Yield the field, and a hint or an error."""
        with Vertical(classes="dialog") as box:
            box.border_title = Content(self._heading)
            box.border_subtitle = "enter · esc"
            yield Input(self._value, compact=True, select_on_focus=True)
            yield Static(self._hint, classes="hint", markup=False)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        wrong = self._check(event.value) if event.value else None
        hint = self.query_one(".hint", Static)
        hint.update(wrong or self._hint)
        hint.set_class(wrong is not None, "-wrong")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        wrong = self._check(event.value)
        if wrong is None:
            self.dismiss(event.value)
        else:
            hint = self.query_one(".hint", Static)
            hint.update(wrong)
            hint.add_class("-wrong")

    def action_give_up(self) -> None:
        """Close without an answer."""
        self.dismiss(None)
