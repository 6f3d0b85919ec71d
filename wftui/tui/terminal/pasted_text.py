"""Pasted text: its line ends, and the lines that a field for one line drops."""

from textual import events
from textual.app import ReturnType
from textual.widgets import Input

from wftui.tui.terminal.drawn_text import CleanApp


def unified(text: str) -> str:
    """Return text with LF as line end: terminals send CR, or CRLF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


class PasteApp(CleanApp[ReturnType]):
    """An app that unifies the line ends of what is pasted, before any widget gets it."""

    async def on_event(self, event: events.Event) -> None:
        """Unify line ends, and tell the user when a field takes the first line only."""
        if isinstance(event, events.Paste) and not event.is_forwarded:
            event.text = unified(event.text)
            field = self.focused
            if isinstance(field, Input) and not getattr(type(field), "TAKES_LINES", False):
                # As the widget splits it: a page break or a line separator of Unicode ends a line too.
                lines = [line for line in event.text.splitlines() if line.strip()] or [event.text]
                event.text = lines[0]
                if len(lines) > 1:
                    self.notify(f"Pasted the first of {len(lines)} lines: this field takes one.", severity="warning")
        await super().on_event(event)
