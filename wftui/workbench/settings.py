"""Where things are and who is asking."""

from __future__ import annotations

import getpass
from dataclasses import dataclass, field
from pathlib import Path

from wftui.workspace.locate import find_database, find_tables


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are and who is asking; `resolve` fills what was not given."""

    tables: Path
    database: Path
    user_id: str = field(default_factory=getpass.getuser)

    @classmethod
    def resolve(cls, tables: Path | None = None, database: Path | None = None) -> Settings:
        """Settings from the command line, the environment and the defaults, in this order.

        Raises:
            WorkspaceError: when the user's data folder cannot be made.
        """
        return cls(tables=find_tables(tables), database=find_database(database))
