"""Notifications about the database, on whatever screen is open."""

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from wftui.store.sqlite.schema import VERSION
from wftui.tui.app import WftuiApp
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")


def delete(path: Path) -> None:
    path.unlink()


def move(path: Path) -> None:
    path.rename(path.with_name("elsewhere.db"))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (delete, "was deleted, moved or replaced while it was in use"),
        (move, "was deleted, moved or replaced while it was in use"),
        (newer, "a newer wftui has updated the database"),
    ],
)
@pytest.mark.parametrize("screen", ["workflows", "history", "settings"])
async def test_unusable_database_is_shown(
    workbench: Workbench, until: Until, change: Callable[[Path], None], sentence: str, screen: str
) -> None:
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
        await pilot.pause(2.5)
        (notice,) = notices()
        assert sentence in notice
