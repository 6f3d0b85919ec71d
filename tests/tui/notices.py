"""What an app tells in passing."""

from typing import Any

from textual.app import App


def notices(app: App[Any]) -> list[str]:
    """The sentences of its notices, whole: on the screen they may be broken into lines. Textual has no public way."""
    return [notice.message for notice in app._notifications]
