"""The file with the cached compilations of a workspace.

It is private, in the user's data folder, never in the workspace. A file that others could have written, that is damaged
or too big, or that has another fingerprint, counts as missing: everything in it can be computed again.
"""

import contextlib
import hashlib
import json
import math
import os
import re
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from wftui.compiler.cache.entries import CachedWorkflow, entry_from_json
from wftui.workspace.private import PRIVATE_FILE, PRIVATE_FOLDER, make_private_folder
from wftui.workspace.temporary_file import temporary_beside

if TYPE_CHECKING:
    from wftui.model.base import Json

_BYTES = 48 * 1024 * 1024
_ENTRY_CHARACTERS = 256 * 1024
"""An entry that is longer is not kept: its diagnostics are found again."""
_FILES = 64
"""Cached workspaces; those used longest ago are removed."""
_DAYS = 90
_SECONDS = 1.0
"""Time for which a process uses a fingerprint; its own code is loaded anyway."""
_NAME = re.compile(r"[0-9a-f]{32}\.(json|tmp.*)")


class CompilationCache:
    """The cached compilations of a workspace. Safe to use from several threads.

    Args:
        folder: private folder with one file for each workspace.
        fingerprint: returns a digest of what else compilations depend on.
    """

    def __init__(self, folder: Path, root: Path, fingerprint: Callable[[], str]) -> None:
        self._folder = folder
        self._root = root
        self._fingerprint = fingerprint
        self._asked = -math.inf
        self._lock = threading.RLock()
        self._made_in = ""
        self._outdated = False
        self._entries: dict[str, Json] = {}
        self._registry: Json = None
        self._changed = False

    def open(self) -> None:
        """Read the file at the first call; drop everything if the fingerprint changed.

        From then on nothing is written: this process has loaded code that may be older than what was changed.
        """
        with self._lock:
            if time.monotonic() - self._asked < _SECONDS:
                return
            current = self._fingerprint()
            self._asked = time.monotonic()
            if current != self._made_in:
                found = self._read() if not self._made_in else {}
                self._outdated = bool(self._made_in)
                self._made_in = current
                kept = found.get("fingerprint") == current
                entries = found.get("workflows") if kept else None
                self._entries = entries if isinstance(entries, dict) else {}
                self._registry = found.get("registry") if kept else None

    def get(self, workflow_id: str, etag: str) -> CachedWorkflow | None:
        """Return the cached compilation of a source."""
        with self._lock:
            entry = entry_from_json(self._entries.get(workflow_id))
        return entry if entry is not None and entry.etag == etag else None

    def put(self, workflow_id: str, entry: CachedWorkflow | None) -> None:
        """Add or replace an entry; None removes it."""
        with self._lock:
            value = entry.to_json() if entry is not None else None
            if value is not None and len(json.dumps(value)) > _ENTRY_CHARACTERS:
                value = None
            if self._entries.get(workflow_id) != value:
                self._changed = True
                if value is None:
                    del self._entries[workflow_id]
                else:
                    self._entries[workflow_id] = value

    @property
    def registry(self) -> "Json":
        """Cached hashes and entries of the registry of the workspace."""
        with self._lock:
            return self._registry

    @registry.setter
    def registry(self, value: "Json") -> None:
        with self._lock:
            self._changed = self._changed or value != self._registry
            self._registry = value

    def save(self, existing: frozenset[str] | None = None) -> None:
        """Write the file if something has changed.

        Where it cannot be written, the next process compiles again.

        Args:
            existing: the workflows of the workspace; others are removed.
        """
        with self._lock:
            if existing is not None and not self._entries.keys() <= existing:
                self._entries = {key: value for key, value in self._entries.items() if key in existing}
                self._changed = True
            if not self._changed or not self._made_in or self._outdated:
                return
            self._changed = False
            document = {"fingerprint": self._made_in, "workflows": self._entries, "registry": self._registry}
            data = json.dumps(document, separators=(",", ":")).encode()
        if len(data) <= _BYTES:
            with contextlib.suppress(OSError):
                self._write(hashlib.sha256(data).hexdigest().encode() + b"\n" + data)

    @property
    def _path(self) -> Path:
        name = os.path.realpath(self._root).encode(errors="surrogateescape")
        return self._folder / f"{hashlib.sha256(name).hexdigest()[:32]}.json"

    def _write(self, data: bytes) -> None:
        path = self._path
        make_private_folder(self._folder)
        if self._folder.stat().st_mode & 0o077:
            self._folder.chmod(PRIVATE_FOLDER)
        with temporary_beside(path, PRIVATE_FILE) as file:
            os.fchmod(file.fileno(), PRIVATE_FILE)  # whatever the umask
            file.write(data)
            file.flush()
            Path(file.name).replace(path)  # unsynced: a torn file is noticed by its hash
        self._sweep()

    def _sweep(self) -> None:
        """Remove what was not used for long, or is too much."""
        found = [path for path in self._folder.iterdir() if _NAME.fullmatch(path.name)]
        files = [(path.lstat().st_mtime, path) for path in found]
        oldest = time.time() - _DAYS * 86_400
        for number, (used, path) in enumerate(sorted(files, reverse=True)):
            if number >= _FILES or used < oldest:
                with contextlib.suppress(OSError):
                    path.unlink()

    def _read(self) -> "dict[str, Json]":
        try:
            handle = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
            with os.fdopen(handle, "rb") as file:
                status = os.fstat(handle)
                if not stat.S_ISREG(status.st_mode) or status.st_size > _BYTES + 65:
                    return {}
                if status.st_uid != os.geteuid() or status.st_mode & 0o077:
                    return {}
                digest, _, data = file.read().partition(b"\n")
            if hashlib.sha256(data).hexdigest().encode() != digest:
                return {}
            found = json.loads(data)
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}
