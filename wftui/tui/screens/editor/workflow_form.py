"""The form of a workflow without its steps, beside a preview of its run form."""

import asyncio
from collections.abc import Mapping
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Static

from wftui.model.base import Json
from wftui.model.forms.building import asks, form_of
from wftui.model.forms.fields import FormField
from wftui.model.forms.state import build_form
from wftui.model.json.equality import is_same
from wftui.model.schema.json_schema import as_object
from wftui.tui.actions import Action
from wftui.tui.background import in_background, once
from wftui.tui.screens.base.form_screen import FormScreen
from wftui.tui.screens.editor.step_form import StepForm
from wftui.tui.widgets.schema_form.form import SchemaForm
from wftui.tui.widgets.schema_form.messages import Edited

_BESIDE = 110
"""Columns from which the preview is beside the form."""
_REST = 0.25
"""Seconds without an edit after which the preview follows."""


class WorkflowForm(StepForm):
    """Returns the edited workflow, or None after Escape."""

    DEFAULT_CSS = """
    WorkflowForm {
        .dialog { max-width: 190; }
        .sides { height: 1fr; }
        .sides > SchemaForm { width: 3fr; }
        .preview { display: none; width: 2fr; border-left: solid $border-blurred; }
        .preview SchemaForm { height: auto; max-height: 1fr; }
        .preview .title { padding: 0 1; height: 1; text-style: bold; }
        .preview .empty { padding: 0 1; color: $foreground-muted; }
        &.-beside .preview { display: block; }
    }
    """
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        *StepForm.ACTIONS[:2],
        Action(
            "workflow_form.preview", "Preview", "Fill in the run form of the inputs as they are.", ("ctrl+t",), "Step"
        ),
        *StepForm.ACTIONS[2:],
    )
    _resting: Timer | None = None
    _shown: Json = None

    def compose_form(self) -> ComposeResult:
        """Yield the description, and the fields beside the preview."""
        about, *fields = super().compose_form()
        yield about
        with Horizontal(classes="sides"):
            yield from fields
            with Vertical(classes="preview"):
                yield Static("Run form", classes="title", markup=False)
                yield Static("No inputs: it starts without a form.", classes="empty", markup=False)

    def on_resize(self, event: events.Resize) -> None:
        """Show the preview where there is room."""
        self.set_class(event.size.width >= _BESIDE, "-beside")
        self._follow()

    @on(Edited)
    def _follow(self) -> None:
        """Show the inputs in the preview once the user rests."""
        if self._resting is not None:
            self._resting.stop()
        self._resting = once(self, _REST, self._show_preview) if self.has_class("-beside") else None

    def _show_preview(self) -> None:
        in_background(self, self._preview_inputs, group="preview", exclusive=True)

    async def _preview_inputs(self) -> None:
        schema = self._input_schema()
        if is_same(schema, self._shown):
            return
        form = await asyncio.to_thread(form_of, schema)
        self._shown = schema
        place = self.query_one(".preview", Vertical)
        self.query_one(".empty").display = not asks(form)
        async with self.batch():
            await place.query(SchemaForm).remove()
            if asks(form):
                await place.mount(_Preview(form))

    def _input_schema(self) -> dict[str, Json]:
        return {"type": "object", **as_object(as_object(self._state.collect()).get("inputSchema"))}

    def action_preview(self) -> None:
        """Show the run form of the inputs as they are now."""
        in_background(self, self._preview, group="ask")

    async def _preview(self) -> None:
        form = await asyncio.to_thread(form_of, self._input_schema())
        if not asks(form):
            self.notify("Preview: the workflow has no inputs yet.")
            return
        await self.app.push_screen_wait(RunFormPreview("Preview of the run form", build_form(form)))


class _Preview(SchemaForm):
    """The run form of the inputs, which takes no keys."""

    def __init__(self, form: FormField) -> None:
        super().__init__(build_form(form))
        self.disabled = True


class RunFormPreview(FormScreen):
    """Shows a run form; nothing runs, and what is typed is dropped."""

    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("run_preview.leave", "Close", "Close the preview.", ("escape",), "Preview of the run form"),
    )

    async def problems(self, values: Json) -> Mapping[str, str]:
        """Return none: nothing is submitted."""
        return {}
