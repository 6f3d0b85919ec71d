"""Locate the workspace and the database."""

import os
from collections.abc import Mapping
from pathlib import Path

from wftui.workspace.generated import is_workspace
from wftui.workspace.shipped import fill_with_examples

_APP = "wftui"


def find_tables(
    explicit: Path | None,
    environment: Mapping[str, str] = os.environ,
    cwd: Path | None = None,
    configured: Path | None = None,
) -> Path:
    """Return the path of the workspace.

    `--tables`, `WFTUI_TABLES`, the user's settings, `./tables` if it is a workspace, or the user's data folder, in
    this order. A named folder need not exist; a new data folder is filled with the examples.

    Raises:
        WorkspaceError: the user's data folder cannot be created.
    """
    if explicit is not None:
        return explicit.expanduser().absolute()
    if named := environment.get("WFTUI_TABLES"):
        return Path(named).expanduser().absolute()
    if configured is not None:
        return configured
    here = (cwd or Path.cwd()) / "tables"
    if is_workspace(here):
        return here
    tables = user_data_path(environment) / "tables"
    if not tables.exists():
        fill_with_examples(tables)
    return tables


def find_database(
    explicit: Path | None, environment: Mapping[str, str] = os.environ, configured: Path | None = None
) -> Path:
    """Return the path of the database.

    `--db`, `WFTUI_DB`, the user's settings, or `wftui.db` in the user's data folder, in this order.
    """
    if explicit is not None:
        return explicit.expanduser().absolute()
    if named := environment.get("WFTUI_DB"):
        return Path(named).expanduser().absolute()
    if configured is not None:
        return configured
    return user_data_path(environment) / "wftui.db"


def user_data_path(environment: Mapping[str, str] = os.environ) -> Path:
    """Return this program's folder in the user's data."""
    import platformdirs

    if given := environment.get("XDG_DATA_HOME"):
        return Path(given) / _APP
    return platformdirs.user_data_path(_APP, appauthor=False)
