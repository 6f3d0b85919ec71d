"""Notifications about the database, on whatever screen is open."""

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest
from helpers import PATIENCE

from wftui.store.sqlite.schema import VERSION
from wftui.tui.app import WftuiApp
from wftui.tui.history_notices import HistoryNotices
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path, timeout=PATIENCE)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")


def delete(path: Path) -> None:
    path.unlink()


def move(path: Path) -> None:
    path.rename(path.with_name("elsewhere.db"))


_GONE = "was deleted, moved or replaced while it was in use"
_NEWER = "a newer wftui has updated the database"


@pytest.mark.first_cases(3)
@pytest.mark.parametrize(
    ("screen", "change", "sentence"),
    [
        ("workflows", delete, _GONE),
        ("history", newer, _NEWER),
        ("settings", move, _GONE),
        ("workflows", newer, _NEWER),
        ("workflows", move, _GONE),
        ("history", delete, _GONE),
        ("history", move, _GONE),
        ("settings", delete, _GONE),
        ("settings", newer, _NEWER),
    ],
)
async def test_unusable_database_is_shown(
    workbench: Workbench,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Path], None],
    sentence: str,
    screen: str,
) -> None:
    checks = 0
    check = HistoryNotices.check

    def counted(self: HistoryNotices) -> None:
        nonlocal checks
        checks += 1
        check(self)

    monkeypatch.setattr(HistoryNotices, "check", counted)
    monkeypatch.setattr("wftui.tui.app._POLL_EVERY", 0.05)
    app = WftuiApp(workbench)
    async with app.run_test(size=(120, 40)) as pilot:
        await workbench.store()
        if screen != "workflows":
            await app.run_action(f"app.{screen}")
        change(workbench.settings.database)

        # What a screen reads at that moment fails with an error of its own.
        def notices() -> list[str]:
            return [each.message for each in app._notifications if each.title == "History"]

        await until(pilot, notices)
        told = checks
        await until(pilot, lambda: checks > told + 2)
        (notice,) = notices()
        assert sentence in notice
