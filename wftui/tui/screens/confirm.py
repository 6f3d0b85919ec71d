"""A question with a few answers: a box in the middle, one key and one button each."""

from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from wftui.tui.actions import show_key


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer: what is returned, its label, its key; `danger` when something is lost by it."""

    value: str
    label: str
    key: str
    danger: bool = False


class ConfirmScreen(ModalScreen[str]):
    """Returns the value of the chosen answer. The first one is the safe one: it has the focus, and Escape."""

    DEFAULT_CSS = """
    ConfirmScreen {
        .question { width: auto; max-width: 68; height: auto; margin-bottom: 1; }
        Horizontal { width: auto; height: auto; }
        Button { margin-right: 2; min-width: 8; }
    }
    """
    BINDINGS = [  # noqa: RUF012 - Textual declares it so
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
    ]

    def __init__(self, title: str, question: str, choices: list[Choice]) -> None:
        super().__init__()
        self._heading = title
        self._question = question
        self._choices = choices

    def compose(self) -> ComposeResult:
        """Question and buttons."""
        with Vertical(classes="dialog") as box:
            box.border_title = self._heading
            yield Static(self._question, classes="question", markup=False)
            with Horizontal():
                for choice in self._choices:
                    yield Button(
                        f"{choice.label}  [dim]{show_key(choice.key)}[/]",
                        id=f"choice-{choice.value}",
                        variant="error" if choice.danger else "default",
                        compact=True,
                    )

    def on_mount(self) -> None:
        """Each answer has a key; Escape is the first one."""
        for choice in self._choices:
            self._bindings.bind(choice.key, f"choose('{choice.value}')", choice.label)
        self._bindings.bind("escape", f"choose('{self._choices[0].value}')", show=False)
        self.query(Button).first().focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss((event.button.id or "").removeprefix("choice-"))

    def action_choose(self, value: str) -> None:
        """Answer by key."""
        self.dismiss(value)
