"""Files on a worker, by content: fetched once, whichever jobs need them."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from wftui.runtime.workflow_errors import WorkflowError
from wftui.workers.database import Database
from wftui.workers.sealing import Seal
from wftui.workspace.atomic import atomic_write

_FETCH = "select sealed from blobs where run = %s and name = %s"


class BlobCache:
    """Files in a private folder of the worker, named by content."""

    def __init__(self, database: Database, seal: Seal, folder: Path) -> None:
        self._database = database
        self._seal = seal
        self._folder = folder
        self._fetching = asyncio.Lock()
        self._here: set[str] = set()

    async def fetch(self, run: str, names: Iterable[str]) -> None:
        """Fetch the files of a run that are not here yet.

        Raises:
            WorkflowError: `worker.files` when one is gone.
            WrongKeyError: one does not open.
        """
        missing = set(names) - self._here
        if not missing:
            return
        async with self._fetching:
            for name in missing:
                if name not in self._here:
                    rows = await self._database.rows(_FETCH, [run, name])
                    if not rows:
                        raise WorkflowError("worker.files", "a file of the workflow is no longer in the database")
                    await asyncio.to_thread(self._store, name, rows[0]["sealed"])
                    self._here.add(name)

    def read(self, name: str) -> bytes:
        """Return the content of a file that was fetched."""
        return self.path(name).read_bytes()

    def path(self, name: str) -> Path:
        """Return the place of a file."""
        return self._folder / name

    def _store(self, name: str, sealed: bytes) -> None:
        atomic_write(self.path(name), self._seal.open(sealed, f"blob {name}"), new_mode=0o600)
