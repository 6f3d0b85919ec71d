"""ExecutionHistory: runs of all workflows or of one, with filters and cleanup."""

from collections.abc import Awaitable
from typing import ClassVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.widgets import Static

from wftui.model.errors import UserError
from wftui.model.history_query import STATUSES, HistoryQuery
from wftui.model.run.summary import ExecutionFilters, ExecutionPage, RunSort
from wftui.model.user.user_settings import HistoryColumn
from wftui.tui.actions import Action
from wftui.tui.display.formatting import count
from wftui.tui.key_actions.history_actions import HISTORY_ACTIONS, LOCAL, MOST_SELECTED, NEED_ONE
from wftui.tui.key_actions.key_sentences import with_keys
from wftui.tui.screens.base.action_screen import ActionScreen
from wftui.tui.screens.history.history_choices import ask_columns, ask_group, ask_saved, ask_sort, recalled, summary
from wftui.tui.screens.history.run_files import export_run, import_run, show_run_file
from wftui.tui.widgets.history.columns import columns
from wftui.tui.widgets.history.filter_bar import FilterBar
from wftui.tui.widgets.history.heading import HistoryHeading
from wftui.tui.widgets.history.pages import PAGE, PageStart
from wftui.tui.widgets.history.table import HistoryTable
from wftui.tui.widgets.line_view import LineView

_REFRESH_EVERY = 1.0
"""Seconds between updates of active runs and of the newest page."""
_HEARD = 5
"""Updates between two looks at the processes of active runs: one that stops writes nothing."""


