"""Remote work: the steps of pools, seen from the process of their runs."""

import asyncio
import importlib
from typing import TYPE_CHECKING

from wftui.engine.run.state.leaf_work import LeafAttempt
from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.runtime.workflow_errors import WorkflowError

if TYPE_CHECKING:
    from wftui.workers.coordinator import Coordinator


class RemoteWork:
    """Does attempts of leaf steps on workers; connects for the first one.

    Args:
        address: of the PostgreSQL server; None: there is none.
    """

    def __init__(self, address: str | None) -> None:
        self._address = address
        self._opening = asyncio.Lock()
        self._coordinator: Coordinator | None = None

    async def run(self, attempt: LeafAttempt) -> Json:
        """Do an attempt on a worker of its step's pool.

        Raises:
            Stopped: a stop ended the attempt.
            WorkflowError: it failed or took too long; `workers.*` when it could not be given to a worker.
        """
        coordinator = await self._open()
        from wftui.workers.remote_attempt import RemoteAttempt

        return await RemoteAttempt(coordinator, attempt).result()

    async def end_run(self, run_id: str) -> None:
        """Remove the jobs and files of a run that has ended."""
        if self._coordinator is not None:
            await self._coordinator.end_run(run_id)

    async def abandon(self, run_id: str) -> None:
        """Remove the jobs of an interrupted run; workers end what still runs for it.

        Raises:
            UserError: PostgreSQL cannot be used.
        """
        if self._address is not None:
            try:
                await (await self._connected(self._address)).remove_run(run_id)
            except ImportError as error:
                raise UserError(f"the package {error.name} is not installed", code="workers.missing") from None

    async def held(self, run_id: str) -> frozenset[str]:
        """Return the paths of steps of an interrupted run that workers do, or have done.

        None if that is not known: then a resume asks before it repeats a step.
        """
        if self._address is None:
            return frozenset()
        try:
            return await (await self._connected(self._address)).held(run_id)
        except (UserError, ImportError):
            return frozenset()

    async def close(self) -> None:
        """Close the connections to PostgreSQL."""
        if self._coordinator is not None:
            await self._coordinator.close()
            self._coordinator = None

    async def _open(self) -> "Coordinator":
        if self._address is None:
            raise WorkflowError("workers.no_url", "no PostgreSQL server is set; see docs/workers.md")
        try:
            return await self._connected(self._address)
        except ImportError as error:
            raise WorkflowError("workers.missing", f"the package {error.name} is not installed") from None
        except UserError as error:
            raise WorkflowError(error.code, str(error)) from None

    async def _connected(self, address: str) -> "Coordinator":
        async with self._opening:
            if self._coordinator is None:
                await asyncio.to_thread(importlib.import_module, "wftui.workers.remote_attempt")
                from wftui.workers.coordinator import Coordinator

                self._coordinator = await Coordinator.open(address)
            return self._coordinator
