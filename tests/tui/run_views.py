"""Conditions that tests of run screens wait for."""

from typing import Any

from textual.app import App

from wftui.tui.screens.runs.run_screen import RunScreen


def shows_end(app: App[Any]) -> bool:
    """Return whether a run is on the screen and read to its end.

    Its status alone says less: lists know it before the events are read.
    """
    screen = app.screen
    return isinstance(screen, RunScreen) and screen.state.ended and screen.state.is_known
