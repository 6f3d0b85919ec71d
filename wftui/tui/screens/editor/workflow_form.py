"""The form of a workflow without its steps, with a preview of its run form."""

import asyncio
from collections.abc import Mapping
from typing import ClassVar

from wftui.model.base import Json
from wftui.model.forms.building import asks, form_of
from wftui.model.forms.state import build_form
from wftui.model.schema.json_schema import as_object
from wftui.tui.actions import Action
from wftui.tui.background import in_background
from wftui.tui.screens.base.form_screen import FormScreen
from wftui.tui.screens.editor.step_form import StepForm


class WorkflowForm(StepForm):
    """Returns the edited workflow, or None after Escape."""

    ACTIONS: ClassVar[tuple[Action, ...]] = (
        *StepForm.ACTIONS[:2],
        Action("workflow_form.preview", "Preview", "Show the run form of the inputs as they are.", ("ctrl+t",), "Step"),
        *StepForm.ACTIONS[2:],
    )

    def action_preview(self) -> None:
        """Show the run form of the inputs as they are now."""
        in_background(self, self._preview, group="ask")

    async def _preview(self) -> None:
        schema = as_object(as_object(self._state.collect()).get("inputSchema"))
        form = await asyncio.to_thread(form_of, {"type": "object", **schema})
        if not asks(form):
            self.notify("Preview: the workflow has no inputs yet.")
            return
        await self.app.push_screen_wait(RunFormPreview("Preview of the run form", build_form(form)))


class RunFormPreview(FormScreen):
    """Shows a run form; nothing runs, and what is typed is dropped."""

    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("run_preview.leave", "Close", "Close the preview.", ("escape",), "Preview of the run form"),
    )

    async def problems(self, values: Json) -> Mapping[str, str]:
        """Return none: nothing is submitted."""
        return {}
