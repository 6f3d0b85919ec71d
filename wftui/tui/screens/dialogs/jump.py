"""Jump mode: a letter on every widget that takes the focus."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

LETTERS = "asdfghjklqwertyuiopzxcvbnm"


class JumpScreen(ModalScreen[Widget | None]):
    """Labels over the widgets of the screen below; returns the chosen one.

    Args:
        targets: the widgets, in the order of their letters.
    """

    DEFAULT_CSS = """
    JumpScreen {
        background: $background 40%;
        Static {
            position: absolute; width: 3; height: 1; content-align: center middle;
            background: $warning; color: $background; text-style: bold reverse;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Cancel")]

    def __init__(self, targets: Sequence[Widget]) -> None:
        super().__init__()
        self._targets = dict(zip(LETTERS, targets, strict=False))

    def compose(self) -> ComposeResult:
        """Yield a label for each target."""
        for letter, target in self._targets.items():
            label = Static(letter, markup=False)
            label.styles.offset = (target.region.x, target.region.y)
            yield label

    def on_key(self, event: events.Key) -> None:
        """Go to the widget of the letter; any other key leaves."""
        if event.key != "escape":  # which is a binding
            event.stop()
            self.dismiss(self._targets.get(event.character or ""))
