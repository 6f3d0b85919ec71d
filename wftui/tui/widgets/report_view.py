"""A report as a list of lines."""

from collections.abc import Iterable

from textual.content import Content

from wftui.model.reports import ReportLine, Tone
from wftui.model.text.terminal_text import clean_text, without_colors
from wftui.tui.widgets.line_view import LineView

_STYLES: dict[Tone, str] = {
    "heading": "bold $primary",
    "dim": "$foreground-muted",
    "good": "$text-success",
    "bad": "$text-error",
    "changed": "$text-warning",
}


class ReportView(LineView):
    """Lines of a report; a long one is scrolled sideways."""

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self.lines: list[ReportLine] = []
        self.message = "Loading…"

    def show(self, lines: Iterable[ReportLine], message: str = "") -> None:
        """Show other lines, or a message in place of none."""
        self.lines = [line._replace(text=without_colors(clean_text(line.text))) for line in lines]
        self.message = message
        self.set_rows(len(self.lines), max((Content(line.text).cell_length for line in self.lines), default=0))

    @property
    def selected(self) -> ReportLine | None:
        """The line under the cursor."""
        return self.lines[self.cursor] if self.cursor < len(self.lines) else None

    def row(self, index: int, width: int) -> Content:
        """Render a line."""
        line = self.lines[index]
        return Content.styled(line.text, _STYLES.get(line.tone, ""))

    def empty(self) -> str:
        """Return the message shown without lines."""
        return self.message
