"""State of one run in the monitor, folded from its events."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar, get_args

from wftui.model.run.events import (
    Created,
    ExecutionEvent,
    IterationsPlanned,
    Log,
    LogSegment,
    StepEventBase,
)
from wftui.model.run.paths import without_indices
from wftui.model.run.record import TERMINAL, ExecutionRecord, ExecutionStatus
from wftui.model.run.reducer import apply, new_record
from wftui.model.run.steps import StepInfo, StepResult
from wftui.model.run.summary import ExecutionSummary
from wftui.model.run.worked_time import last_sign
from wftui.tui.canvas.graph import labelled
from wftui.tui.widgets.log.log_buffer import LogBuffer
from wftui.tui.widgets.run.tree import StepTree, title

EventT = TypeVar("EventT", bound=ExecutionEvent)

_LOG = (Log, LogSegment)
_TURN_EVENTS = 250
_TURN_CHARACTERS = 100_000


def batches(events: Sequence[EventT]) -> Iterator[Sequence[EventT]]:
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
        self.declared: dict[str, StepInfo] | None = None
        """Steps of the workflow, by path; None while they are not read."""
        self.active: dict[str, StepResult] = {}
        """Running and waiting steps, by path."""
        self.last_sign: datetime | None = None
        """Time of the last sign of life of the run's process."""
        self._holders = 0
        self._held_back: list[Log | LogSegment] = []
        """Newest log events while earlier ones are still being read."""

    @classmethod
    def opened(cls, record: ExecutionRecord, last_sign: datetime | None) -> "RunState":
        """Return the state of a record; its log and declared steps are still to be read."""
        state = cls(record.id)
        state.record, state.tree = record, StepTree(record)
        state.active = {step.path: step for step in record.step_results if step.status in {"running", "waiting"}}
        state.last_sign = last_sign
        state.hold_logs()
        state.tree.read()
        return state

    @property
    def is_known(self) -> bool:
        """True once the first events of the run have been read."""
        return self.record.last_seq > 0

    def announce(self, summary: ExecutionSummary) -> None:
        """Show what lists know of the run until its record is read."""
        record = self.record
        record.workflow_id, record.workflow_version = summary.workflow_id, summary.workflow_version
        record.user_id, record.parent_id, record.parent_path = summary.user_id, summary.parent_id, summary.parent_path
        record.started_at, record.completed_at = summary.started_at, summary.completed_at
        record.duration, record.error, record.warnings = summary.duration, summary.error, summary.warnings
        if summary.status in get_args(ExecutionStatus):
            record.status = summary.status  # type: ignore[assignment]  # one of the literals, as just checked

    @property
    def holds_logs(self) -> bool:
        """Return whether newest log events are held back."""
        return self._holders > 0 or bool(self._held_back)

    def hold_logs(self) -> None:
        """Hold back log events until `release_logs`: earlier ones are still being read."""
        self._holders += 1

    def release_logs(self) -> Iterator[None]:
        """Add what was held back, in batches, unless there is something else to wait for."""
        self._holders -= 1
        while self._held_back and not self._holders:
            part = next(batches(self._held_back))
            del self._held_back[: len(part)]
            self.take_logs(part)
            yield

    def take_logs(self, events: Iterable[Log | LogSegment]) -> None:
        """Add earlier log events, in order."""
        for event in events:
            self.lines.append(event)

    def apply(self, events: Iterable[ExecutionEvent]) -> None:
        """Apply events in order.

        Raises:
            GapError: an event is missing.
        """
        record, steps, active = self.record, self.record.index.steps, self.active
        for event in events:
            if event.seq and event.seq <= record.last_seq:
                continue
            apply(record, event)
            if isinstance(event, StepEventBase):
                self.last_sign = event.timestamp
                step = steps.get(event.path)
                if step is not None and (step.status == "running" or step.status == "waiting"):
                    active[step.path] = step
                else:
                    active.pop(event.path, None)
                if isinstance(event, IterationsPlanned):
                    self.tree.repeats()
                continue
            self.last_sign = last_sign(record, event.timestamp)
            if isinstance(event, _LOG):
                if self.holds_logs:
                    self._held_back.append(event)
                else:
                    self.lines.append(event)
            elif isinstance(event, Created):
                self.declared = {info.path: info for info in event.declared}
        self.tree.read()

    def title(self, step: StepResult) -> str:
        """Return the display name of a step, after its branch, its catch or `finally`."""
        declared = (self.declared or {}).get(without_indices(step.path)) if not step.path.endswith("]") else None
        return labelled(title(step), declared.branch if declared is not None else None)

    @property
    def retried(self) -> bool:
        """Return whether any step was attempted more than once."""
        return self.record.index.retried

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
        return max(self.record.warnings, self.record.index.handled)
