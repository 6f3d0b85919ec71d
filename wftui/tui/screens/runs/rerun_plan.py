"""The plan of a rerun or resume: reused steps, steps to run, and the reasons."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from wftui.engine.restart.restart_plan import repetition
from wftui.tui.actions import Action
from wftui.tui.display.formatting import count
from wftui.tui.display.status import look
from wftui.tui.screens.base.action_modal import ActionModal
from wftui.tui.widgets.key_line import KeyLine
from wftui.tui.widgets.line_view import LineView

if TYPE_CHECKING:
    from wftui.engine.restart.restart_plan import StepDecision

_GROUP = "Plan"
_AROUND = 9
"""Lines of the dialog around the list."""

Answer = Literal["run", "inputs", "leave"]
"""Start the run, change its inputs, or cancel."""


class _Decisions(LineView):
    DEFAULT_CSS = """
    _Decisions { height: auto; background: $surface; }
    """

    def __init__(self, decisions: Sequence["StepDecision"], *, ascii_only: bool) -> None:
        super().__init__(ascii_only=ascii_only)
        self._decisions = decisions

    def on_mount(self) -> None:
        """Show all decisions."""
        self.set_rows(len(self._decisions))

    def row(self, index: int, width: int) -> Content:
        """Return a line for a step: reused or run, and why."""
        decision = self._decisions[index]
        is_reused = decision.action == "keep"
        style = look("completed" if is_reused else "running", ascii_only=self.ascii_only)
        color = "$foreground-muted" if is_reused else "$foreground"
        words = Content.assemble(
            (f"{style.glyph} {'reuse' if is_reused else 'run':<5} ", style.color),
            (decision.path, color),
            (f"  {decision.note}", "$foreground-muted"),
        )
        return words.truncate(width, ellipsis=not self.ascii_only)


class RerunPlanScreen(ActionModal[Answer]):
    """Returns the decision on the plan.

    Args:
        title: title of the plan.
        decisions: the plan.
        same_run: whether the run itself is resumed, instead of a new run.
        other_inputs: whether the plan is for other inputs than those of the run.
        has_inputs: whether the workflow has inputs to change.
    """

    DEFAULT_CSS = """
    RerunPlanScreen {
        .dialog { width: 76; padding: 1 2 0 2; }
        #restart-summary { height: auto; margin-bottom: 1; }
        KeyLine { padding: 0; }
    }
    """
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("restart.run", "Run", "Start the run.", ("enter",), _GROUP, priority=True),
        Action("restart.leave", "Cancel", "Close without running.", ("escape",), _GROUP),
        Action("restart.inputs", "Other inputs", "Change the inputs, and show the plan of a new run.", ("i",), _GROUP),
        Action("restart.help", "Keys", "Show the keys of this plan.", ("question_mark", "f1"), _GROUP),
    )

    def __init__(
        self,
        title: str,
        decisions: Sequence["StepDecision"],
        *,
        same_run: bool = False,
        other_inputs: bool = False,
        has_inputs: bool = False,
        ascii_only: bool = False,
    ) -> None:
        super().__init__()
        self._heading = title
        self._decisions = decisions
        self._same_run = same_run
        self._other_inputs = other_inputs
        self._has_inputs = has_inputs
        self._ascii_only = ascii_only

    def compose(self) -> ComposeResult:
        """Yield a summary, the decisions and the keys."""
        reused = sum(decision.action == "keep" for decision in self._decisions)
        to_run = len(self._decisions) - reused
        with Vertical(classes="dialog") as box:
            box.border_title = Content(self._heading)
            begin = "Resumes the same run" if self._same_run else "Starts a new run"
            others = " with other inputs" if self._other_inputs else ""
            steps = f"{count(to_run, 'step')} to run, {reused} reused"
            summary = " ".join([f"{begin}{others}: {steps}.", *repetition(self._decisions)])
            yield Static(summary, id="restart-summary", markup=False)
            yield _Decisions(self._decisions, ascii_only=self._ascii_only)
            yield KeyLine(self.ACTIONS)

    def on_resize(self, event: events.Resize) -> None:
        """Limit the list to the height left by the other lines."""
        self.query_one(_Decisions).styles.max_height = max(2, event.size.height - _AROUND)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable changing inputs where the workflow has none."""
        if parameters == ("restart.inputs",):
            return self._has_inputs
        return super().check_action(action, parameters)

    def action_run(self) -> None:
        """Start the run."""
        self.dismiss("run")

    def action_inputs(self) -> None:
        """Change the inputs."""
        self.dismiss("inputs")

    def action_leave(self) -> None:
        """Cancel."""
        self.dismiss("leave")
