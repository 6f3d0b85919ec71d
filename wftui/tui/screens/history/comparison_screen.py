"""Two runs side by side."""

from collections.abc import Sequence
from typing import ClassVar

from wftui.model.reports import ReportLine, comparison_lines
from wftui.tui.actions import Action
from wftui.tui.screens.base.report_screen import ReportScreen, report_actions


class ComparisonScreen(ReportScreen):
    """The first difference of two runs, then all.

    Args:
        after: the later run.
        before: the earlier run; None: the last completed one before.
    """

    ACTIONS: ClassVar[tuple[Action, ...]] = report_actions("comparison", "Comparison")

    def __init__(self, after: str, before: str | None = None) -> None:
        super().__init__()
        self._after = after
        self._before = before

    def trail(self) -> tuple[str, ...]:
        """Return the location of this screen."""
        return ("History", "Comparison")

    async def read(self) -> Sequence[ReportLine]:
        """Compare the runs."""
        comparisons = self.workbench.comparisons
        before = self._before or await comparisons.last_good(self._after)
        return list(comparison_lines(await comparisons.compare(before, self._after), ascii_only=self.services.ascii))
