"""Locate the workspace and the database."""

import os
from collections.abc import Mapping
from pathlib import Path

from wftui.model.user.home_paths import expanded
from wftui.workspace.workspace_errors import WorkspaceError

_APP = "wftui"


def find_tables(
    explicit: Path | None,
    environment: Mapping[str, str] = os.environ,
    cwd: Path | None = None,
    configured: Path | None = None,
) -> Path:
    """Return the path of the workspace.

    `--tables`, `WFTUI_TABLES`, the user's settings, `./tables` if it is a workspace, or the user's data folder, in
    this order. The folder need not exist.

    Raises:
        WorkspaceError: `workspace.cwd`, a named folder is relative and the current folder has been deleted.
    """
    if explicit is not None:
        return absolute(explicit)
    if named := environment.get("WFTUI_TABLES"):
        return absolute(Path(named))
    if configured is not None:
        return configured
    from wftui.workspace.generated import is_workspace

    here = (cwd or Path()) / "tables"  # relative: the current folder may have been deleted
    if is_workspace(here):
        return absolute(here)
    return user_data_path(environment) / "tables"


def find_database(
    explicit: Path | None, environment: Mapping[str, str] = os.environ, configured: Path | None = None
) -> Path:
    """Return the path of the database.

    `--db`, `WFTUI_DB`, the user's settings, or `wftui.db` in the user's data folder, in this order.

    Raises:
        WorkspaceError: `workspace.cwd`, a named file is relative and the current folder has been deleted.
    """
    if explicit is not None:
        return absolute(explicit)
    if named := environment.get("WFTUI_DB"):
        return absolute(Path(named))
    if configured is not None:
        return configured
    return user_data_path(environment) / "wftui.db"


def user_data_path(environment: Mapping[str, str] = os.environ) -> Path:
    """Return this program's folder in the user's data."""
    import platformdirs

    return _xdg_path("XDG_DATA_HOME", environment) or platformdirs.user_data_path(_APP, appauthor=False)


def user_config_path(environment: Mapping[str, str] = os.environ) -> Path:
    """Return this program's folder in the user's configuration."""
    import platformdirs

    return _xdg_path("XDG_CONFIG_HOME", environment) or platformdirs.user_config_path(_APP, appauthor=False)


def absolute(path: Path) -> Path:
    """Return the absolute form of a path that the user has named.

    Raises:
        WorkspaceError: `workspace.cwd`, it is relative and the current folder has been deleted.
    """
    named = expanded(path)
    return named if named.is_absolute() else current_folder() / named


def current_folder() -> Path:
    """Return the current folder.

    Raises:
        WorkspaceError: `workspace.cwd`, it has been deleted.
    """
    try:
        return Path.cwd()
    except OSError as error:
        raise WorkspaceError(
            "the current folder has been deleted: change to another folder", code="workspace.cwd"
        ) from error


def _xdg_path(variable: str, environment: Mapping[str, str]) -> Path | None:
    """Return this program's folder below an XDG variable; None if it is relative."""
    given = Path(environment.get(variable, ""))
    return given / _APP if given.is_absolute() else None
