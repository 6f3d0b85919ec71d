"""State of one run in the monitor, folded from its events."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from wftui.model.run.events import (
    Created,
    ExecutionEvent,
    Interrupted,
    IterationsPlanned,
    Log,
    StepFailed,
    StepRetrying,
)
from wftui.model.run.record import TERMINAL
from wftui.model.run.reducer import apply, new_record
from wftui.model.run.steps import StepInfo, StepResult
from wftui.tui.widgets.log.lines import LogBuffer
from wftui.tui.widgets.run.tree import StepTree

_TURN_EVENTS = 250
_TURN_CHARACTERS = 100_000


def batches(events: Sequence[ExecutionEvent]) -> Iterator[Sequence[ExecutionEvent]]:
    """Split events into batches that each fold in a few milliseconds."""
    start = characters = 0
    for at, event in enumerate(events):
        characters += len(event.message) if isinstance(event, Log) else 0
        if at - start >= _TURN_EVENTS or characters >= _TURN_CHARACTERS:
            yield events[start : at + 1]
            start, characters = at + 1, 0
    if start < len(events):
        yield events[start:]


class RunState:
    """A run folded from the events read so far."""

    def __init__(self, run_id: str) -> None:
        self.record = new_record(run_id)
        self.lines = LogBuffer()
        self.tree = StepTree(self.record)
        self.declared: dict[str, StepInfo] = {}
        self.active: dict[str, StepResult] = {}
        """Running and waiting steps, by path."""
        self.last_sign: datetime | None = None
        """Time of the last sign of life of the run's process."""
        self.retried = False
        """Return whether any step was attempted more than once."""
        self._handled = 0

    def apply(self, events: Iterable[ExecutionEvent]) -> None:
        """Apply events in order.

        Raises:
            GapError: an event is missing.
        """
        for event in events:
            if event.seq and event.seq <= self.record.last_seq:
                continue
            apply(self.record, event)
            if not isinstance(event, Interrupted):
                self.last_sign = event.timestamp
            match event:
                case Log():
                    self.lines.append(event)
                case Created():
                    self.declared = {info.path: info for info in event.steps}
                case StepRetrying():
                    self.retried = True
                case StepFailed() if event.handled:
                    self._handled += 1
                case IterationsPlanned():
                    self.tree.repeats()
            path = getattr(event, "path", None)
            if path and not isinstance(event, Log):
                step = self.record.step(path)
                if step is not None and step.status in {"running", "waiting"}:
                    self.active[path] = step
                else:
                    self.active.pop(path, None)
        self.tree.read()

    @property
    def ended(self) -> bool:
        """Return whether the run has ended."""
        return self.record.status in TERMINAL

    def reference_time(self, now: datetime) -> datetime:
        """Return the reference time for durations; frozen for interrupted runs."""
        return self.last_sign or now if self.record.status == "interrupted" else now

    def is_stopped(self, step: StepResult) -> bool:
        """Return whether a step was running when the process of the run ended."""
        return self.record.status == "interrupted" and step.status in {"running", "waiting"}

    @property
    def is_live(self) -> bool:
        """Return whether the run is in progress."""
        return self.record.status in {"pending", "running"}

    @property
    def warnings(self) -> int:
        """Number of handled failures."""
        return max(self.record.warnings, self._handled)
