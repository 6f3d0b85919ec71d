"""The first screen: workflows of the workspace, their state and their runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Static

from wftui.model.errors import UserError
from wftui.tui.actions import Action
from wftui.tui.background import in_background
from wftui.tui.display.formatting import count, short_path
from wftui.tui.key_actions.key_sentences import with_keys
from wftui.tui.screens.base.action_screen import ActionScreen
from wftui.tui.widgets.line_view import LineView
from wftui.tui.widgets.title_bar import TitleBar
from wftui.tui.widgets.workflow_table import WorkflowTable

if TYPE_CHECKING:
    from wftui.model.listing import WorkflowRow
    from wftui.tui.screens.workflow_files import WorkflowFiles

_CHECK_EVERY = 2.0
"""Seconds between checks of the folder for changes by other programs."""
_NAMED = 5
"""Workflows with unsaved changes that a notice names."""


class WorkflowsScreen(ActionScreen[None]):
    """A table, a filter above it, and details of the selected workflow below."""

    DEFAULT_CSS = """
    WorkflowsScreen {
        layout: vertical;
        #filter { height: 1; margin: 0 1; border: none; background: $surface; }
        #filter:disabled { display: none; }
        #heading { height: 1; padding: 0 1; text-wrap: nowrap; margin-top: 1; }
        WorkflowTable { height: 1fr; margin: 0 1; }
        #message { display: none; height: 1fr; padding: 1 4; color: $foreground; }
        #about { height: auto; min-height: 3; max-height: 7; }
        #about { padding: 0 2; border-top: solid $border-blurred; color: $foreground-muted; }
        &.-message {
            WorkflowTable, #heading, #about { display: none; }
            #message { display: block; }
        }
    }
    """

    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("workflows.open", "Open", "Open the workflow in the editor.", ("enter", "e"), "Workflow"),
        Action("workflows.run", "Run", "Ask for the inputs and run the workflow.", ("r", "f5"), "Workflow"),
        Action("workflows.runs", "History", "Show the runs of the workflow.", ("h",), "Workflow"),
        Action("workflows.new", "New", "Create a workflow.", ("n",), "Workspace"),
        Action("workflows.filter", "Filter", "Show only workflows that match a text.", ("slash",), "Workspace"),
        Action("workflows.duplicate", "Duplicate", "Copy the workflow under a new id.", ("d",), "Workspace"),
        Action("workflows.rename", "Rename", "Change the id of the workflow.", ("R",), "Workspace"),
        Action(
            "workflows.delete",
            "Delete",
            "Move the workflow to the trash, after confirmation.",
            ("delete", "D"),
            "Workspace",
        ),
        Action(
            "workflows.edit_outside", "$EDITOR", "Open workflow.json in your editor.", ("o",), "Workflow", footer=False
        ),
        Action("workflows.compile_all", "Compile all", "Compile every workflow.", ("c",), "Workspace", footer=False),
        Action("workflows.refresh", "Refresh", "Reload the workspace.", ("ctrl+r",), "Workspace", footer=False),
    )

    _NEED_ONE = frozenset({"open", "run", "runs", "duplicate", "rename", "delete", "edit_outside"})

    _LOCAL = frozenset({"open", "new", "duplicate", "rename", "delete", "edit_outside", "compile_all"})

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[WorkflowRow] = []
        self._known = False
        self._error: UserError | None = None
        self._signature: object = None
        self._loading = asyncio.Lock()
        self._filter: Input | None = None

    def trail(self) -> tuple[str, ...]:
        """Return the root of all locations."""
        return ("Workflows",)

    def compose_body(self) -> ComposeResult:
        """Yield table and details; the filter is made when it is opened."""
        yield Static(id="heading", markup=False)
        yield WorkflowTable(ascii_only=self.services.ascii)
        yield Static(id="message", markup=False)
        yield Static(id="about", markup=False)

    def on_mount(self) -> None:
        """Paint first, then read the workspace and open the database."""
        self.query_one(TitleBar).note = self.workbench.server or short_path(str(self.workbench.settings.tables))
        self.query_one(WorkflowTable).focus()
        self.services.runs_changed.subscribe(self, lambda _run_id: self.call_later(self._load_if_shown))
        self.call_after_refresh(self.load)
        self.set_interval(_CHECK_EVERY, self._look_for_changes)

    def on_screen_resume(self) -> None:
        """Show what was changed on other screens."""
        if self._signature is not None:
            self.load()

    def on_resize(self, _event: events.Resize) -> None:
        """Align the heading with the columns."""
        self.call_after_refresh(self._show_heading)

    # --- reading

    @property
    def is_loaded(self) -> bool:
        """True once states and runs have been loaded."""
        return self._known

    def load(self) -> None:
        """Reload the workspace and the runs in the background."""
        in_background(self, self._load, group="load", exclusive=True)

    def _load_if_shown(self) -> None:
        """Show the runs that began or ended; below another screen, once it is shown again."""
        if self.is_active:
            self.load()

    async def _load(self) -> None:
        async with self._loading:  # what was read first must not be shown last
            await self._read_rows()

    async def _read_rows(self) -> None:
        # Before reading, so that what is written meanwhile is read again.
        self._signature = await self.workbench.workflows.signature()
        try:
            if not self._known:
                self._rows = []
                self._rows = [_nothing_known(name) for name in await self.workbench.workflows.ids()]
                self._show_rows()
                self._recall()
            self._rows = await self.workbench.workflows.all()
        except UserError as error:
            self._known, self._error = False, error
            if self._rows:
                self._show_rows()
            else:
                keys = with_keys(self.app, "Press {workflows.refresh} to retry, {app.quit} to quit.")
                self._say(f"{error}\n\n{keys}")
            return
        is_first = not self._known
        if is_first and self.workbench.notice:
            self.notify(self.workbench.notice, title="History", severity="warning", timeout=30, markup=False)
        self._known, self._error = True, None
        self._show_rows()
        if is_first:
            await self._tell_unsaved()

    async def _tell_unsaved(self) -> None:
        """Report the workflows with unsaved text of a killed editor."""
        try:
            unsaved = await self.workbench.local.sources.unsaved([row.id for row in self._rows])
        except UserError:  # those of a server are edited there
            return
        if unsaved and self.is_active:
            names = ", ".join(unsaved[:_NAMED]) + (
                f" and {len(unsaved) - _NAMED} more" if len(unsaved) > _NAMED else ""
            )
            message = f"Kept for {names}. Open it to restore, compare or discard them."
            self.notify(message, title="Unsaved changes", severity="warning", timeout=30, markup=False)

    def _recall(self) -> None:
        """Select the workflow that was selected last, unless the cursor has moved."""
        table = self.query_one(WorkflowTable)
        if table.cursor == 0:
            table.select(self.services.memory.recall("workflows").get("cursor", ""))
            self._show_about()

    async def _look_for_changes(self) -> None:
        if not self.is_active or self._signature is None:
            return
        signature = await self.workbench.workflows.signature()
        if signature != self._signature:
            self.load()

    # --- showing

    def _show_rows(self) -> None:
        text = self._filter.value.lower() if self._filter is not None else ""
        rows = [row for row in self._rows if text in f"{row.id} {row.name} {row.description}".lower()]
        if self._rows:
            self.remove_class("-message")
        else:
            self._say(
                with_keys(self.app, "This workspace has no workflows yet.\n\nPress {workflows.new} to create one.")
            )
        table = self.query_one(WorkflowTable)
        table.show_rows(rows, self.workbench.clock(), known=self._known)
        self._show_heading()
        self._show_about()
        self.refresh_bindings()

    def _show_heading(self) -> None:
        table = self.query_one(WorkflowTable)
        self.query_one("#heading", Static).update(table.heading())

    def _show_about(self) -> None:
        row = self.query_one(WorkflowTable).selected
        lines: list[Content] = []
        if self._error is not None:
            lines.append(Content.styled(str(self._error), "$text-error"))
            retry = with_keys(self.app, "Workflows can still be edited. Press {workflows.refresh} to retry.")
            lines.append(Content(retry))
        elif row is not None and self._known:
            parts = [count(row.steps, "step"), count(row.stats.runs, "run") if row.stats.runs else "never run"]
            lines.append(
                Content.assemble((row.description or row.name or row.id, "$foreground"), f"  ({', '.join(parts)})")
            )
            if row.read_only:
                lines.append(Content.styled("Read-only: a link leads out of the workspace.", "$text-warning"))
            error = row.stats.last.error if row.stats.last else None
            if error is not None:
                lines.append(Content.styled(f"Last run: {error.message}".splitlines()[0], "$text-error"))
        elif self._rows and not row:
            lines.append(Content("No workflow matches this text. Press escape to show all."))
        self.query_one("#about", Static).update(Content("\n").join(lines))

    def _say(self, text: str) -> None:
        self.query_one("#message", Static).update(text)
        self.add_class("-message")
        self.set_focus(None)  # nothing else is shown

    # --- reacting

    @on(LineView.Moved)
    def _moved(self) -> None:
        self.services.memory.keep("workflows", cursor=self.query_one(WorkflowTable).selected_id or "")
        self._show_about()

    @on(LineView.Chosen)
    def _chosen(self) -> None:
        self.action_open()

    @on(Input.Changed, "#filter")
    def _filter_changed(self) -> None:
        self._show_rows()

    @on(Input.Submitted, "#filter")
    def _filter_done(self) -> None:
        self.query_one(WorkflowTable).focus()

    def on_key(self, event: events.Key) -> None:
        """Close the filter on Escape, and leave its field on Down."""
        field = self._filter
        if field is None or field.disabled:
            return
        if event.key == "escape":
            event.stop()
            field.value = ""
            field.disabled = True
            self.query_one(WorkflowTable).focus()
        elif event.key == "down" and field.has_focus:
            event.stop()
            self.query_one(WorkflowTable).focus()

    # --- actions

    def why_not(self, action_id: str) -> str | None:
        """Disable actions without a selected workflow."""
        verb = action_id.partition(".")[2]
        if verb in self._LOCAL and self.workbench.server is not None:
            return f"only on the machine of {self.workbench.server}"
        if verb == "filter" and not self._rows:
            return "there are no workflows yet"
        if verb in self._NEED_ONE and self.query_one(WorkflowTable).selected_id is None:
            return "no workflow is selected"
        return None

    def _selected(self) -> str:
        workflow_id = self.query_one(WorkflowTable).selected_id
        assert workflow_id is not None
        return workflow_id

    def action_open(self) -> None:
        """Open the editor."""
        self.services.open_editor(self._selected())

    def action_run(self) -> None:
        """Run the workflow."""
        self.services.open_run_form(self._selected())

    def action_runs(self) -> None:
        """Open the runs of the workflow."""
        self.services.open_history(self._selected())

    async def action_filter(self) -> None:
        """Open the filter."""
        if self._filter is None:
            self._filter = Input(placeholder="filter by id, name or description", id="filter", compact=True)
            await self.mount(self._filter, before="#heading")
        self._filter.disabled = False
        self._filter.focus()

    def action_refresh(self) -> None:
        """Reload everything."""
        self.load()

    def action_new(self) -> None:
        """Ask for an id and create a workflow."""
        self.attempt(self._new(), group="ask")

    async def _new(self) -> None:
        new_id = await self._files.new({row.id for row in self._rows})
        if new_id is not None:
            await self._reload_at(new_id)
            self.services.open_editor(new_id)

    def action_duplicate(self) -> None:
        """Ask for an id and copy the workflow."""
        self.attempt(self._duplicate(self._selected()), group="ask")

    async def _duplicate(self, workflow_id: str) -> None:
        new_id = await self._files.duplicate(workflow_id, {row.id for row in self._rows})
        if new_id is not None:
            await self._reload_at(new_id)

    def action_rename(self) -> None:
        """Ask for a new id."""
        self.attempt(self._rename(self._selected()), group="ask")

    async def _rename(self, workflow_id: str) -> None:
        new_id = await self._files.rename(workflow_id, {row.id for row in self._rows})
        if new_id is not None:
            await self._reload_at(new_id)

    def action_delete(self) -> None:
        """Move the workflow to the trash, after confirmation."""
        self.attempt(self._delete(self._selected()), group="ask")

    async def _delete(self, workflow_id: str) -> None:
        if await self._files.delete(workflow_id):
            await self._load()

    def action_edit_outside(self) -> None:
        """Open the source in the user's editor."""
        self.attempt(self._edit_outside(self._selected()))

    async def _edit_outside(self, workflow_id: str) -> None:
        from wftui.tui.terminal.external_editor import edit

        source = await self.workbench.local.workflows.read(workflow_id)
        try:
            await edit(self.app, source.path)
            await self.workbench.local.workflows.compile(workflow_id)
        finally:
            await self._load()

    async def _reload_at(self, workflow_id: str) -> None:
        """Reload the workspace, and select a workflow."""
        await self._load()
        self.query_one(WorkflowTable).select(workflow_id)
        self._show_about()

    @property
    def _files(self) -> WorkflowFiles:
        from wftui.tui.screens.workflow_files import WorkflowFiles

        return WorkflowFiles(self.services)

    def action_compile_all(self) -> None:
        """Compile every workflow."""
        self.attempt(self._compile_all())

    async def _compile_all(self) -> None:
        results = await self.workbench.local.workflows.compile_all()
        failed = sum(not result.success for result in results)
        await self._load()
        text = f"{count(len(results) - failed, 'workflow')} ready" + (f", {failed} with errors" if failed else "")
        self.notify(text, severity="warning" if failed else "information")


def _nothing_known(workflow_id: str) -> WorkflowRow:
    """Return the row of a workflow of which only the id is known."""
    from wftui.model.listing import WorkflowRow

    return WorkflowRow(id=workflow_id, name="", state="ready")
