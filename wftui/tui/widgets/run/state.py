"""What the monitor knows of one run: its record, its log, its steps as a tree; made by folding events, nothing else."""

from collections.abc import Iterable

from wftui.model.events import Created, ExecutionEvent, Log, StepFailed
from wftui.model.execution import STEP_TERMINAL, TERMINAL, StepInfo
from wftui.model.reducer import apply, new_record
from wftui.tui.widgets.log.lines import LogLines
from wftui.tui.widgets.run.tree import StepTree


class RunState:
    """A run as far as its events have been read."""

    def __init__(self, run_id: str) -> None:
        self.record = new_record(run_id)
        self.lines = LogLines()
        self.tree = StepTree(self.record)
        self.declared: dict[str, StepInfo] = {}
        self._handled = 0

    def apply(self, events: Iterable[ExecutionEvent]) -> None:
        """Fold some events.

        Raises:
            GapError: when one between the last applied and these is missing.
        """
        for event in events:
            if event.seq and event.seq <= self.record.last_seq:
                continue
            apply(self.record, event)
            match event:
                case Log():
                    self.lines.append(event)
                case Created():
                    self.declared = {info.path: info for info in event.steps}
                case StepFailed() if event.handled:
                    self._handled += 1
        self.tree.read()

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.record.status in TERMINAL

    @property
    def is_live(self) -> bool:
        """Whether time goes on for this run."""
        return self.record.status in {"pending", "running"}

    @property
    def warnings(self) -> int:
        """How many failures the run went on after."""
        return max(self.record.warnings, self._handled)

    def declared_line(self, path: str) -> int | None:
        """Line of workflow.json in which the step at an address is declared."""
        step = self.record.step(path)
        while step is not None:
            info = self.declared.get(step.path) or self._by_id(step.step_id)
            if info is not None:
                return info.line
            step = self.record.step(step.parent) if step.parent else None
        return None

    def _by_id(self, step_id: str) -> StepInfo | None:
        return next((info for info in self.declared.values() if info.step_id == step_id), None)

    def open_failures(self) -> int:
        """How many steps failed for good."""
        return sum(step.status == "failed" and not step.handled for step in self.record.step_results)

    def ended_steps(self) -> int:
        """How many steps, in all containers and iterations, have ended."""
        return sum(step.status in STEP_TERMINAL for step in self.record.step_results)
