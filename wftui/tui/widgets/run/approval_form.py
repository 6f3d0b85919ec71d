"""The approval form: prompt, fields, approve and reject."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Input, Static

from wftui.model.base import Json
from wftui.model.run.steps import StepResult
from wftui.tui.actions import FIELD_KEYS
from wftui.tui.key_actions.key_sentences import shown_key
from wftui.tui.widgets.log.sanitize import clean, plain

if TYPE_CHECKING:
    from wftui.model.forms.nodes import FormNode
    from wftui.tui.widgets.schema_form.form import SchemaForm


class ApprovalForm(Vertical):
    """Shown while a run waits for an approval."""

    DEFAULT_CSS = """
    ApprovalForm {
        height: auto;
        max-height: 60%;
        display: none;
        padding: 0 1;
        border-left: outer $warning;
        background: $surface;
        &.-asking { display: block; }
        & > #approval-prompt { height: auto; max-height: 6; color: $foreground; }
        & > SchemaForm { max-height: 10; margin-top: 1; }
        & > #approval-wrong { height: auto; color: $text-error; display: none; }
        & > #approval-wrong.-wrong { display: block; }
        & > #approval-buttons { height: 1; margin-top: 1; }
        & Button { margin-right: 2; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [*FIELD_KEYS]

    class Answered(Message):
        """The user approved or rejected."""

        def __init__(self, path: str, approved: bool, data: Json) -> None:
            super().__init__()
            self.path = path
            self.approved = approved
            self.data = data

    def __init__(self) -> None:
        super().__init__()
        self.path: str | None = None
        self._schema: dict[str, Json] | None = None
        self._filled: FormNode | None = None

    def show(self, step: StepResult | None) -> None:
        """Show the approval a step asks for; None hides the form."""
        path = step.path if step is not None else None
        if path == self.path:
            return
        self.path = path
        if not self.children:
            self._fill()
        self.set_class(path is not None, "-asking")
        self.query("SchemaForm").remove()
        self._schema = self._filled = None
        self._show_errors([])
        if step is None or step.waiting is None:
            return
        lines = [plain(clean(line)) for line in (step.waiting.prompt or "").splitlines()]
        self.query_one("#approval-prompt", Static).update(f"{step.step_name}: " + "\n".join(lines))
        if isinstance(step.waiting.form, dict):
            from wftui.model.forms.building import form_of
            from wftui.model.forms.state import build_form
            from wftui.tui.widgets.run.unfocused_form import UnfocusedForm

            self._schema = step.waiting.form
            self._filled = build_form(form_of(self._schema))
            self.mount(UnfocusedForm(self._filled), before="#approval-wrong")

    def _fill(self) -> None:
        """Mount prompt, error line and buttons.

        Few runs ask, and every monitor would open later.
        """
        approve = Button(self._label("Approve"), id="approve", variant="success", compact=True)
        reject = Button(self._label("Reject"), id="reject", variant="error", compact=True)
        self.mount(
            Static(id="approval-prompt", markup=False),
            Static(id="approval-wrong", markup=False),
            Horizontal(approve, reject, id="approval-buttons"),
        )

    def _label(self, verb: str) -> Content:
        """Return the label of a button, with the key of its action."""
        key = shown_key(self.app, f"monitor.{verb.lower()}")
        return Content.assemble(f"{verb}  ", (key, "$foreground-muted")) if key else Content(verb)

    async def answer(self, approved: bool) -> None:
        """Approve or reject; an approval with invalid fields shows their errors."""
        if self.path is None:
            return
        data = self._filled.collect() if approved and self._filled is not None else None
        if approved and self._filled is not None and self._schema is not None:
            from wftui.runtime.validation.form_errors import form_problems

            # In a thread: a hostile pattern can be slow.
            problems = await asyncio.to_thread(form_problems, self._schema, self._filled, data)
            if problems:
                form: SchemaForm = self.query_one("SchemaForm")  # type: ignore[assignment]  # of that class
                self._show_errors(list(await form.show_problems(problems)))
                await form.focus_on(next(iter(problems)))
                return
        self.post_message(self.Answered(self.path, approved, data))

    def _show_errors(self, sentences: list[str]) -> None:
        wrong = self.query_one("#approval-wrong", Static)
        wrong.update("\n".join(sentences))
        wrong.set_class(bool(sentences), "-wrong")

    @on(Button.Pressed)
    async def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        await self.answer(event.button.id == "approve")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        """Move to the button: Enter in a field does not approve."""
        event.stop()
        self.query_one("#approve", Button).focus()
