"""Notifications of an app."""

from typing import Any

from textual.app import App


def notices(app: App[Any]) -> list[str]:
    """Return the messages of notifications; on screen they may be wrapped.

    Textual has no public way.
    """
    return [notice.message for notice in app._notifications]


def titles(app: App[Any]) -> list[str]:
    """Return the titles of notifications."""
    return [notice.title for notice in app._notifications]
