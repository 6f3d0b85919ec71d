"""The workers of pools."""

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from wftui.model.reports import ReportLine, worker_lines
from wftui.tui.actions import Action
from wftui.tui.background import in_background
from wftui.tui.screens.base.report_screen import ReportScreen, report_actions

_REFRESH_EVERY = 2.0


class WorkersScreen(ReportScreen):
    """The workers: pools, jobs, state, start and version; follows changes."""

    ACTIONS: ClassVar[tuple[Action, ...]] = report_actions("workers", "Workers")
    nothing = "No workers are running. Start one on another machine: wftui worker --pool NAME"

    def trail(self) -> tuple[str, ...]:
        """Return the location of this screen."""
        return ("Workers",)

    def on_mount(self) -> None:
        """Read the workers at intervals; the base class reads them first."""
        in_background(self, self._follow, group="follow")

    async def read(self) -> Sequence[ReportLine]:
        """Read the workers."""
        found = await self.workbench.local.workers.all()
        return list(worker_lines(found, self.workbench.clock(), ascii_only=self.services.ascii))

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(_REFRESH_EVERY)
            if self.is_current:
                await self._read()
