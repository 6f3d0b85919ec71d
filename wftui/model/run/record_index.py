"""Index of a record's steps; decides which finished iterations it holds.

A record must not grow with everything that ran in it. It holds every declared step, every iteration in progress, the
first failed ones, and the newest others up to a number of steps; it only counts the rest. Its contents depend on the
order of the events alone, not on pages.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import field
from datetime import datetime

from wftui.model.data_class import dataclass
from wftui.model.run.iterations import IterationLog
from wftui.model.run.paths import iteration_index, iteration_of, owner_path
from wftui.model.run.steps import StepResult

WINDOW = 2_000
"""Steps in finished iterations, themselves included, that a record holds before it leaves out the oldest."""
FAILED_HELD = 100
"""Failed iterations that a record holds in addition, so that the first failures stay visible."""


@dataclass(slots=True)
class RecordIndex:
    """The steps of one record.

    Attributes:
        window: see `WINDOW`; None holds everything.
        logs: states of the iterations of repeated steps, by path.
        omissions: how often steps were left out; a change tells a reader to read all again.
        retried: a step was attempted more than once.
        handled: number of failures that did not end the run.
        last_at: time of the newest event.
        changed: paths of steps that changed since the last snapshot; None while nobody takes any.
    """

    window: int | None = WINDOW
    steps: dict[str, StepResult] = field(default_factory=dict)
    logs: dict[str, IterationLog] = field(default_factory=dict)
    omissions: int = 0
    retried: bool = False
    handled: int = 0
    last_at: datetime | None = None
    changed: set[str] | None = field(default=None, compare=False)
    _sizes: dict[str, int] = field(default_factory=dict)
    _finished: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _finished_size: int = 0
    _failed: set[str] = field(default_factory=set)

    def add(self, step: StepResult) -> None:
        """Index a step of the record."""
        self.steps[step.path] = step
        self.note_change(step.path)
        iteration = iteration_of(step.path)
        if iteration is None:
            return
        self._sizes[iteration] = self._sizes.get(iteration, 0) + 1
        if iteration in self._finished:
            self._finished_size += 1
        if iteration == step.path:
            log = self.logs.get(owner_path(iteration))
            owner = self.steps.get(owner_path(iteration))
            if log is not None and log.take_back(iteration_index(iteration)) and owner and owner.iterations:
                owner.iterations.omitted -= 1
                self.note_change(owner.path)

    def note_change(self, path: str) -> None:
        """Note that a step is not what the last snapshot has."""
        if self.changed is not None:
            self.changed.add(path)

    def ended_held(self) -> tuple[list[str], list[str]]:
        """Return the ended iterations held: those that may be left out, and failed ones."""
        return list(self._finished), sorted(self._failed)

    def restore(self, logs: dict[str, IterationLog], *, finished: Iterable[str], failed: Iterable[str]) -> None:
        """Take over the iterations of an earlier index, whose steps have been added."""
        self.logs = logs
        self._finished = OrderedDict.fromkeys(finished)
        self._finished_size = sum(self._sizes[iteration] for iteration in self._finished)
        self._failed = set(failed)

    def began(self, iteration: str) -> None:
        """Note the start of an iteration, perhaps a repeated one."""
        if iteration in self._finished:
            del self._finished[iteration]
            self._finished_size -= self._sizes[iteration]
        self._failed.discard(iteration)

    def ended(self, steps: list[StepResult], iteration: str, *, failed: bool) -> None:
        """Note the end of an iteration; leave out the oldest finished beyond the window."""
        if iteration in self._finished or iteration in self._failed or self.window is None:
            return
        if failed and len(self._failed) < FAILED_HELD:
            self._failed.add(iteration)
            return
        self._finished[iteration] = None
        self._finished_size += self._sizes[iteration]
        # Leaving out walks over the record: the longer it is, the more is left out at once.
        if self._finished_size > self.window + max(self.window, len(self.steps)) // 4:
            self._leave_out(steps, self.window)

    def _leave_out(self, steps: list[StepResult], window: int) -> None:
        """Leave out the oldest finished iterations with all inside; keep the newest."""
        going: dict[str | None, bool] = {None: False}
        while self._finished_size > window and len(self._finished) > 1:
            iteration, _ = self._finished.popitem(last=False)
            self._finished_size -= self._sizes[iteration]
            going[iteration] = True
        gone = {iteration for iteration in self._sizes if _goes(iteration, going)}
        if not gone:
            return
        held = [step for step in steps if iteration_of(step.path) not in gone]
        for step in steps:
            if iteration_of(step.path) in gone:
                del self.steps[step.path]
                self.logs.pop(step.path, None)
        steps[:] = held
        for iteration in gone:
            self._forget(iteration)
        self.omissions += 1

    def _forget(self, iteration: str) -> None:
        size = self._sizes.pop(iteration)
        if iteration in self._finished:  # it is inside an older one
            del self._finished[iteration]
            self._finished_size -= size
        self._failed.discard(iteration)
        owner, log = self.steps.get(owner_path(iteration)), self.logs.get(owner_path(iteration))
        if owner is not None and owner.iterations is not None and log is not None:
            owner.iterations.omitted += log.omit(iteration_index(iteration))


def _goes(iteration: str, going: dict[str | None, bool]) -> bool:
    """Return whether an iteration is left out, by itself or with one around it.

    Results are cached in `going`.
    """
    known = going.get(iteration)
    if known is None:
        known = going[iteration] = _goes_around(owner_path(iteration), going)
    return known


def _goes_around(owner: str, going: dict[str | None, bool]) -> bool:
    around = iteration_of(owner)
    return around is not None and _goes(around, going)
