"""Where the workspace and the database are, and how a new user's workspace is filled."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from wftui.workspace.errors import explain

_APP = "wftui"


def examples_path() -> Path:
    """The example workflows: inside the installed package, or at the top of a source checkout."""
    installed = Path(__file__).parent / "examples"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "tables"


def find_tables(
    explicit: Path | None,
    environment: Mapping[str, str] = os.environ,
    cwd: Path | None = None,
    configured: Path | None = None,
) -> Path:
    """The workspace: `--tables`, `WFTUI_TABLES`, the user's settings, `./tables`, else the user's data folder.

    A folder that was named is taken as it is, existing or not; only the user's data folder is ever filled, with the
    examples.

    Raises:
        WorkspaceError: when the user's data folder cannot be made.
    """
    if explicit is not None:
        return explicit.expanduser().absolute()
    if named := environment.get("WFTUI_TABLES"):
        return Path(named).expanduser().absolute()
    if configured is not None:
        return configured
    here = (cwd or Path.cwd()) / "tables"
    if here.is_dir():
        return here
    tables = user_data_path(environment) / "tables"
    if not tables.exists():
        fill_with_examples(tables)
    return tables


def find_database(
    explicit: Path | None, environment: Mapping[str, str] = os.environ, configured: Path | None = None
) -> Path:
    """The database: `--db`, `WFTUI_DB`, the user's settings, else `wftui.db` in the user's data folder."""
    if explicit is not None:
        return explicit.expanduser().absolute()
    if named := environment.get("WFTUI_DB"):
        return Path(named).expanduser().absolute()
    if configured is not None:
        return configured
    return user_data_path(environment) / "wftui.db"


def user_data_path(environment: Mapping[str, str] = os.environ) -> Path:
    """The user's data folder for this program."""
    import platformdirs

    if given := environment.get("XDG_DATA_HOME"):
        return Path(given) / _APP
    return platformdirs.user_data_path(_APP, appauthor=False)


def fill_with_examples(tables: Path) -> None:
    """Copy the example workflows into a new workspace."""
    # Through a folder beside it, so that a second start never sees half of the examples.
    half = tables.with_name(f".{tables.name}.{os.getpid()}")
    try:
        tables.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(examples_path(), half, ignore=shutil.ignore_patterns("__pycache__", "*.pyc", ".trash"))
        half.rename(tables)
    except OSError as error:
        shutil.rmtree(half, ignore_errors=True)
        if not tables.is_dir():  # else another start was faster
            raise explain(error, tables, "make") from error
