"""Carried results: step results of an earlier process or run that are reused."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import field, replace
from datetime import datetime

from wftui.engine.primitives.outcome import CUTS, StepOutcome
from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.run.events import (
    TERMINAL_EVENTS,
    CancelRequested,
    Created,
    ExecutionEvent,
    Interrupted,
    IterationCompleted,
    IterationFailed,
    IterationsPlanned,
    IterationStarted,
    Resumed,
    Started,
    StepAnswered,
    StepCancelled,
    StepCaught,
    StepCompleted,
    StepFailed,
    StepRetrying,
    StepSkipped,
    StepStarted,
    StepWaiting,
    StepWon,
)
from wftui.model.run.steps import ExecutionError, Waiting
from wftui.model.workflow.containers import CONTAINER_TYPES
from wftui.store.events.payloads import is_big

Resolve = Callable[[Json], Awaitable[Json]]
"""Replaces references in a value by big values."""


async def _as_it_is(value: Json) -> Json:
    return value


@dataclass(frozen=True, slots=True)
class Caught:
    """An error that an entry of a catch handles, after this number of attempts."""

    clause: int
    error: ExecutionError
    attempts: int


@dataclass(slots=True)
class CarriedResults:
    """Results of earlier steps, by path.

    Attributes:
        ends: outcomes of ended steps, which are reused.
        attempts: number of the newest attempt.
        failed: number of failed attempts that were followed by another.
        open: started and not ended: a container continues, a leaf step runs again.
        masked: completed with an output that held a secret, which is not stored: also open, as they run again.
        planned: forEach steps and loops with a planned event.
        iterations: iterations that have started.
        ran: running time of the run in all processes so far, in seconds.
        begun: running time of the run at the start of the newest attempt of a container.
        tried: running time of the run at the start of the first attempt of a step that has not ended.
        worked: running time of masked steps, which run again.
        waits: the last wait of the newest attempt.
        answers: the end of that wait.
        caught: errors that handlers handle, or have handled.
        won: names of the branches that won a race.
        cancelled: steps whose cancel is recorded.
        copies: events that record the reused steps of another run in a rerun, inner steps included.
    """

    resolve: Resolve = _as_it_is
    ends: dict[str, StepOutcome] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)
    masked: set[str] = field(default_factory=set)
    planned: set[str] = field(default_factory=set)
    iterations: set[str] = field(default_factory=set)
    ran: float = 0.0
    begun: dict[str, float] = field(default_factory=dict)
    tried: dict[str, float] = field(default_factory=dict)
    worked: dict[str, float] = field(default_factory=dict)
    waits: dict[str, Waiting] = field(default_factory=dict)
    answers: dict[str, StepAnswered] = field(default_factory=dict)
    caught: dict[str, Caught] = field(default_factory=dict)
    won: dict[str, str] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    copies: dict[str, list[ExecutionEvent]] = field(default_factory=dict)

    async def reused(self, path: str) -> StepOutcome | None:
        """Return the reused outcome of a step or iteration with its whole values, or None."""
        end = self.ends.get(path)
        if end is None:
            return None
        error = await self._whole(end.error) if end.error is not None else None
        return replace(end, output=await self.resolve(end.output), error=error, big=is_big(end.output))

    async def caught_at(self, path: str) -> Caught | None:
        """Return the error that handlers of a step handle with its whole details, or None."""
        known = self.caught.get(path)
        return None if known is None else replace(known, error=await self._whole(known.error))

    async def _whole(self, error: ExecutionError) -> ExecutionError:
        if error.details is None:
            return error
        return error.model_copy(update={"details": await self.resolve(error.details)})

    def warnings(self) -> int:
        """Return the number of problems that ended steps let pass."""
        return sum(
            end.handled or (end.status == "completed" and end.error is not None)
            for path, end in self.ends.items()
            if not path.endswith("]")
        )

    def retry_at(self, path: str) -> datetime | None:
        """Return the time of the next attempt of a step that waits for one."""
        wait = self.waits.get(path)
        return wait.until if wait is not None and wait.reason == "retry" else None

    def child_of(self, path: str) -> str | None:
        """Return the run that a step had started when its process died."""
        wait = self.waits.get(path) if path in self.open else None
        return wait.child_id if wait is not None else None

    def children(self) -> list[str]:
        """Return the runs that steps were waiting for and have not rejoined."""
        return [
            child
            for path in sorted(self.open)
            if (child := self.child_of(path)) is not None and self.waits[path].reason == "child"
        ]

    def has_ended(self, path: str, attempt: int) -> bool:
        """Return whether an attempt of a step has ended; False for unknown steps."""
        newest = self.attempts.get(path)
        return newest is not None and (attempt < newest or path not in self.open)

    def spent(self, path: str) -> float:
        """Return the running time of an open container's newest attempt, in seconds."""
        return self.ran - self.begun[path] if path in self.begun else 0.0

    def tried_for(self, path: str) -> float:
        """Return the running time since the first attempt of a step, in seconds."""
        return self.ran - self.tried[path] if path in self.tried else 0.0

    def worked_for(self, path: str) -> float:
        """Return the running time of a step in earlier processes, in seconds."""
        return self.worked.get(path, 0.0) + self.tried_for(path)

    def forget_inside(self, path: str) -> None:
        """Drop the results inside a container that starts a new attempt."""
        self.planned.discard(path)
        below = (f"{path}.", f"{path}[")
        named = (self.ends, self.attempts, self.failed, self.begun, self.tried, self.worked, self.waits, self.answers)
        for known in (*named, self.caught, self.won, self.copies):
            for inner in [each for each in known if each.startswith(below)]:
                del known[inner]
        self.won.pop(path, None)
        for names in (self.open, self.masked, self.planned, self.iterations, self.cancelled):
            names.difference_update([each for each in names if each.startswith(below)])

    def note(self, event: ExecutionEvent) -> None:
        """Apply the next event of the run."""
        match event:
            case StepStarted():
                self.attempts[event.path] = event.attempt
                self.open.add(event.path)
                self.masked.discard(event.path)
                if self.retry_at(event.path) is not None:
                    del self.waits[event.path]
            case StepRetrying():
                self.failed[event.path] = self.failed.get(event.path, 0) + 1
                self.open.discard(event.path)
                self.answers.pop(event.path, None)
                self.forget_inside(event.path)
                self.waits[event.path] = Waiting(reason="retry", until=event.next_at)
            case StepWaiting():
                self.waits[event.path] = event.waiting
            case StepAnswered():
                self.answers[event.path] = event
            case IterationsPlanned():
                self.planned.add(event.path)
            case IterationStarted():
                self.iterations.add(event.path)
            case StepCaught():
                self.caught[event.path] = Caught(event.clause, event.error, event.attempt)
            case StepWon():
                self.won[event.path] = event.branch
            case StepCancelled():
                self.open.discard(event.path)
                self.cancelled.add(event.path)
            case StepCompleted() | IterationCompleted() if event.masked:
                self.open.add(event.path)  # its followers need the unmasked output
                self.masked.add(event.path)
                self.waits.pop(event.path, None)
                self.tried.pop(event.path, None)
                self.worked[event.path] = event.duration / 1000
            case StepCompleted() | StepFailed() | StepSkipped() | IterationCompleted() | IterationFailed():
                self.open.discard(event.path)
                self.tried.pop(event.path, None)
                self.ends[event.path] = outcome_of(event)
            case _:
                pass


