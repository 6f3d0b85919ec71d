"""The headings above the table of runs."""

from textual import events
from textual.message import Message
from textual.widgets import Static


class HistoryHeading(Static):
    """A line of headings; posts `Chosen` where it is clicked."""

    class Chosen(Message):
        """A cell of the line was clicked."""

        def __init__(self, x: int) -> None:
            super().__init__()
            self.x = x

    def on_click(self, event: events.Click) -> None:
        """Report the clicked cell."""
        offset = event.get_content_offset(self)
        if offset is not None:
            self.post_message(self.Chosen(offset.x))
