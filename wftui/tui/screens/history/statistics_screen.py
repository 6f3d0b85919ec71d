"""Statistics of a workflow, or of all runs."""

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from wftui.model.reports import ReportLine, statistics_lines
from wftui.tui.actions import Action
from wftui.tui.screens.base.report_screen import ReportScreen, report_actions

_SINCE = timedelta(days=30)


class StatisticsScreen(ReportScreen):
    """Success, durations, trend, steps and errors of the last 30 days."""

    ACTIONS: ClassVar[tuple[Action, ...]] = report_actions("statistics", "Statistics")

    def __init__(self, workflow_id: str | None = None) -> None:
        super().__init__()
        self._workflow_id = workflow_id

    def trail(self) -> tuple[str, ...]:
        """Return the location of this screen."""
        return ("History", self._workflow_id or "all workflows", "Statistics")

    async def read(self) -> Sequence[ReportLine]:
        """Read the statistics."""
        found = await self.workbench.statistics.of(self._workflow_id, self.workbench.clock() - _SINCE)
        return list(statistics_lines(found, ascii_only=self.services.ascii)) if found.total.runs else []
