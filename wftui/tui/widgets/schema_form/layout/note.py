"""The note under a field: description or error."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from wftui.tui.display.glyphs import glyph


class Note(Widget):
    """Hidden while empty."""

    DEFAULT_CSS = """
    Note {
        height: auto;
        max-height: 4;
        padding: 0 1;
        color: $foreground-muted;
        display: none;
        &.-shown { display: block; }
    }
    """

    problem: reactive[str] = reactive("", layout=True)
    """The error; replaces everything else."""
    more: reactive[str] = reactive("", layout=True)
    """Text about the current value; precedes the description."""

    def __init__(self, description: Content) -> None:
        super().__init__()
        self._description = description
        self._show()

    def _show(self) -> None:
        has_message = bool(self.problem or self.more)
        self.set_class(has_message or bool(self._description), "-shown")
        self.set_class(not has_message, "-about")

    def watch_problem(self) -> None:
        """Update the visibility."""
        self._show()

    def watch_more(self) -> None:
        """Update the visibility."""
        self._show()

    def render(self) -> Content:
        """Render the text."""
        if self.problem:
            return Content.styled(f"{glyph(self, '✗')} {self.problem}", "$text-error")
        if self.more and self._description:
            return Content.assemble(self.more, f" {glyph(self, '·')} ", self._description)
        return Content(self.more) or self._description
