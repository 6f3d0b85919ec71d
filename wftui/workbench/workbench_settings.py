"""What a workbench goes by: where things are, who is asking, and what the user has set."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wftui.model.user_settings import Durability
from wftui.settings.settings_file import read_settings, settings_path
from wftui.workspace.locate import find_database, find_tables


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are and who is asking; `resolve` fills what was not given.

    Attributes:
        durability: what a commit to the database waits for.
        origins: what each of the others comes from, such as `--tables`, `WFTUI_DB`, `settings` or `default`.
    """

    tables: Path
    database: Path
    user_id: str = field(default_factory=getpass.getuser)
    durability: Durability = "normal"
    origins: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def resolve(cls, tables: Path | None = None, database: Path | None = None) -> Settings:
        """Settings from the command line, the environment, the user's settings and the defaults, in this order.

        Raises:
            SettingsError: the settings file is wrong; nothing was begun.
            WorkspaceError: when the user's data folder cannot be made.
        """
        user = read_settings(settings_path())
        return cls(
            tables=find_tables(tables, configured=user.tables),
            database=find_database(database, configured=user.database),
            durability=user.durability,
            origins={
                "tables": _origin(tables, "--tables", "WFTUI_TABLES", user.tables),
                "database": _origin(database, "--db", "WFTUI_DB", user.database),
                "durability": "default" if user.durability == "normal" else "settings",
            },
        )


def _origin(explicit: Path | None, option: str, variable: str, configured: Path | None) -> str:
    if explicit is not None:
        return option
    if os.environ.get(variable):
        return variable
    return "default" if configured is None else "settings"
