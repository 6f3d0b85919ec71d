"""Running again from somewhere: what would be kept, what would run again, and why; shown before it is done."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from wftui.tui.actions import Action
from wftui.tui.display.formatting import count
from wftui.tui.display.status import look
from wftui.tui.screens.base.action_modal import ActionModal
from wftui.tui.widgets.key_line import KeyLine
from wftui.tui.widgets.line_view import LineView

if TYPE_CHECKING:
    from wftui.engine.restart.plan import StepDecision

_GROUP = "Plan"
_AROUND = 9
"""Lines that are no decisions."""

Answer = Literal["run", "inputs", "leave"]
"""Go ahead, show the plan for other inputs, or do nothing."""


class _Decisions(LineView):
    DEFAULT_CSS = """
    _Decisions { height: auto; background: $surface; }
    """

    def __init__(self, decisions: Sequence["StepDecision"], *, ascii_only: bool) -> None:
        super().__init__(ascii_only=ascii_only)
        self._decisions = decisions

    def on_mount(self) -> None:
        """Show them all."""
        self.set_rows(len(self._decisions))

    def row(self, index: int, width: int) -> Content:
        """One step: kept or run again, and why."""
        decision = self._decisions[index]
        kept = decision.action == "keep"
        style = look("completed" if kept else "running", ascii_only=self.ascii_only)
        colour = "$foreground-muted" if kept else "$foreground"
        words = Content.assemble(
            (f"{style.glyph} {'keep' if kept else 'run ':<4} ", style.color),
            (decision.path, colour),
            (f"  {decision.why}", "$foreground-muted"),
        )
        return words.truncate(width, ellipsis=not self.ascii_only)


class RerunPlanScreen(ActionModal[Answer]):
    """Returns what is to become of the plan.

    Args:
        title: what it is the plan of.
        decisions: the plan.
        same_run: the run itself goes on, rather than a new one that follows it.
        other_inputs: the plan is for other inputs than those the run had.
        asks: whether the workflow has inputs that could be others.
    """

    DEFAULT_CSS = """
    RerunPlanScreen {
        .dialog { width: 76; padding: 1 2 0 2; }
        #restart-summary { height: auto; margin-bottom: 1; }
        KeyLine { padding: 0; }
    }
    """
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("restart.run", "Run", "Go ahead with this plan.", ("enter",), _GROUP, priority=True),
        Action("restart.leave", "Leave", "Run nothing.", ("escape",), _GROUP),
        Action("restart.inputs", "Other inputs", "Change the inputs, and see the plan of a new run.", ("i",), _GROUP),
        Action("restart.help", "Keys", "Show the keys of this plan.", ("question_mark", "f1"), _GROUP),
    )

    def __init__(
        self,
        title: str,
        decisions: Sequence["StepDecision"],
        *,
        same_run: bool = False,
        other_inputs: bool = False,
        asks: bool = False,
        ascii_only: bool = False,
    ) -> None:
        super().__init__()
        self._heading = title
        self._decisions = decisions
        self._same_run = same_run
        self._other_inputs = other_inputs
        self._asks = asks
        self._ascii_only = ascii_only

    def compose(self) -> ComposeResult:
        """A summary, the decisions, the keys."""
        kept = sum(decision.action == "keep" for decision in self._decisions)
        again = len(self._decisions) - kept
        with Vertical(classes="dialog") as box:
            box.border_title = Content(self._heading)
            begin = "The same run goes on" if self._same_run else "A new run"
            others = " with other inputs" if self._other_inputs else ""
            steps = f"{count(again, 'step')} to run, {kept} kept as before"
            yield Static(f"{begin}{others}: {steps}.", id="restart-summary", markup=False)
            yield _Decisions(self._decisions, ascii_only=self._ascii_only)
            yield KeyLine(self.ACTIONS)

    def on_resize(self, event: events.Resize) -> None:
        """Let the list take what the lines around it leave."""
        self.query_one(_Decisions).styles.max_height = max(2, event.size.height - _AROUND)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where nothing is asked, there are no other inputs."""
        if parameters == ("restart.inputs",):
            return self._asks
        return super().check_action(action, parameters)

    def action_run(self) -> None:
        """Go ahead."""
        self.dismiss("run")

    def action_inputs(self) -> None:
        """Change the inputs."""
        self.dismiss("inputs")

    def action_leave(self) -> None:
        """Run nothing."""
        self.dismiss("leave")
