"""Files readable by their owner only: connections and the secret store."""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from wftui.connections.connection_errors import ConnectionsError
from wftui.workspace.atomic import atomic_write
from wftui.workspace.locate import absolute, user_config_path
from wftui.workspace.path_lock import locked
from wftui.workspace.private import PRIVATE_FILE, make_private_file, make_private_folder
from wftui.workspace.regular import read_regular


def private_folder() -> Path:
    """Return the folder of connections and secrets.

    `WFTUI_CONNECTIONS`, or the user's configuration folder.
    """
    if named := os.environ.get("WFTUI_CONNECTIONS"):
        return absolute(Path(named))
    return user_config_path()


def connections_path(folder: Path | None = None) -> Path:
    """Return the path of the connections file in a folder; absent: the user's own."""
    return (folder or private_folder()) / "connections.json"


def read_private(path: Path) -> bytes | None:
    """Return the content of a private file; None if it does not exist.

    Raises:
        ConnectionsError: `connection.permissions` when others may read it, `connection.io` when it cannot be read.
    """
    try:
        mode = path.stat().st_mode
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConnectionsError(
                f"others may read {path}, which must be private; run: chmod 600 {path}",
                code="connection.permissions",
            )
        return read_regular(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _problem("read", path, error) from error


def write_private(path: Path, data: bytes) -> None:
    """Replace a private file atomically, never readable by others.

    Raises:
        ConnectionsError: `connection.io` when it cannot be written.
    """
    try:
        make_private_folder(path.parent)
        atomic_write(path, data, new_mode=PRIVATE_FILE)
    except OSError as error:
        raise _problem("write", path, error) from error


@contextlib.contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Lock a folder, so that one process at a time changes its files.

    Raises:
        ConnectionsError: `connection.io` when the folder cannot be used.
    """
    try:
        make_private_folder(folder)
        make_private_file(folder / ".lock")
    except OSError as error:
        raise _problem("use", folder, error) from error
    with locked(folder / ".lock", lambda error: _problem("use", folder, error)):
        yield


def _problem(doing: str, path: Path, error: OSError) -> ConnectionsError:
    return ConnectionsError(f"cannot {doing} {path}: {(error.strerror or str(error)).lower()}", code="connection.io")
