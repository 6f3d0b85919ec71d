"""The diagnostics of a workflow, one per line, in source order."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from wftui.model.workflow.compilation import CompilationError
from wftui.tui.widgets.line_view import LINE_KEYS, LineView

_SEVERITY_STYLES = {
    "error": ("✗", "x", "$text-error"),
    "warning": ("▲", "!", "$text-warning"),
    "hint": ("•", "-", "$text-primary"),
}
_PLACE = 7


class DiagnosticList(LineView, inherit_bindings=False):
    """Severity, position, message and code; `fix` marks an available quick fix."""

    fixed_rows: ClassVar[int] = 1

    DEFAULT_CSS = "DiagnosticList { background: $background; overflow-x: hidden; scrollbar-gutter: auto; }"

    BINDINGS: ClassVar[list[BindingType]] = [
        *LINE_KEYS,
        Binding("enter", "choose", "Go to the position", show=False),
    ]

    def __init__(self, *, ascii_only: bool, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(ascii_only=ascii_only, id=id, classes=classes)
        self.problems: list[CompilationError] = []

    def show_problems(self, problems: Sequence[CompilationError]) -> None:
        """Show these diagnostics, sorted by position."""
        self.problems = sorted(problems, key=lambda problem: (problem.line, problem.column))
        self.set_rows(len(self.problems))

    @property
    def selected(self) -> CompilationError | None:
        """The diagnostic under the cursor."""
        return self.problems[self.cursor] if self.problems else None

    def at(self, line: int, column: int, *, fixable: bool = False) -> CompilationError | None:
        """Return the diagnostic at or before the column, else the line's first.

        Of several at the cursor, that is the selected one.

        Args:
            fixable: only those with a fix.
        """
        here = [each for each in self.problems if each.line == line and (each.fixes or not fixable)]
        selected = self.selected
        if any(each is selected and each.column == column for each in here):
            return selected
        past = [each for each in here if each.column <= column]
        return past[-1] if past else (here[0] if here else None)

    def select_from(self, line: int, column: int, step: int) -> CompilationError | None:
        """Move to the next (1) or previous (-1) diagnostic, wrapping around."""
        if not self.problems:
            return None
        places = [(each.line, each.column) for each in self.problems]
        if places[self.cursor] == (line, column):  # there may be others at the same place
            found = (self.cursor + step) % len(places)
        elif step > 0:
            found = next((index for index, place in enumerate(places) if place > (line, column)), 0)
        else:
            before = [index for index, place in enumerate(places) if place < (line, column)]
            found = before[-1] if before else len(places) - 1
        self.show_row(found)
        return self.problems[found]

    def empty(self) -> str:
        """Return the message for an empty list."""
        return "No problems."

    def top_line(self, width: int) -> Content:
        """Return the titles of the columns."""
        titles = Content.styled(f"  {'Line':{_PLACE}} Problem", "$foreground-muted")
        last = Content.styled("Fix, code", "$foreground-muted")
        return titles.pad_right(width - titles.cell_length - last.cell_length) + last if width > 60 else titles

    def row(self, index: int, width: int) -> Content:
        """Render one diagnostic."""
        problem = self.problems[index]
        glyph, twin, color = _SEVERITY_STYLES[problem.severity]
        place = f"{problem.line}:{problem.column}"
        tail = Content.styled(problem.code, "$foreground-muted")
        if problem.fixes:
            tail = Content.assemble(("fix ", "$text-success"), tail)
        room = width - _PLACE - 4
        message = " ".join(problem.message.split())
        head = Content.assemble(
            (twin if self.ascii_only else glyph, color), " ", (f"{place:<{_PLACE}}", "$foreground-muted"), " "
        )
        if len(message) + tail.cell_length + 2 > room:
            tail = tail if room - tail.cell_length > 50 else Content("")
        space = room - tail.cell_length - (1 if tail else 0)
        return (
            head + Content(message).truncate(space, ellipsis=True, pad=True) + (Content(" ") + tail if tail else tail)
        )
