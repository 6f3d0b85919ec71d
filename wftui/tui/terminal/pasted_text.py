"""Pasted text: its line ends, and what a field for one line drops or refuses."""

import re
from typing import Any

from textual import events
from textual.app import ReturnType
from textual.dom import DOMNode
from textual.widgets import Input

from wftui.tui.terminal.drawn_text import CleanApp

_LONE = r"[\ud800-\udfff]"


def unified(text: str) -> str:
    """Return text with LF as line end: terminals send CR, or CRLF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _without_lone(text: str) -> str:
    return text if text.isascii() else re.sub(_LONE, "\ufffd", text)


_LONGEST = 20_000
"""Characters of a field for one line: the widget goes through all of them for each key, 0.7 µs each."""
_CONTROLS = r"[\x00-\x08\x0a-\x1f\x7f-\x9f]"
"""Control characters but tabs, which a line does not show."""


class PasteApp(CleanApp[ReturnType]):
    """An app that unifies the line ends of what is pasted, before any widget gets it."""

    async def on_event(self, event: events.Event) -> None:
        """Unify line ends, and notify of text that a field for one line does not accept."""
        if isinstance(event, events.Paste) and not event.is_forwarded:
            event.text = _without_lone(unified(event.text))
            field = self.focused
            if isinstance(field, Input) and not getattr(type(field), "TAKES_LINES", False):
                event.text = self._one_line(event.text, field)
                if not event.text:
                    return
        await super().on_event(event)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy a text; lone surrogates, as values may have them, are replaced."""
        super().copy_to_clipboard(_without_lone(text))

    async def _dispatch_action(self, namespace: DOMNode, action_name: str, params: Any) -> bool:
        """Paste what was copied here, by ctrl+v, as if the terminal had pasted it."""
        if action_name == "paste":
            from textual.widgets import TextArea  # no first frame needs it

            if isinstance(namespace, Input | TextArea):
                await PasteApp.on_event(self, events.Paste(self.clipboard))
                return True
        return await super()._dispatch_action(namespace, action_name, params)

    def _one_line(self, text: str, field: Input) -> str:
        """Return what a field for one line takes of a text; empty if that is nothing."""
        # As the widget splits it: a page break or a line separator of Unicode ends a line too.
        lines = [line for line in text.splitlines() if line.strip()] or [text]
        line, dropped = (lines[0], 0) if field.password else re.subn(_CONTROLS, "", lines[0])
        whole = len(line) + len(field.value) - len(field.selected_text)
        if whole > _LONGEST:
            # A part of a name, a path or a secret would be another one.
            reason = f"this field would have {whole:,} characters, and takes {_LONGEST:,}."
            self.notify(f"Nothing was pasted: {reason}", severity="warning")
            return ""
        if dropped and not line:
            self.notify("Nothing was pasted: the text has only control characters.", severity="warning")
        elif dropped:
            self.notify(f"Pasted without control characters ({dropped}).", severity="warning")
        if len(lines) > 1:
            self.notify(f"Pasted the first of {len(lines)} lines: this field takes one.", severity="warning")
        return line
