"""Finds the steps of one record, and decides which finished iterations it goes on holding.

A record must not grow with all that ever ran in it. It holds every step that is declared, every iteration that is under
way, the first failed ones, and the newest of the others up to a number of steps; of the rest it says how many there
are. What it holds follows from the order of the events alone, not from how they came in pages.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

from wftui.model.run.iterations import IterationLog
from wftui.model.run.paths import iteration_index, iteration_of, owner_path
from wftui.model.run.steps import StepResult

WINDOW = 2_000
"""Steps in finished iterations, these included, that a record holds at least before it leaves out the oldest."""
FAILED_HELD = 100
"""Failed iterations that a record holds beside them, so that the first failures stay in sight."""


@dataclass(slots=True)
class RecordIndex:
    """The steps of one record.

    Attributes:
        window: see `WINDOW`; None holds everything.
        logs: of the steps that repeat, by their path: how each of their iterations stands.
        omissions: how often steps were left out; another number tells a reader to look at all of them again.
    """

    window: int | None = WINDOW
    steps: dict[str, StepResult] = field(default_factory=dict)
    logs: dict[str, IterationLog] = field(default_factory=dict)
    omissions: int = 0
    _sizes: dict[str, int] = field(default_factory=dict)
    _finished: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _finished_size: int = 0
    _failed: set[str] = field(default_factory=set)

    def add(self, step: StepResult) -> None:
        """A step is in the record now."""
        self.steps[step.path] = step
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

    def began(self, iteration: str) -> None:
        """An iteration is under way, perhaps once more."""
        if iteration in self._finished:
            del self._finished[iteration]
            self._finished_size -= self._sizes[iteration]
        self._failed.discard(iteration)

    def ended(self, steps: list[StepResult], iteration: str, *, failed: bool) -> None:
        """Note the end of an iteration; leaves out the oldest finished ones of `steps` past the window."""
        if iteration in self._finished or iteration in self._failed or self.window is None:
            return
        if failed and len(self._failed) < FAILED_HELD:
            self._failed.add(iteration)
            return
        self._finished[iteration] = None
        self._finished_size += self._sizes[iteration]
        # Leaving out costs a walk over the record: the longer that is, the more goes at once.
        if self._finished_size > self.window + max(self.window, len(self.steps)) // 4:
            self._leave_out(steps, self.window)

    def _leave_out(self, steps: list[StepResult], window: int) -> None:
        """Leave out the oldest finished iterations, but for the newest of all, with everything inside them."""
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
        if iteration in self._finished:  # it stands in one that is older
            del self._finished[iteration]
            self._finished_size -= size
        self._failed.discard(iteration)
        owner, log = self.steps.get(owner_path(iteration)), self.logs.get(owner_path(iteration))
        if owner is not None and owner.iterations is not None and log is not None:
            owner.iterations.omitted += log.omit(iteration_index(iteration))


def _goes(iteration: str, going: dict[str | None, bool]) -> bool:
    """Whether an iteration goes, itself or because one around it does; what was found out is noted in `going`."""
    known = going.get(iteration)
    if known is None:
        known = going[iteration] = _goes_around(owner_path(iteration), going)
    return known


def _goes_around(owner: str, going: dict[str | None, bool]) -> bool:
    around = iteration_of(owner)
    return around is not None and _goes(around, going)
