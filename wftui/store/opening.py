"""Opening of a database file, in a thread that can be stopped."""

import asyncio
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from wftui.store.sqlite.database import OpenedDatabase, Opening, prepare


async def open_database(path: Path, now: datetime, tell: Callable[[str], None]) -> OpenedDatabase:
    """Open the database at a path; see `ExecutionStore.open`.

    A cancelled call stops within a moment and leaves a database that the next one continues with.

    Args:
        tell: reports work that can take long; called in a thread.

    Raises:
        StoreError: it is not a database of wftui, is newer than this program, or cannot be opened.
    """
    stop = threading.Event()

    def recover(damaged: Path, fresh: Path) -> str:
        from wftui.store.recovery.salvage import salvage

        return salvage(damaged, fresh, now, tell, stop.is_set).sentence()

    try:
        return await asyncio.to_thread(prepare, path, Opening(now, recover, tell, stop.is_set))
    except asyncio.CancelledError:
        stop.set()
        raise
