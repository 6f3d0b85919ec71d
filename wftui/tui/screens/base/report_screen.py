"""Base of the screens that show a report."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from wftui.model.errors import UserError
from wftui.model.reports import ReportLine
from wftui.tui.actions import Action
from wftui.tui.background import in_background
from wftui.tui.screens.base.action_screen import ActionScreen
from wftui.tui.widgets.line_view import LineView
from wftui.tui.widgets.report_view import ReportView


def report_actions(prefix: str, group: str) -> tuple[Action, ...]:
    """Return the actions that every report has."""
    return (
        Action(f"{prefix}.open", "Open", "Show the run of the line.", ("enter",), group),
        Action(f"{prefix}.next", "Next", "Go to the next difference or error.", ("n",), group),
        Action(f"{prefix}.copy", "Copy", "Copy the report as text.", ("y",), group),
    )


class ReportScreen(ActionScreen[None]):
    """A report that is read in the background; subclasses implement `read`.

    Attributes:
        nothing: shown when there are no lines.
    """

    nothing: ClassVar[str] = "No runs."

    DEFAULT_CSS = """
    ReportScreen { layout: vertical; }
    ReportScreen ReportView { height: 1fr; background: $background; }
    """

    async def read(self) -> Sequence[ReportLine]:
        """Return the lines.

        Raises:
            UserError: they cannot be read.
        """
        raise NotImplementedError

    def compose_body(self) -> ComposeResult:
        """Yield the report."""
        yield ReportView(ascii_only=self.services.ascii)

    def on_mount(self) -> None:
        """Read the report."""
        self.report.focus()
        in_background(self, self._read, group="report", exclusive=True)

    @property
    def report(self) -> ReportView:
        """The lines."""
        return self.query_one(ReportView)

    async def _read(self) -> None:
        try:
            lines = await self.read()
        except UserError as error:
            self.report.show([], str(error))
        else:
            self.report.show(lines, self.nothing)
        self.refresh_bindings()

    def why_not(self, action_id: str) -> str | None:
        """Disable opening lines without a run."""
        if action_id.endswith(".open") and (self.report.selected is None or self.report.selected.run_id is None):
            return "the line names no run"
        return None

    @on(LineView.Moved)
    def _moved(self) -> None:
        self.refresh_bindings()

    @on(LineView.Chosen)
    def _chosen(self) -> None:
        if self.why_not(".open") is None:
            self.action_open()

    def action_open(self) -> None:
        """Open the run of the line."""
        line = self.report.selected
        if line is not None and line.run_id is not None:
            self.services.open_monitor(line.run_id)

    def action_next(self) -> None:
        """Go to the next line that stands out, wrapping around."""
        report = self.report
        lines = len(report.lines)
        order = [*range(report.cursor + 1, lines), *range(min(report.cursor + 1, lines))]
        found = next((index for index in order if report.lines[index].tone in ("changed", "bad")), None)
        if found is None:
            self.notify("No differences or errors.")
        else:
            report.show_row(found, centre=True)
            self.refresh_bindings()

    def action_copy(self) -> None:
        """Copy the report."""
        self.app.copy_to_clipboard("\n".join(line.text for line in self.report.lines))
        self.notify("Copied the report")
