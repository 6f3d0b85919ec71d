"""Base of the editor: loads, checks and saves a source, and detects conflicts."""

from wftui.model.errors import ConflictError, UserError
from wftui.model.listing import WorkflowOutline
from wftui.model.workflow.compilation import CompilationResult
from wftui.tui.editing.draft_keeper import DraftKeeper, Unsaved
from wftui.tui.editing.live_check import LiveCheck
from wftui.tui.editing.source_file import SourceFile
from wftui.tui.key_actions.key_sentences import with_keys
from wftui.tui.screens.base.paned_screen import PanedScreen
from wftui.tui.screens.editor.questions import ask_about_changes, ask_which_version
from wftui.tui.widgets.source.compilation_status import CompilationStatus
from wftui.tui.widgets.source.source_view import SourceView
from wftui.tui.widgets.title_bar import TitleBar

_HISTORIES = 20
"""Closed editors whose changes can still be undone."""
_CHECK_EVERY = 2.0
"""Seconds between checks for changes made by other programs."""


class SourceScreen(PanedScreen):
    """Base of the editor.

    A subclass has the widgets, calls `begin` once they are mounted, and shows results in `checked`.

    Attributes:
        workflow_id: the workflow being edited.
        source: the source being edited.
        status: summary of the compilation, and position of the cursor.
        live_check: keeps the compilation result up to date.
        drafts: keeps unsaved text on disk.
    """

    source: SourceView
    status: CompilationStatus
    live_check: LiveCheck
    drafts: DraftKeeper

    def __init__(self, workflow_id: str) -> None:
        super().__init__()
        self.workflow_id = workflow_id

    def begin(self) -> None:
        """Load and check the workflow, and watch the file for changes by others."""
        self.source = self.query_one(SourceView)
        self.status = self.query_one(CompilationStatus)
        self._file = SourceFile(self.workbench, self.workflow_id)
        self.live_check = LiveCheck(
            self, self.workbench, self.workflow_id, lambda: self.source_text, self.prepare, self.checked
        )
        self.drafts = DraftKeeper(
            self, self.workbench.sources.draft_file(self.workflow_id), self._unsaved, self._draft_failed
        )
        self._may_discard = False
        self._trouble = ""
        self.attempt(self._open(), group="load")
        self.set_interval(_CHECK_EVERY, self._look_for_changes)

    def show_steps(self) -> None:
        """Show the steps of the current source, before it is checked."""
        raise NotImplementedError

    def loaded(self, text: str) -> None:
        """Take a source that was read from the file."""
        raise NotImplementedError

    def prepare(self, text: str, outline: WorkflowOutline | None) -> None:
        """Find what is shown of a source, in another thread."""
        raise NotImplementedError

    def checked(self, result: CompilationResult, outline: WorkflowOutline | None) -> None:
        """Show the result for the current source, and its outline if it compiles."""
        raise NotImplementedError

    @property
    def is_changed(self) -> bool:
        """True if the source differs from the version last read or saved, or that is gone."""
        return not self.source.read_only and (self.source.text != self._file.text or self._file.is_gone)

    async def _open(self) -> None:
        try:
            await self._load()
        except UserError as error:
            # A past run may belong to a workflow that no longer exists.
            self.services.show_error(error, "Open failed")
            self.dismiss()
            return
        kept = self.services.undo_histories.pop(self.workflow_id, None)
        if kept is not None and kept[0] == self.source.text and not self.source.read_only:
            self.source.history = kept[1]
        if not self.source.read_only:
            await self._offer_draft()

    async def _offer_draft(self) -> None:
        from wftui.tui.screens.editor.versions import offer_draft

        draft = await offer_draft(self.services, self.workflow_id, self._file.text, self._file.etag)
        if draft is not None:
            self.source.change_to(draft.text)
            if await self.drafts.write():  # the text is on disk at any moment, also on a full one
                await self.workbench.sources.delete_draft(draft)

    def _unsaved(self) -> Unsaved | None:
        if not self._file.is_read or self.source.read_only:
            return None
        with_form = self.drafts.form() if self.drafts.form is not None else None
        if with_form is None and not self.is_changed:
            return None
        text = self.source.text
        return with_form or (lambda: text), self._file.etag

    def _draft_failed(self, error: UserError) -> None:
        self.services.show_error(error, "Unsaved text is not kept")

    def on_unmount(self) -> None:
        """Keep unsaved text if the terminal was closed; keep what can be undone."""
        if not hasattr(self, "drafts") or not self._file.is_read:
            return
        self.drafts.close(keep=not self._may_discard)
        if not self.is_changed:
            histories = self.services.undo_histories
            histories.pop(self.workflow_id, None)
            histories[self.workflow_id] = (self.source.text, self.source.history)
            while len(histories) > _HISTORIES:
                histories.pop(next(iter(histories)))

    async def _load(self) -> None:
        place = self.source.cursor_location
        self._may_discard = False
        self.source.show(await self._file.read())
        self.loaded(self._file.text)
        self.source.move_cursor(self.source.clamp_visitable(place))
        reason = self._file.read_only
        if self.source.read_only and reason is None:
            reason = "this editor would change the line ends of the file."
            reason += with_keys(self.app, " Press {editor.edit_outside} to open it in your editor.")
        if reason is not None:
            self.source.read_only = True
            self.notify(f"Read-only: {reason}", severity="warning", timeout=10, markup=False)
        self.show_steps()
        self.live_check.check_now()
        self.show_place()

    @property
    def source_text(self) -> str:
        """The source; that of the file if the editor has other line ends."""
        return self._file.text if self.source.read_only else self.source.text

    async def save(self) -> CompilationResult | None:
        """Save and compile; None if a conflict was left unresolved.

        Raises:
            UserError: the source or the generated module cannot be written.
        """
        self.status.compiling = True
        try:
            if self.is_changed or not self._file.is_read:
                text = self.source.text
                try:
                    await self._file.save(text)
                except ConflictError as error:
                    if not await self._resolve_conflict(error, text):
                        return None
                self.drafts.text_changed()
            self.show_place()
            if self._file.read_only is None:
                result = await self.workbench.workflows.compile(self.workflow_id)
            else:  # a run compiles it in memory
                result = await self.workbench.workflows.check(self.workflow_id, self.source.text)
            self.status.result = result
        finally:
            self.status.compiling = False
        self.live_check.check_now()
        return result

    async def _resolve_conflict(self, error: ConflictError, text: str) -> bool:
        version = await ask_which_version(self.services, error)
        while version == "compare":
            await self._compare_with_theirs(text)
            version = await ask_which_version(self.services, error)
        if version == "theirs":
            await self._load()
        elif version == "mine":
            await self._file.overwrite(text)
        return version in {"theirs", "mine"}

    async def _compare_with_theirs(self, text: str) -> None:
        from wftui.tui.screens.dialogs.diff import DiffScreen, diff_lines

        try:
            theirs = (await self.workbench.workflows.read(self.workflow_id)).text
        except UserError:
            theirs = ""  # deleted: all of it is ours
        lines = diff_lines(theirs, text, "theirs", "mine")
        await self.services.push_screen_wait(
            DiffScreen("theirs → mine", lines, restore=False, ascii_only=self.services.ascii)
        )

    async def _look_for_changes(self) -> None:
        """Load changes made by others; only announce them beside unsaved changes."""
        if not self.is_active or self.status.compiling:
            return
        try:
            change = await self._file.change_on_disk()
        except UserError as error:
            if str(error) != self._trouble:  # said once, not every two seconds
                self._trouble = str(error)
                self.services.show_error(error, "Reload failed")
            return
        self._trouble = ""
        if change == "gone":
            self.notify("The file was deleted or moved. Saving will ask first.", severity="warning", timeout=10)
            self.drafts.text_changed()
            self.show_place()
        elif change and self.is_changed:
            self.notify(
                "The file was changed by another program. Saving will ask first.", severity="warning", timeout=10
            )
        elif change:
            await self._load()
            self.notify("Reloaded: the file was changed by another program.")

    async def may_leave(self) -> bool:
        """Ask about unsaved changes."""
        if not self.is_changed:
            return True
        chosen = await ask_about_changes(self.services, self.workflow_id)
        if chosen == "save":
            try:
                return await self.save() is not None
            except UserError as error:
                self.services.show_error(error, "Save failed")
        self._may_discard = chosen == "discard"
        return self._may_discard

    def show_place(self) -> None:
        """Show the position of the cursor, and whether the source is saved."""
        marks = ["unsaved"] if self.is_changed else []
        self.status.note = "  ".join([*marks, f"Ln {self.source.line}, Col {self.source.column}"])
        self.query_one(TitleBar).note = "unsaved" if self.is_changed else ""

    def action_save(self) -> None:
        """Save and compile."""
        self.attempt(self._save_only(), group="save")

    async def _save_only(self) -> None:
        await self.save()

    def action_undo(self) -> None:
        """Undo the last change."""
        self.source.undo()

    def action_redo(self) -> None:
        """Redo the change last undone."""
        self.source.redo()

    def action_compare(self) -> None:
        """Compare the source with another version, and restore that one if wanted."""
        self.attempt(self._compare(), group="ask")

    async def _compare(self) -> None:
        from wftui.tui.screens.editor.versions import pick_version

        text = await pick_version(self.services, self.workflow_id, self.source.text)
        if text is not None and not self.source.read_only:
            self.source.change_to(text)
            self.notify(with_keys(self.app, "Restored; {editor.undo} undoes it."), markup=False)

    def action_reload(self) -> None:
        """Reload the file, after asking about unsaved changes."""
        self.attempt(self._reload())

    async def _reload(self) -> None:
        if await self.may_leave():
            await self._load()

    def action_edit_outside(self) -> None:
        """Open the file in the user's editor."""
        self.attempt(self._edit_outside())

    async def _edit_outside(self) -> None:
        from wftui.tui.terminal.external_editor import edit

        if await self.may_leave():
            path = (await self.workbench.workflows.read(self.workflow_id)).path
            try:
                await edit(self.app, path)
            finally:
                await self._load()
            self.status.result = await self.workbench.workflows.compile(self.workflow_id)