def outcome_of(
    event: StepCompleted | StepFailed | StepSkipped | IterationCompleted | IterationFailed,
) -> StepOutcome:
    """Return the outcome of an event; a big output is still a reference."""
    match event:
        case StepCompleted():
            return StepOutcome("completed", output=event.output, error=event.item_errors, attempts=event.attempt)
        case StepFailed():
            return StepOutcome(
                "failed", output=event.output, error=event.error, handled=event.handled, attempts=event.attempt
            )
        case StepSkipped():
            cut = event.reason in CUTS
            return StepOutcome("skipped", because_failed=event.because_failed, cut=cut)
        case IterationCompleted():
            return StepOutcome("completed", output=event.output, error=event.item_errors)
        case IterationFailed():
            return StepOutcome("failed", output=event.output, error=event.error, handled=event.handled)


@dataclass(slots=True)
class RunHistory:
    """History of a run, as a new process needs it to resume the run.

    Attributes:
        since: start in the newest process; None while no process ran it.
        vars: recorded values of the workflow's variables; null where they are computed again.
    """

    carried: CarriedResults
    since: datetime | None = None
    created: Created | None = None
    started: bool = False
    vars: Json = None
    resumptions: int = 0
    cancel_requested: bool = False
    last: ExecutionEvent | None = None

    @property
    def last_seq(self) -> int:
        """Number of the newest event; 0 before the first."""
        return self.last.seq if self.last is not None else 0

    @property
    def ended(self) -> bool:
        """True if the run has ended."""
        return self.last is not None and self.last.type in TERMINAL_EVENTS

    def note_all(self, events: Iterable[ExecutionEvent]) -> None:
        """Apply the next events of the run."""
        for event in events:
            self.note(event)

    def note(self, event: ExecutionEvent) -> None:
        """Apply the next event of the run."""
        before, self.last = self.last, event
        match event:
            case Created():
                self.created = event
            case Started():
                self.started = True
                self.vars = event.vars if not event.masked else None
                self.since = event.timestamp
            case Resumed():
                self.resumptions += 1
                self.since = event.timestamp
            case Interrupted() if before is not None:
                signs = [before.timestamp, *([event.last_sign] if event.last_sign is not None else [])]
                self.carried.ran = self._ran_until(max(signs))
                self.since = None
            case CancelRequested():
                self.cancel_requested = True
            case StepStarted():
                self.carried.note(event)
                ran = self._ran_until(event.timestamp)
                self.carried.tried.setdefault(event.path, ran)
                if event.step_type in CONTAINER_TYPES:
                    self.carried.begun[event.path] = ran
            case IterationsPlanned() | IterationStarted():
                self.carried.note(event)
                self.carried.tried.setdefault(event.path, self._ran_until(event.timestamp))
            case _:
                self.carried.note(event)

    def _ran_until(self, timestamp: datetime) -> float:
        """Return the running time of the run at a timestamp; it never decreases."""
        return self.carried.ran + (
            max(0.0, (timestamp - self.since).total_seconds()) if self.since is not None else 0.0
        )
