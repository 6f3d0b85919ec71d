"""Running again from somewhere: what would be kept, what would run again, and why; shown before it is done."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from wftui.tui.counting import count
from wftui.tui.status import look
from wftui.tui.widgets.line_view import LineView

if TYPE_CHECKING:
    from wftui.engine.restart import StepDecision


class _Decisions(LineView):
    DEFAULT_CSS = """
    _Decisions { height: auto; max-height: 16; background: $surface; }
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
        style = look("completed" if kept else "running", self.ascii_only)
        colour = "$foreground-muted" if kept else "$foreground"
        words = Content.assemble(
            (f"{style.glyph} {'keep' if kept else 'run ':<4} ", style.color),
            (decision.path, colour),
            (f"  {decision.why}", "$foreground-muted"),
        )
        return words.truncate(width, ellipsis=not self.ascii_only)


class RestartScreen(ModalScreen[bool]):
    """Returns whether to go ahead."""

    DEFAULT_CSS = """
    RestartScreen {
        .dialog { width: 76; }
        #restart-summary { height: auto; margin-bottom: 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "dismiss(True)", "Run", priority=True),
        Binding("escape", "dismiss(False)", "Leave"),
    ]

    def __init__(
        self, title: str, decisions: Sequence["StepDecision"], *, same_run: bool = False, ascii_only: bool = False
    ) -> None:
        """`same_run`: the run itself goes on, rather than a new one that follows it."""
        super().__init__()
        self._same_run = same_run
        self._heading = title
        self._decisions = decisions
        self._ascii_only = ascii_only

    def compose(self) -> ComposeResult:
        """A summary and the decisions."""
        kept = sum(decision.action == "keep" for decision in self._decisions)
        again = len(self._decisions) - kept
        with Vertical(classes="dialog") as box:
            box.border_title = Content(self._heading)
            box.border_subtitle = "enter runs - esc leaves" if self._ascii_only else "⏎ run · esc leave"
            begin = "The same run goes on" if self._same_run else "A new run"
            steps = f"{count(again, 'step')} to run, {kept} kept as before"
            summary = f"{begin}: {steps}."
            yield Static(summary, id="restart-summary", markup=False)
            yield _Decisions(self._decisions, ascii_only=self._ascii_only)
