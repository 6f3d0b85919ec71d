"""Settings of a workbench: paths, user and durability."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from wftui.model.data_class import dataclass
from wftui.model.errors import UserError
from wftui.model.user.user_name import user_name
from wftui.model.user.user_settings import Durability, LogRule, UserSettings
from wftui.model.workers_address import VARIABLE, workers_address
from wftui.settings.settings_file import read_settings, settings_path
from wftui.workspace.locate import find_database, find_tables, user_data_path

if TYPE_CHECKING:
    from wftui.compiler.cache.cache_file import CompilationCache


@dataclass(frozen=True, slots=True)
class Settings:
    """Paths, user and durability of a workbench; `resolve` fills in the defaults.

    Attributes:
        durability: what a database commit waits for.
        theme: colors of the screens; None: those that fit the terminal.
        keys: keys of actions that differ from their defaults, by action id.
        workers: address of the PostgreSQL server for steps in pools.
        logs: how much of long logs is kept.
        origins: the origin of each other setting: `--tables`, `WFTUI_DB`, `settings`, `default`, …
    """

    tables: Path
    database: Path
    user_id: str = field(default_factory=user_name)
    durability: Durability = "normal"
    theme: str | None = None
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    workers: str | None = field(default_factory=lambda: workers_address(os.environ, None), repr=False)
    logs: LogRule = field(default_factory=LogRule)
    origins: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def resolve(cls, tables: Path | None = None, database: Path | None = None, *, tolerant: bool = False) -> Settings:
        """Resolve settings from arguments, environment, settings file and defaults.

        Args:
            tolerant: use the defaults instead of an invalid settings file.

        Raises:
            SettingsError: the settings file is invalid.
            WorkspaceError: a path is relative, and the current folder has been deleted.
        """
        try:
            user = read_settings(settings_path())
        except UserError:
            if not tolerant:
                raise
            user = UserSettings()
        return cls(
            tables=find_tables(tables, configured=user.tables),
            database=find_database(database, configured=user.database),
            durability=user.durability,
            theme=user.theme,
            keys=user.keys,
            workers=workers_address(os.environ, user.workers),
            logs=user.logs,
            origins={
                "tables": _origin(tables, "--tables", "WFTUI_TABLES", user.tables),
                "database": _origin(database, "--db", "WFTUI_DB", user.database),
                "durability": "default" if user.durability == "normal" else "settings",
                "workers": VARIABLE if os.environ.get(VARIABLE) else "default" if user.workers is None else "settings",
            },
        )

    @property
    def place(self) -> tuple[str, ...]:
        """The options that named this workspace and database."""
        given = (("--tables", self.tables), ("--db", self.database))
        return tuple(word for name, path in given if name in self.origins.values() for word in (name, str(path)))


def fill_new_workspace(settings: Settings) -> None:
    """Copy the examples into the workspace of the user's data folder if it is new.

    Raises:
        WorkspaceError: it cannot be created.
    """
    if settings.tables == user_data_path() / "tables":
        from wftui.workspace.shipped import fill_with_examples

        fill_with_examples(settings.tables)


def compilation_cache(root: Path) -> CompilationCache:
    """Return the cache of the compilations of a workspace."""
    from wftui.compiler.cache.cache_file import CompilationCache
    from wftui.compiler.cache.fingerprint import fingerprint
    from wftui.connections.private_files import private_folder

    return CompilationCache(
        user_data_path() / "compiled", root, lambda: fingerprint(private_folder() / "connections.json")
    )


def readable_by_others(database: Path) -> str | None:
    """Return a sentence about files of the user that others may read.

    None if there are none, or all of them have been reported before.
    """
    from wftui.connections.private_files import private_folder
    from wftui.workspace.private import report_readable

    data, settings = user_data_path(), settings_path()
    # A folder that the user has named may hold other files, for others to read.
    folders = [folder for folder in (database.parent, settings.parent) if folder in (data, private_folder())]
    return report_readable((database, settings), folders, data / "permissions-reported")


def _origin(explicit: Path | None, option: str, variable: str, configured: Path | None) -> str:
    if explicit is not None:
        return option
    if os.environ.get(variable):
        return variable
    return "default" if configured is None else "settings"
