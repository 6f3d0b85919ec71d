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
        """Change the height only if needed: laying out a long form is expensive."""
        width = self.content_size.width
        if self._height(old, width) != self._height(new, width):
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return one or two lines."""
        return self._height(self.command, width)

    def render(self) -> Content:
        """Render the command, truncated at the end."""
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
