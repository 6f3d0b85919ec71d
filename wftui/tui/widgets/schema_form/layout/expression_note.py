"""A note about the expression in a field: its value, or its problem."""

from dataclasses import dataclass

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from wftui.tui.display.glyphs import glyph


@dataclass(frozen=True, slots=True)
class NoteText:
    """Text of a note.

    Attributes:
        offset: of the character in the text that a problem is about; None for all of it.
        is_problem: it is a problem.
        is_value: it is the value of the expression.
    """

    text: str
    offset: int | None = None
    is_problem: bool = False
    is_value: bool = False


class ExpressionNote(Widget):
    """It is below the editor of a field, and hidden while it is empty."""

    DEFAULT_CSS = """
    ExpressionNote { height: auto; max-height: 4; padding: 0 1; color: $foreground-muted; display: none; }
    ExpressionNote.-shown { display: block; }
    """

    about: reactive[NoteText | None] = reactive(None, layout=True)
    """Text of the note."""
    column: reactive[int | None] = reactive(None, layout=True)
    """Column of the problem in the line of the editor above; None if that has several lines."""

    def watch_about(self) -> None:
        """Show or hide the note."""
        self.set_class(self.about is not None, "-shown")

    def render(self) -> Content:
        """Render the text, below its column where that is known."""
        if self.about is None:
            return Content("")
        if not self.about.is_problem:
            sign = "= " if self.about.is_value else ""
            return Content.assemble(
                (sign, "$text-success"), self.about.text, ("  last run" if sign else "", "$foreground-muted")
            )
        sentence = self.about.text
        if self.column is None:
            at = "" if self.about.offset is None else f"character {self.about.offset + 1}: "
            return Content.styled(f"{glyph(self, '✗')} {at}{sentence}", "$text-error")
        marked = Content.styled(f"{' ' * self.column}^", "b $text-error")
        if self.column + 2 + len(sentence) <= self.content_size.width:
            return marked + Content.styled(f" {sentence}", "$text-error")
        return marked + "\n" + Content.styled(sentence, "$text-error")