class HistoryScreen(ActionScreen[None]):
    """Filters, the table of runs, and its size."""

    DEFAULT_CSS = """
    HistoryScreen {
        layout: vertical;
        #history-heading { height: 1; text-wrap: nowrap; }
        HistoryTable { height: 1fr; }
        #history-message { display: none; height: 1fr; padding: 1 2; }
        #history-state { height: 1; padding: 0 1; color: $foreground-muted; background: $panel; text-wrap: nowrap; }
        &.-message {
            HistoryTable, #history-heading { display: none; }
            #history-message { display: block; }
        }
    }
    """

    ACTIONS: ClassVar[tuple[Action, ...]] = HISTORY_ACTIONS

    def __init__(self, workflow_id: str | None = None) -> None:
        super().__init__()
        self._of = workflow_id
        self._first = HistoryQuery(workflow=workflow_id or "")
        self._marked: str | None = None
        self._version = 0
        self._looks = 0

    def trail(self) -> tuple[str, ...]:
        """Return the location: the history, or that of a workflow."""
        return ("History", self._first.workflow) if self._first.workflow else ("History",)

    def compose_body(self) -> ComposeResult:
        """Yield filters, heading, table and state."""
        plain_signs, now = self.services.ascii, self.workbench.clock
        sort: RunSort = "-started"
        if self._of is None:
            self._first, sort = recalled(self.services.memory, now())
        yield FilterBar(self._first, now, ascii_only=plain_signs)
        yield HistoryHeading(id="history-heading", markup=False)
        time_of = self.workbench.runs.time_of
        table = HistoryTable(self._page, self._count, now, self.workbench.elapsed, time_of, ascii_only=plain_signs)
        table.sort = sort
        yield table
        yield Static(id="history-message", markup=False)
        yield Static(id="history-state", markup=False)

    def on_mount(self) -> None:
        """Load the newest runs."""
        self._table.focus()
        self._query()
        self.attempt(self._read_columns())
        self.set_interval(_REFRESH_EVERY, self._refresh)

    def on_screen_resume(self) -> None:
        """Show what was changed on other screens."""
        if self._table.known:
            self._table.refresh_runs()

    def on_resize(self, _event: events.Resize) -> None:
        """Align the heading with the columns."""
        self.call_after_refresh(self._show_heading)

    @property
    def _table(self) -> HistoryTable:
        return self.query_one(HistoryTable)

    @property
    def _bar(self) -> FilterBar:
        return self.query_one(FilterBar)

    # --- reading

    async def _read_columns(self) -> None:
        self._show_columns((await self.workbench.user_settings.read()).columns)

    def _show_columns(self, chosen: tuple[HistoryColumn, ...]) -> None:
        if chosen != self._table.chosen:
            self._table.chosen = chosen
            self._table.redraw()
            self._show_heading()

    async def _page(self, filters: ExecutionFilters, sort: RunSort, start: PageStart) -> ExecutionPage:
        runs = self.workbench.runs
        return await runs.history(filters, limit=PAGE, cursor=start.cursor, sort=sort, offset=start.offset)

    async def _count(self, filters: ExecutionFilters) -> int:
        return await self.workbench.runs.count(filters)

    def _query(self) -> None:
        if (filters := self._bar.filters()) is not None:
            self._table.show(filters)

    async def _refresh(self) -> None:
        """Read what other connections have written, if any, and update the clocks."""
        if not self.is_active or not self._table.known:
            return
        try:
            version = await self.workbench.records.version()
        except UserError:
            version = -1  # the table says what is wrong
        self._looks += 1
        if version != self._version or version < 0 or (self._looks % _HEARD == 0 and self._table.shows_active):
            self._version = version
            self._table.refresh_runs()
        else:
            self._table.repaint()

    @on(FilterBar.Changed)
    def _filters_changed(self) -> None:
        self._keep()
        self._query()

    def _keep(self) -> None:
        if self._of is None:
            self.services.memory.keep("history", query=str(self._bar.current), sort=self._table.sort)

    @on(FilterBar.Left)
    def _filters_left(self) -> None:
        self._table.focus()

    # --- showing

    @on(HistoryTable.Loaded)
    def _loaded(self, event: HistoryTable.Loaded) -> None:
        pages = self._table.pages
        message = event.error
        if not message and not len(pages):
            message = (
                with_keys(self.app, "No run matches these filters.\n\nPress {history.all} to clear them.")
                if self._bar.current != HistoryQuery()
                else "No runs yet.\n\nRuns appear here with their steps, logs and results."
            )
        if message:
            self.query_one("#history-message", Static).update(message)
        self.set_class(bool(message), "-message")
        self._show_state()

    def _show_heading(self) -> None:
        heading = self._table.heading(self._table.size.width)
        self.query_one("#history-heading", Static).update(heading, layout=False)

    def _show_state(self) -> None:
        self._show_heading()
        self.query_one("#history-state", Static).update(summary(self._table), layout=False)
        self.refresh_bindings()

    @on(HistoryHeading.Chosen)
    def _heading_chosen(self, event: HistoryHeading.Chosen) -> None:
        """Sort by the column that was clicked; once more turns the order around."""
        column = self._table.heading_at(event.x, self._table.size.width)
        if column is not None and column.is_sortable:
            other = f"-{column.name}"
            self._sort_by(cast("RunSort", column.name if self._table.sort == other else other))

    @on(LineView.Moved)
    def _moved(self) -> None:
        self.refresh_bindings()

    @on(LineView.Chosen)
    def _chosen(self) -> None:
        self.action_open()

    # --- actions

    def why_not(self, action_id: str) -> str | None:
        """Disable actions without a run, and those that need the files of a server."""
        if action_id in LOCAL and self.workbench.server is not None:
            return f"only on the machine of {self.workbench.server}"
        if action_id == "history.bulk" and not self._table.marked:
            return with_keys(self.app, "no run is selected; {history.select} selects one")
        if action_id in NEED_ONE and self._table.selected is None:
            return "no run is selected"
        return None

    def action_open(self) -> None:
        """Open the monitor."""
        run = self._table.selected
        if run is not None:
            self.services.open_monitor(run.id)

    def action_rerun(self) -> None:
        """Open the run form with the inputs of the run."""
        self.attempt(self._rerun(), group="rerun", exclusive=True)

    async def _rerun(self) -> None:
        run = self._table.selected
        if run is not None:
            record = await self.workbench.runs.record(run.id, whole=True)
            self.services.open_run_form(record.workflow_id, record.inputs, record.connections)

    def action_edit(self) -> None:
        """Open the editor."""
        run = self._table.selected
        if run is not None:
            self.services.open_editor(run.workflow_id)

    def action_copy_id(self) -> None:
        """Copy the id."""
        run = self._table.selected
        if run is not None:
            self.app.copy_to_clipboard(run.id)
            self.notify(f"Copied {run.id}", markup=False)

    def action_mark(self) -> None:
        """Mark the run to compare another with it, or unmark it."""
        run = self._table.selected
        if run is not None:
            self._marked = run.id if self._marked != run.id else None
            compares = with_keys(self.app, "{history.compare} on another run compares")
            self.notify(f"Marked {run.id}; {compares}" if self._marked else "Unmarked", markup=False)

    def action_compare(self) -> None:
        """Compare the run with the marked one, or with the last good one."""
        run = self._table.selected
        if run is not None:
            before = self._marked if self._marked != run.id else None
            self.services.open_screen("comparison", run.id, before)

    def action_statistics(self) -> None:
        """Show statistics of the workflow of the filter, or of all."""
        self.services.open_screen("statistics", self._bar.current.workflow or None)

    def action_grep(self) -> None:
        """Search the runs of the filter."""
        if (filters := self._bar.filters()) is not None:
            self.services.open_screen("search", filters, str(self._bar.current))

    def action_export(self) -> None:
        """Ask for a file name, and export the run."""
        run = self._table.selected
        if run is not None:
            self.attempt(export_run(self.services, run), group="transfer", exclusive=True)

    def action_import(self) -> None:
        """Ask for a run file, import it and open the run."""
        self.attempt(import_run(self.services), group="transfer", exclusive=True)

    def action_show_file(self) -> None:
        """Ask for a run file, and show the run in it."""
        self.attempt(show_run_file(self.services), group="transfer", exclusive=True)

    def action_sort(self) -> None:
        """Ask for an order."""
        self.attempt(self._ask_sort(), group="choice", exclusive=True)

    async def _ask_sort(self) -> None:
        sort = await ask_sort(self.services, self._table.sort)
        if sort is not None:
            self._sort_by(sort)

    def _sort_by(self, sort: RunSort) -> None:
        self._table.sort_by(sort)
        self._keep()
        self._show_heading()

    def action_columns(self) -> None:
        """Choose columns."""
        shown = self._table.chosen or tuple(column.name for column in columns(self._table.room))
        self.attempt(ask_columns(self.services, shown, self._show_columns), group="choice", exclusive=True)

    def action_group(self) -> None:
        """Count the runs in groups, and narrow the filter to one."""
        self.attempt(self._take(ask_group(self.services, self._bar.current)), group="choice", exclusive=True)

    def action_saved(self) -> None:
        """Choose a saved filter, or save this one."""
        asked = ask_saved(self.services, self._bar.current, self._bar.recent)
        self.attempt(self._take(asked), group="choice", exclusive=True)

    async def _take(self, asked: Awaitable[HistoryQuery | None]) -> None:
        query = await asked
        if query is not None:
            self._bar.set_query(query)

    def action_select(self) -> None:
        """Select the run, or no longer."""
        self._table.toggle_mark()
        self._show_state()

    def action_select_all(self) -> None:
        """Select the runs that match, or none."""
        self.attempt(self._select_all(), group="select", exclusive=True)

    async def _select_all(self) -> None:
        table = self._table
        if table.marked:
            table.marked = {}
        else:
            found = await self.workbench.runs.history(table.query_filters, limit=MOST_SELECTED, sort=table.sort)
            table.marked = {run.id: run for run in found.executions}
        table.redraw()
        self._show_state()

    def action_bulk(self) -> None:
        """Act on all selected runs."""
        self.attempt(self._act_on_selected(), group="bulk", exclusive=True)

    async def _act_on_selected(self) -> None:
        from wftui.tui.screens.history.bulk_runs import act_on_runs

        failed = await act_on_runs(self.services, list(self._table.marked.values()))
        if failed is not None:
            self._table.marked = {run.id: run for run in failed}
            self._query()

    def action_filter(self) -> None:
        """Focus the filter."""
        self._bar.edit()

    def action_faults(self) -> None:
        """Show only failed and interrupted runs, or all."""
        self._bar.set_query(self._bar.current.only_failures())

    def action_workflow(self) -> None:
        """Show only runs of this workflow, or all."""
        run = self._table.selected
        self._bar.set_query(self._bar.current.of_workflow(run.workflow_id if run is not None else ""))

    def action_all(self) -> None:
        """Clear the filters."""
        self._bar.set_query(HistoryQuery())

    def action_refresh(self) -> None:
        """Reload the history."""
        self._query()

    def action_cleanup(self) -> None:
        """Open the cleanup."""
        self.attempt(self._cleanup(), group="cleanup", exclusive=True)

    async def _cleanup(self) -> None:
        from wftui.tui.screens.history.cleanup import CleanupScreen

        report = await self.services.push_screen_wait(CleanupScreen(self.workbench.local))
        if report is not None:
            self.notify(f"{count(report.runs, 'run')} removed")
            self._query()

    def _switch(self, number: int) -> None:
        self._bar.set_query(self._bar.current.switched(STATUSES[number - 1]))

    def action_status_1(self) -> None:
        """Toggle the first status."""
        self._switch(1)

    def action_status_2(self) -> None:
        """Toggle the second status."""
        self._switch(2)

    def action_status_3(self) -> None:
        """Toggle the third status."""
        self._switch(3)

    def action_status_4(self) -> None:
        """Toggle the fourth status."""
        self._switch(4)

    def action_status_5(self) -> None:
        """Toggle the fifth status."""
        self._switch(5)

    def action_status_6(self) -> None:
        """Toggle the sixth status."""
        self._switch(6)
