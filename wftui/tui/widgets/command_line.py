"""The command that starts the same run."""

from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget


class CommandLine(Widget):
    """`$ wftui run …`, on two lines at most."""

    DEFAULT_CSS = """
    CommandLine { height: auto; max-height: 2; padding: 0 1; color: $text-accent; }
    """
    MOST_LINES = 2

    command: reactive[str] = reactive("")

    def watch_command(self, old: str, new: str) -> None:
        """Take another line or give one back, where needed: laying out a long form costs time."""
        width = self.content_size.width
        if self._height(old, width) != self._height(new, width):
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """One line or two."""
        return self._height(self.command, width)

    def render(self) -> Content:
        """The command; its end gives way."""
        width = self.content_size.width
        lines = _lines(self.command, width)
        shown, rest = lines[: self.MOST_LINES], lines[self.MOST_LINES :]
        if rest:
            shown[-1] = (shown[-1] + rest[0]).truncate(width, ellipsis=True)
        return Content("\n").join(shown)

    def _height(self, command: str, width: int) -> int:
        return min(self.MOST_LINES, len(_lines(command, width)))


def _lines(command: str, width: int) -> list[Content]:
    return Content.assemble(("$ ", "$foreground-muted"), command).fold(max(2, width))
