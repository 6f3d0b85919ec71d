"""Notifications of an app."""

from typing import Any
from weakref import WeakKeyDictionary

import pytest
from textual.app import App
from textual.notifications import Notification, Notifications

_told: WeakKeyDictionary[Notifications, list[str]] = WeakKeyDictionary()


def remember_notices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remember all notifications: they expire, soon on a busy machine."""
    add = Notifications.add

    def remembered(self: Notifications, notification: Notification) -> Notifications:
        _told.setdefault(self, []).append(notification.message)
        return add(self, notification)

    monkeypatch.setattr(Notifications, "add", remembered)


def notices(app: App[Any]) -> list[str]:
    """Return the messages of all notifications so far; on screen they may be wrapped.

    Textual has no public way.
    """
    return _told.get(app._notifications, [])
