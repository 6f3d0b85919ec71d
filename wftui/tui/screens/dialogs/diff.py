"""The difference of two texts, line by line."""

from collections.abc import Sequence
from difflib import unified_diff
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from wftui.tui.actions import Action
from wftui.tui.screens.base.action_modal import ActionModal
from wftui.tui.widgets.key_line import KeyLine
from wftui.tui.widgets.line_view import LineView

_STYLES = {"+": "$text-success", "-": "$text-error", "@": "$text-primary"}


def diff_lines(old: str, new: str, old_name: str, new_name: str) -> list[str]:
    """Return a unified diff; empty if the texts are equal."""
    found = unified_diff(old.splitlines(), new.splitlines(), old_name, new_name, lineterm="")
    return [line.rstrip("\n") for line in found]


class DiffView(LineView):
    """Lines of a unified diff, with signs as well as colors."""

    def __init__(self, lines: Sequence[str], *, ascii_only: bool) -> None:
        super().__init__(ascii_only=ascii_only)
        self.lines = lines

    def on_mount(self) -> None:
        """Show the lines."""
        self.set_rows(len(self.lines), max(map(len, self.lines), default=0))

    def empty(self) -> str:
        """Return the message for equal texts."""
        return "No differences."

    def row(self, index: int, width: int) -> Content:
        """Render one line."""
        line = self.lines[index]
        return Content.styled(line.replace("\t", " "), _STYLES.get(line[:1], ""))


class DiffScreen(ActionModal[bool]):
    """Shows a difference; returns whether the user chose to restore the old text.

    Args:
        heading: title of the dialog.
        lines: from `diff_lines`.
        restore: what restoring does, for the key line; without it the dialog only shows.
    """

    DEFAULT_CSS = """
    DiffScreen > .dialog { width: 96%; height: 92%; padding: 0; }
    DiffScreen DiffView { height: 1fr; }
    """
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("diff.leave", "Back", "Close the difference.", ("escape", "q"), "Difference"),
        Action("diff.restore", "Restore", "Take the older text into the editor; one undo.", ("r",), "Difference"),
        Action("diff.help", "Keys", "Show the keys.", ("question_mark", "f1"), "Difference"),
    )

    def __init__(self, heading: str, lines: Sequence[str], *, restore: bool, ascii_only: bool) -> None:
        super().__init__()
        self._heading = heading
        self._restore = restore
        self._view = DiffView(lines, ascii_only=ascii_only)

    def compose(self) -> ComposeResult:
        """Yield the difference and the keys."""
        with Vertical(classes="dialog") as box:
            box.border_title = Content(self._heading)
            yield self._view
            yield KeyLine(tuple(each for each in self.ACTIONS if self._restore or each.verb != "restore"))

    def action_leave(self) -> None:
        """Close the difference."""
        self.dismiss(False)

    def action_restore(self) -> None:
        """Take the older text."""
        if self._restore:
            self.dismiss(True)
