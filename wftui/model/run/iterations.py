"""The state of every iteration of a step in nine bytes: status and event numbers."""

from array import array
from collections.abc import Sequence
from dataclasses import field
from enum import IntEnum

from wftui.model.data_class import dataclass
from wftui.model.run.steps import StepStatus


class IterationState(IntEnum):
    """The state of an iteration; the bytes of `IterationLog.states`."""

    ABSENT = 0
    RUNNING = 1
    COMPLETED = 2
    FAILED = 3
    CANCELLED = 4
    SKIPPED = 5


_STATUSES: dict[IterationState, StepStatus] = {
    IterationState.ABSENT: "pending",
    IterationState.RUNNING: "running",
    IterationState.COMPLETED: "completed",
    IterationState.FAILED: "failed",
    IterationState.CANCELLED: "cancelled",
    IterationState.SKIPPED: "skipped",
}
_STATES = tuple(IterationState)
_OMITTED = 0x80


@dataclass(slots=True)
class IterationLog:
    """All iterations of one step, by their index.

    Attributes:
        states: an `IterationState` each; the highest bit marks details as omitted from the record.
        first: number of the event that started each; 0 before that.
        last: number of the newest event of each; 0 likewise.
    """

    states: bytearray = field(default_factory=bytearray)
    first: "array[int]" = field(default_factory=lambda: array("I"))
    last: "array[int]" = field(default_factory=lambda: array("I"))

    def state(self, index: int) -> IterationState:
        """Return the state of an iteration."""
        return _STATES[self.states[index] & ~_OMITTED] if index < len(self.states) else IterationState.ABSENT

    def status(self, index: int) -> StepStatus:
        """Return the state of an iteration as a step status."""
        return _STATUSES[self.state(index)]

    def note(self, index: int, state: IterationState, seq: int) -> None:
        """Note the state of an iteration after an event."""
        missing = index + 1 - len(self.states)
        if missing > 0:
            self.states.extend(bytes(missing))
            self.first.extend([0] * missing)
            self.last.extend([0] * missing)
        self.states[index] = state | self.states[index] & _OMITTED
        if not self.first[index]:
            self.first[index] = seq
        self.last[index] = seq

    def omit(self, index: int) -> bool:
        """Mark details as omitted from the record; return False if it has not begun."""
        if self.state(index) is IterationState.ABSENT:
            return False
        self.states[index] |= _OMITTED
        return True

    def take_back(self, index: int) -> bool:
        """Unmark omitted details; return whether they were marked."""
        if not self.is_omitted(index):
            return False
        self.states[index] &= ~_OMITTED
        return True

    def is_omitted(self, index: int) -> bool:
        """Return whether its details have to be read from the stored events."""
        return index < len(self.states) and bool(self.states[index] & _OMITTED)

    def omitted(self, start: int, end: int) -> Sequence[int]:
        """Return the omitted iterations from `start` up to `end`, in order."""
        part = self.states[start:end]
        present = sum(part.count(state) for state in IterationState)
        if not present:
            return range(start, start + len(part))
        return [start + at for at, state in enumerate(part) if state & _OMITTED]

    def failed(self) -> list[int]:
        """Return the omitted iterations that failed, in order."""
        found: list[int] = []
        at = self.states.find(IterationState.FAILED | _OMITTED)
        while at >= 0:
            found.append(at)
            at = self.states.find(IterationState.FAILED | _OMITTED, at + 1)
        return found
