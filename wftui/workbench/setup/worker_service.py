"""The workers of pools: who is alive, and their jobs."""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING

from wftui.model.errors import UsageError

if TYPE_CHECKING:
    from wftui.model.workers import WorkerInfo


class WorkerService:
    """`workbench.workers`: list the workers that the server knows.

    Args:
        address: of the PostgreSQL server; None: there is none.
    """

    def __init__(self, address: str | None) -> None:
        self._address = address

    async def all(self, address: str | None = None) -> list[WorkerInfo]:
        """Return the workers, oldest first; those lost a short time ago are marked.

        Args:
            address: another server.

        Raises:
            UserError: there is no server, or it cannot be used.
        """
        from wftui.steps.api.requirements import missing_workers

        address = address or self._address
        missing = missing_workers(address)
        if missing is not None:
            raise UsageError(missing.sentence, code=missing.code)
        assert address is not None
        await asyncio.to_thread(importlib.import_module, "wftui.workers.listing")
        from wftui.workers.listing import list_workers

        return await list_workers(address)
