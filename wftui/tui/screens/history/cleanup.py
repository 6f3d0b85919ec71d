"""Cleanup of the history, with a preview of what it removes."""

from dataclasses import dataclass
from datetime import datetime

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from wftui.model.counts import LARGEST_COUNT, count_in
from wftui.model.errors import UserError
from wftui.model.moments import MomentError, parse_moment
from wftui.model.run.summary import CleanupReport
from wftui.tui.display.formatting import count
from wftui.tui.widgets.value.sizes import size_text
from wftui.workbench import Workbench


@dataclass(frozen=True, slots=True)
class CleanupPlan:
    """Finished runs to remove: older than this, except the newest `keep` of each."""

    older_than: datetime
    keep: int | None


class CleanupScreen(ModalScreen[CleanupReport | None]):
    """Returns the report of the cleanup, or None."""

    DEFAULT_CSS = """
    CleanupScreen {
        .dialog { width: 64; }
        .field { height: 1; }
        .field Static { width: 28; }
        .field Input { width: 1fr; height: 1; border: none; background: $panel; }
        #cleanup-report { height: auto; margin: 1 0; }
        Button { margin-right: 2; }
        #cleanup-buttons { height: 1; }
    }
    """
    BINDINGS = [Binding("escape", "dismiss", "Cancel")]  # noqa: RUF012 - Textual declares it so

    def __init__(self, workbench: Workbench) -> None:
        super().__init__()
        self.workbench = workbench
        self._plan: CleanupPlan | None = None

    def compose(self) -> ComposeResult:
        """Yield two fields, a preview and two buttons."""
        with Vertical(classes="dialog") as box:
            box.border_title = "Clean up history"
            with Horizontal(classes="field"):
                yield Static("Remove runs older than", markup=False)
                yield Input("30d", id="cleanup-age", compact=True)
            with Horizontal(classes="field"):
                yield Static("Keep per workflow", markup=False)
                yield Input("10", id="cleanup-keep", compact=True)
            yield Static("Counting…", id="cleanup-report", markup=False)
            with Horizontal(id="cleanup-buttons"):
                yield Button("Cancel", id="cleanup-no", compact=True)
                yield Button("Remove", id="cleanup-yes", variant="error", compact=True, disabled=True)

    @on(Input.Changed)
    def _changed(self) -> None:
        self._set_plan(None, "Counting…")
        try:
            older = parse_moment(self.query_one("#cleanup-age", Input).value, self.workbench.clock())
            kept = self.query_one("#cleanup-keep", Input).value.strip()
        except MomentError as error:
            self._set_plan(None, str(error))
            return
        keep = count_in(kept)
        if kept and keep is None:
            self._set_plan(None, f"the number to keep must be a whole number from 1 to {LARGEST_COUNT:,}")
        else:
            self._count(CleanupPlan(older, keep))

    @work(group="count", exclusive=True)
    async def _count(self, plan: CleanupPlan) -> None:
        try:
            report = await self.workbench.retention.cleanup(plan.older_than, keep=plan.keep, dry_run=True)
        except UserError as error:
            self._set_plan(None, str(error))
            return
        if not report.runs:
            self._set_plan(None, "No finished run is that old; nothing to remove.")
        else:
            freed = size_text(max(0, report.bytes_before - report.bytes_after))
            self._set_plan(plan, f"Permanently removes {count(report.runs, 'run')}, freeing about {freed}.")

    def _set_plan(self, plan: CleanupPlan | None, sentence: str) -> None:
        self._plan = plan
        self.query_one("#cleanup-report", Static).update(sentence)
        self.query_one("#cleanup-yes", Button).disabled = plan is None

    @on(Button.Pressed, "#cleanup-no")
    def _keep(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#cleanup-yes")
    def _remove(self) -> None:
        if self._plan is not None:
            self._clean(self._plan)

    @work(group="clean", exclusive=True)
    async def _clean(self, plan: CleanupPlan) -> None:
        self._set_plan(None, "Removing…")
        try:
            self.dismiss(await self.workbench.retention.cleanup(plan.older_than, keep=plan.keep))
        except UserError as error:
            self._set_plan(None, str(error))
