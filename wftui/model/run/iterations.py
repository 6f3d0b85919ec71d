"""What stays known of every iteration of a step, in nine bytes each: how it stands, and where its events are."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from wftui.model.run.steps import StepStatus


class IterationState(IntEnum):
    """How an iteration stands; the bytes of `IterationLog.states`."""

    ABSENT = 0
    RUNNING = 1
    COMPLETED = 2
    FAILED = 3
    CANCELLED = 4


_STATUSES: dict[IterationState, StepStatus] = {
    IterationState.ABSENT: "pending",
    IterationState.RUNNING: "running",
    IterationState.COMPLETED: "completed",
    IterationState.FAILED: "failed",
    IterationState.CANCELLED: "cancelled",
}
_STATES = tuple(IterationState)
_OMITTED = 0x80


@dataclass(slots=True)
class IterationLog:
    """All iterations of one step, by their index.

    Attributes:
        states: an `IterationState` each; the highest bit says that the record does not hold the details.
        first: number of the event that began each; 0 for one that has not begun.
        last: number of its newest event of its own; 0 likewise.
    """

    states: bytearray = field(default_factory=bytearray)
    first: "array[int]" = field(default_factory=lambda: array("I"))
    last: "array[int]" = field(default_factory=lambda: array("I"))

    def state(self, index: int) -> IterationState:
        """How an iteration stands."""
        return _STATES[self.states[index] & ~_OMITTED] if index < len(self.states) else IterationState.ABSENT

    def status(self, index: int) -> StepStatus:
        """How an iteration stands, in the word for steps."""
        return _STATUSES[self.state(index)]

    def note(self, index: int, state: IterationState, seq: int) -> None:
        """An event says how an iteration stands now."""
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
        """The record no longer holds its details; False for one that has not begun, since it was planned last."""
        if self.state(index) is IterationState.ABSENT:
            return False
        self.states[index] |= _OMITTED
        return True

    def take_back(self, index: int) -> bool:
        """The record holds details of it again; returns whether it did not."""
        if not self.is_omitted(index):
            return False
        self.states[index] &= ~_OMITTED
        return True

    def is_omitted(self, index: int) -> bool:
        """Whether its details have to be read from the stored events."""
        return index < len(self.states) and bool(self.states[index] & _OMITTED)

    def omitted(self, start: int, end: int) -> Sequence[int]:
        """The iterations from `start` up to `end` whose details have to be read, in order."""
        part = self.states[start:end]
        present = sum(part.count(state) for state in IterationState)
        if not present:
            return range(start, start + len(part))
        return [start + at for at, state in enumerate(part) if state & _OMITTED]

    def failed(self) -> list[int]:
        """The iterations that failed and whose details have to be read, in order."""
        found: list[int] = []
        at = self.states.find(IterationState.FAILED | _OMITTED)
        while at >= 0:
            found.append(at)
            at = self.states.find(IterationState.FAILED | _OMITTED, at + 1)
        return found
