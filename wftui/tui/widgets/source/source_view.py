"""Editor of workflow.json with marked diagnostics."""

from collections.abc import Callable, Sequence

from rich.style import Style
from rich.text import Text
from textual import events
from textual.color import Color

from wftui.model.workflow.compilation import CompilationError
from wftui.tui.widgets.source.code_area import CodeArea

_OPENING = ("{", "[")


class SourceView(CodeArea):
    """Edits the source of a workflow; lines and columns count from 1."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__("json", id=id, classes=classes)
        self._marks: dict[int, list[tuple[int, int, Style]]] = {}
        self.complete: Callable[[str, str], str] | None = None
        """Returns what completes the part of a line before the cursor, given also that after it."""

    def update_suggestion(self) -> None:
        """Suggest the rest of the name that is being typed."""
        if self.complete is not None and self.selection.is_empty and not self.read_only:
            row, column = self.cursor_location
            line = self.document.get_line(row)
            self.suggestion = self.complete(line[:column], line[column:])

    @property
    def line(self) -> int:
        """Line of the cursor."""
        return self.cursor_location[0] + 1

    @property
    def column(self) -> int:
        """Column of the cursor."""
        return self.cursor_location[1] + 1

    def show(self, text: str) -> None:
        """Replace the text; read-only if the editor cannot represent it unchanged."""
        self._marks = {}
        super().show(text)
        self.read_only = self.text != text

    def jump(self, line: int, column: int = 1, last: int | None = None) -> None:
        """Move the cursor to a position and into view.

        Args:
            last: last line of what begins there; all of it comes into view, with as much as fits beyond it in the
                direction of the move. The next ones in that direction then need no new picture.
        """
        row = max(0, min(line - 1, self.document.line_count - 1))
        length = len(self.document.get_line(row))
        if last is not None:
            self._show_rows(row, last - 1)
        self.move_cursor((row, max(0, min(column - 1, length))), center=not self.in_view(row))

    def _show_rows(self, first: int, last: int) -> None:
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        last = min(last, first + height - 1)
        if first < top:
            self.scroll_to(y=max(last - height + 1, 0), animate=False, immediate=True)
        elif last >= top + height:
            self.scroll_to(y=first, animate=False, immediate=True)

    def change_to(self, text: str) -> None:
        """Change the text in one undoable edit of the differing range."""
        old = self.text
        shorter = min(len(old), len(text))
        head = next((index for index in range(shorter) if old[index] != text[index]), shorter)
        rest = shorter - head
        tail = next((index for index in range(rest) if old[-1 - index] != text[-1 - index]), rest)
        if head == len(old) == len(text):
            return
        self.history.checkpoint()
        self.replace(text[head : len(text) - tail], _location(old, head), _location(old, len(old) - tail))
        self.history.checkpoint()

    def mark(self, problems: Sequence[CompilationError]) -> None:
        """Underline these diagnostics, replacing earlier marks."""
        marks: dict[int, list[tuple[int, int, Style]]] = {}
        for problem in problems:
            start = problem.column - 1
            style = self._mark_style({"error": "error", "warning": "warning"}.get(problem.severity, "primary"))
            marks.setdefault(problem.line - 1, []).append((start, start + max(1, problem.length), style))
        if marks != self._marks:
            self._marks = marks
            self.notify_style_update()
            self.refresh()

    def _mark_style(self, color: str) -> Style:
        if self.app.native_ansi_color:
            return Style(underline=True, bold=True)
        ground = Color.parse(self.app.theme_variables["background"])
        tint = ground.blend(Color.parse(self.app.theme_variables[color]), 0.3)
        return Style(underline=True, bold=True, bgcolor=tint.rich_color)

    def get_line(self, line_index: int) -> Text:
        """Return a line with its diagnostics underlined."""
        line = super().get_line(line_index)
        for start, end, style in self._marks.get(line_index, ()):
            line.stylize(style, min(start, max(0, len(line) - 1)), end)
        return line

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter" and not self.read_only:
            event.stop()
            event.prevent_default()
            self._break_line()
        elif event.key == "escape":
            # Handled by the screen: Textual would move the focus to the next widget.
            event.prevent_default()

    def _break_line(self) -> None:
        """Insert a line break with the indentation that the context requires."""
        start, end = sorted(self.selection)
        before = self.document.get_line(start[0])[: start[1]]
        after = self.document.get_line(end[0])[end[1] :]
        indent = before[: len(before) - len(before.lstrip())]
        deeper = indent + " " * self.indent_width
        if before.rstrip().endswith(_OPENING):
            self.replace("\n" + deeper, start, end, maintain_selection_offset=False)
            if after.lstrip().startswith(("}", "]")):
                place = self.cursor_location
                self.insert("\n" + indent, place)
                self.move_cursor(place)
        else:
            self.replace("\n" + indent, start, end, maintain_selection_offset=False)
        self.scroll_cursor_visible()


def _location(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n"), offset - (before.rfind("\n") + 1)
