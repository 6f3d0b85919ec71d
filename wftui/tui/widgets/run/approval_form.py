"""The answer to a step that asks a person: its question, approve and reject."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Button, Static

from wftui.model.base import Json
from wftui.model.execution import StepResult
from wftui.tui.widgets.log.text import clean, plain


class ApprovalForm(Vertical):
    """Stands where a run waits for a person; hidden while it does not."""

    DEFAULT_CSS = """
    ApprovalForm {
        height: auto;
        max-height: 50%;
        display: none;
        padding: 0 1;
        border-left: outer $warning;
        background: $surface;
        &.-asking { display: block; }
        & > #approval-prompt { height: auto; color: $foreground; margin-bottom: 1; }
        & > #approval-buttons { height: 1; }
        & Button { margin-right: 2; }
    }
    """

    class Answered(Message):
        """The person decided."""

        def __init__(self, path: str, approved: bool, data: Json) -> None:
            super().__init__()
            self.path = path
            self.approved = approved
            self.data = data

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - as every widget
        super().__init__(id=id)
        self.path: str | None = None

    def compose(self) -> ComposeResult:
        """Question and buttons."""
        yield Static(id="approval-prompt", markup=False)
        with Horizontal(id="approval-buttons"):
            yield Button("Approve  [dim]a[/]", id="approve", variant="success", compact=True)
            yield Button("Reject  [dim]x[/]", id="reject", variant="error", compact=True)

    def show(self, step: StepResult | None) -> None:
        """Ask what a step asks; None asks nothing."""
        path = step.path if step is not None else None
        if path == self.path:
            return
        self.path = path
        self.set_class(path is not None, "-asking")
        if step is not None and step.waiting is not None:
            lines = [plain(clean(line)) for line in (step.waiting.prompt or "").splitlines()]
            self.query_one("#approval-prompt", Static).update(f"{step.step_name}: " + "\n".join(lines))

    def answer(self, approved: bool) -> None:
        """Decide."""
        if self.path is not None:
            self.post_message(self.Answered(self.path, approved, None))

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.answer(event.button.id == "approve")
