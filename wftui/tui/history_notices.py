"""Notifications about the database: a long opening, and an unusable file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.app import App

if TYPE_CHECKING:
    from wftui.workbench.protocols import AnyWorkbench

_SECONDS = 60.0
"""Time that a notification is shown."""


class HistoryNotices:
    """Shows each notification once, on whatever screen is open."""

    def __init__(self, app: App[Any], workbench: AnyWorkbench) -> None:
        self._app = app
        self._workbench = workbench
        self._shown = ""

    def begin(self) -> None:
        """Show what opening the database does, such as an update of a million runs."""
        self._workbench.report_opening_to(self._report_opening)

    def _report_opening(self, sentence: str) -> None:
        self._app.call_later(self._show_opening, sentence)  # from another thread

    def _show_opening(self, sentence: str) -> None:
        server = self._workbench.server
        title = "Opening the history" if server is None else "Server"
        self._app.notify(sentence, title=title, timeout=_SECONDS if server is None else None)

    def check(self) -> None:
        """Show that the database was replaced, or updated by a newer program."""
        error = self._workbench.unusable
        if error is not None and str(error) != self._shown:
            self._shown = str(error)
            self._app.bell()
            self._app.notify(self._shown, title="History", severity="error", timeout=_SECONDS)
