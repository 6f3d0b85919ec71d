"""A question with a few answers, each with a button and a key."""

from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from wftui.tui.actions import show_key


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer: its value, label and key; `danger` if it loses something."""

    value: str
    label: str
    key: str
    danger: bool = False


class ConfirmScreen(ModalScreen[str]):
    """Returns the value of the chosen answer.

    The first answer is the safe one: it has the focus, and Escape.
    """

    DEFAULT_CSS = """
    ConfirmScreen {
        .question { width: auto; max-width: 68; height: auto; margin-bottom: 1; }
        .choices { width: auto; height: auto; layout: horizontal; }
        .choices.-many { layout: vertical; }
        Button { margin-right: 2; min-width: 8; padding: 0 1; }
        Button { background: $panel; color: $foreground; text-style: none; }
        Button:focus { background: $primary; color: $background; text-style: bold; }
        Button.-danger { color: $text-error; }
        Button.-danger:focus { background: $error; color: $background; }
    }
    """
    BINDINGS = [  # noqa: RUF012 - Textual declares it so
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
    ]

    def __init__(self, title: str, question: str, choices: list[Choice]) -> None:
        super().__init__()
        self._heading = title
        self._question = question
        self._choices = choices

    def compose(self) -> ComposeResult:
        """Yield the question and the buttons."""
        with Vertical(classes="dialog") as box:
            box.border_title = Content(self._heading)
            yield Static(self._question, classes="question", markup=False)
            with Container(classes="choices -many" if self._is_wide() else "choices"):
                for choice in self._choices:
                    yield Button(
                        Content(f"{choice.label} ({show_key(choice.key)})"),
                        id=f"choice-{choice.value}",
                        classes="-danger" if choice.danger else "",
                        compact=True,
                    )

    def _is_wide(self) -> bool:
        """Return whether the answers need more than one line."""
        return sum(len(choice.label) + len(show_key(choice.key)) + 7 for choice in self._choices) > 68

    def on_mount(self) -> None:
        """Bind the keys of the answers; Escape chooses the first."""
        for choice in self._choices:
            self._bindings.bind(choice.key, f"choose('{choice.value}')", choice.label)
        self._bindings.bind("escape", f"choose('{self._choices[0].value}')", show=False)
        self.query(Button).first().focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss((event.button.id or "").removeprefix("choice-"))

    def action_choose(self, value: str) -> None:
        """Choose an answer by its key."""
        self.dismiss(value)
