"""Dialogs that create, copy, rename and delete workflows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Literal

from wftui.model.errors import UserError
from wftui.model.history_query import QueryError, parse_query
from wftui.tui.screen_memory import editor_memory
from wftui.tui.screens.dialogs.confirm import Choice, ConfirmScreen
from wftui.tui.screens.dialogs.prompt import PromptScreen
from wftui.tui.services import AppServices
from wftui.tui.widgets.picker import Picker
from wftui.workspace.files import check_id
from wftui.workspace.new_workflow import TEMPLATES
from wftui.workspace.workspace_errors import ForeignFolderError

if TYPE_CHECKING:
    from wftui.model.base import Json
    from wftui.workspace.new_workflow import Template


class WorkflowFiles:
    """Asks what is needed, then changes the workspace."""

    def __init__(self, app: AppServices) -> None:
        self._app = app
        self._workbench = app.workbench.local

    async def new(self, taken: Collection[str]) -> str | None:
        """Ask for an id and a template, and create a workflow; None after Escape.

        Raises:
            UserError: it cannot be created.
        """
        new_id = await self._ask_id("New workflow", "", taken)
        if new_id is None:
            return None
        template = await self._ask_template()
        if template is None:
            return None
        steps: list[dict[str, Json]] = []
        if template == "curl":
            from wftui.tui.screens.editor.step_commands import step_from_command

            step = await step_from_command(self._app, '{"steps": []}')
            if step is None:
                return None
            template, steps = "empty", [step]
        return await self._make(new_id, None, template, steps)

    async def duplicate(self, workflow_id: str, taken: Collection[str]) -> str | None:
        """Ask for an id, and copy a workflow; None after Escape.

        Raises:
            UserError: it cannot be copied.
        """
        new_id = await self._ask_id(f"Duplicate {workflow_id} as", f"{workflow_id}_copy", taken)
        return None if new_id is None else await self._make(new_id, workflow_id, None, [])

    async def rename(self, workflow_id: str, taken: Collection[str]) -> str | None:
        """Ask for an id, and rename a workflow and what names it; None if nothing changes.

        Raises:
            UserError: it cannot be renamed.
        """
        new_id = await self._ask_id(f"Rename {workflow_id} to", workflow_id, taken)
        if new_id is None or new_id == workflow_id:
            return None
        try:
            callers = await self._workbench.workflows.rename(workflow_id, new_id)
        except UserError as error:
            if error.code in {"workspace.callers", "draft.io"}:  # it has been renamed nevertheless
                await self._follow(workflow_id, new_id)
            raise
        await self._follow(workflow_id, new_id)
        for each in (new_id, *callers):
            await self._workbench.workflows.compile(each)
        if callers:
            self._app.notify(f"Changed in the workflows that call it: {', '.join(callers)}", markup=False)
        return new_id

    async def _follow(self, old: str, new: str) -> None:
        """Give a renamed workflow its rules and place; name what means the old id.

        The rules of the old id stay, as its runs do.
        """
        self._app.memory.move(editor_memory(old), editor_memory(new))
        try:
            for section in await self._workbench.user_settings.copy_rules(old, new):
                self._app.notify(f"The settings {section} apply to {new}, too", markup=False)
            limited = [
                each.name for each in await self._workbench.tokens.all() if each.workflows and old in each.workflows
            ]
            if limited:
                message = f"These tokens cover {old}, but not {new}: {', '.join(limited)}"
                self._app.notify(message, severity="warning", markup=False)
            filters = (await self._workbench.user_settings.read()).filters
            if named := [name for name, query in filters.items() if self._shows_only(query, old)]:
                message = f"These saved filters show the runs of {old}, not those of {new}: {', '.join(named)}"
                self._app.notify(message, severity="warning", markup=False)
        except UserError as error:
            self._app.show_error(error, f"Rules of {old}")

    def _shows_only(self, query: str, workflow_id: str) -> bool:
        """Return whether a saved filter is for the runs of one workflow."""
        try:
            return parse_query(query, self._app.workbench.clock()).workflow == workflow_id
        except QueryError:
            return False

    async def delete(self, workflow_id: str) -> bool:
        """Move a workflow to the trash, after confirmation; return whether it was.

        Raises:
            UserError: it cannot be moved.
        """
        question = f"Move {workflow_id} to the trash of the workspace? Its runs stay in the history."
        choices = [Choice("keep", "Cancel", "escape"), Choice("delete", "Delete", "d", danger=True)]
        if await self._app.push_screen_wait(ConfirmScreen("Delete workflow", question, choices)) != "delete":
            return False
        place = await self._workbench.workflows.delete(workflow_id)
        self._app.notify(f"Moved {workflow_id} to {place}", markup=False)
        return True

    async def _make(
        self, new_id: str, source: str | None, template: Template | None, steps: Sequence[dict[str, Json]]
    ) -> str | None:
        try:
            await self._create(new_id, source, template, steps)
        except ForeignFolderError as error:
            if not await self._ask_adopt(error):
                return None
            self._workbench.workspace.adopt = True
            await self._create(new_id, source, template, steps)
        await self._workbench.workflows.compile(new_id)
        return new_id

    async def _create(
        self, new_id: str, source: str | None, template: Template | None, steps: Sequence[dict[str, Json]]
    ) -> None:
        if source is not None:
            await self._workbench.workflows.duplicate(source, new_id)
        elif template is not None:
            await self._workbench.workflows.create(new_id, template, steps)

    async def _ask_template(self) -> Template | Literal["curl"] | None:
        """Ask what a new workflow begins with."""
        names: list[Template | Literal["curl"]] = [*TEMPLATES, "curl"]
        abouts = [*TEMPLATES.values(), "the request of a pasted curl command"]
        index = await self._app.push_screen_wait(Picker("Start from", [*zip(names, abouts, strict=True)]))
        return None if index is None else names[index]

    async def _ask_adopt(self, error: ForeignFolderError) -> bool:
        """Ask whether to make a workspace of a folder that holds other files."""
        question = f"{error.folder} holds other files and is not a workspace. Make it one?"
        choices = [Choice("leave", "Cancel", "escape"), Choice("adopt", "Make it a workspace", "m")]
        return await self._app.push_screen_wait(ConfirmScreen("New workspace", question, choices)) == "adopt"

    async def _ask_id(self, title: str, suggestion: str, taken: Collection[str]) -> str | None:
        others = set(taken) - {suggestion}

        def check(text: str) -> str | None:
            if text in others:
                return f"workflow {text} already exists"
            try:
                check_id(text)
            except UserError:
                return "use at most 63 lower-case letters, digits, - and _, starting with a letter or digit"
            return None

        hint = "The id is the folder's name: lower-case letters, digits, - and _."
        return await self._app.push_screen_wait(PromptScreen(title, suggestion, hint, check))
