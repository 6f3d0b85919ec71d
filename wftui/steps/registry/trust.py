"""Python files of workspaces that the user trusts, by content."""

import hashlib
import json
from pathlib import Path

from wftui.connections.private_files import only_one, private_folder, read_private, write_private

_FILE = "trusted.json"


def content_hash(data: bytes) -> str:
    """Return the hash that is stored for a file."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


class TrustedFiles:
    """Trusted files by absolute path, each with the hash of its content.

    Args:
        folder: where this is remembered; absent: the user's own configuration.

    Raises (all methods):
        ConnectionsError: when the file cannot be read or written.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or private_folder()

    def is_trusted(self, path: Path, data: bytes) -> bool:
        """Return whether exactly this content of the file is trusted."""
        return self._load().get(str(path.resolve())) == content_hash(data)

    def trust(self, path: Path, data: bytes) -> None:
        """Trust this content of the file."""
        with only_one(self._folder):
            self._save({**self._load(), str(path.resolve()): content_hash(data)})

    def forget(self, path: Path) -> None:
        """Stop trusting the file."""
        with only_one(self._folder):
            self._save({known: hash_ for known, hash_ in self._load().items() if known != str(path.resolve())})

    def _load(self) -> dict[str, str]:
        data = read_private(self._folder / _FILE)
        try:
            found = json.loads(data) if data else {}
        except ValueError:
            return {}  # damaged: nothing is trusted, and the next `trust` rewrites it
        return found if isinstance(found, dict) else {}

    def _save(self, files: dict[str, str]) -> None:
        write_private(self._folder / _FILE, (json.dumps(files, indent=2, sort_keys=True) + "\n").encode())
