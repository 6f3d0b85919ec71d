"""The compilation status bar: `Compiling…`, `Ready`, `3 errors · 1 warning`."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from wftui.model.workflow.compilation import CompilationResult
from wftui.tui.display.formatting import count

_LONGEST_TIME = "9999 ms"
"""The room kept for the time of a check, however short it was."""


class CompilationStatus(Widget):
    """Compiler status and current diagnostic at the left, a note at the right."""

    DEFAULT_CSS = """
    CompilationStatus {
        height: 1;
        padding: 0 1;
        background: $panel;
        color: $foreground-muted;
    }
    """

    compiling: reactive[bool] = reactive(False)
    """True while a save is being compiled."""
    result: reactive[CompilationResult | None] = reactive(None)
    """The last result; None before the first."""
    took: reactive[float | None] = reactive(None)
    """Seconds that the last check took; None before the first."""
    stale: reactive[bool] = reactive(False)
    """True while the result is that of an older source."""
    problem: reactive[str] = reactive("")
    """Message of the diagnostic at the cursor, truncated to fit."""
    note: reactive[str] = reactive("")
    """Text at the right."""

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__()
        self._ascii = ascii_only

    @property
    def status_text(self) -> str:
        """The status as plain text."""
        if self.compiling:
            return "Compiling..." if self._ascii else "Compiling…"
        if self.result is None:
            return ""
        return diagnostic_counts(self.result, " - " if self._ascii else " · ") or "Ready"

    def render(self) -> Content:
        """Render the line."""
        text = self.status_text
        color = "$text-primary"
        if not self.compiling and self.result is not None:
            color = "$text-error" if self.result.errors else "$text-success"
        glyphs = {"$text-primary": "●>", "$text-error": "✗x", "$text-success": "✓+"}[color]
        left = Content.styled(f"{glyphs[self._ascii]} {text}" if text else "", f"b {color}")
        took = Content("")
        if self.stale and text:
            left = Content.assemble(
                (left.plain, "$foreground-muted"), ("  old: checking" if self._ascii else "  old: checking…")
            )
        elif self.took is not None and text and not self.compiling:
            took = Content.styled(f"  {self.took * 1000:.0f} ms", "$foreground-muted")
        right = Content(self.note)
        message = Content(f"  {self.problem}" if self.problem else "")
        room = self.size.width - left.cell_length - right.cell_length
        # The message needs its room more than the time does; how much of it is seen does not depend on the time.
        if message.cell_length + len(f"  {_LONGEST_TIME}") <= room - 2:
            left += took
            room -= took.cell_length
        message = message.truncate(max(0, room - 2), ellipsis=not self._ascii)
        return Content.assemble(left, message, " " * max(1, room - message.cell_length), right)


def diagnostic_counts(result: CompilationResult, separator: str = " · ") -> str:
    """Return `3 errors · 1 warning`, or "" without diagnostics."""
    counts = ((len(result.errors), "error"), (len(result.warnings), "warning"))
    return separator.join(count(number, noun) for number, noun in counts if number)
