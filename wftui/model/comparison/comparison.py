"""Two runs side by side, as `compare --json` prints them."""

from typing import Annotated

from wftui.model.base import Field, Timestamp, WireModel, fresh
from wftui.model.comparison.alignment import Relation
from wftui.model.comparison.value_change import ValueChange
from wftui.model.run.steps import ExecutionError


class ComparedRun(WireModel):
    """One of the two runs."""

    id: str
    workflow_id: str
    status: str
    started_at: Timestamp | None = None
    duration: float | None = None
    error: ExecutionError | None = None


class UsualTime(WireModel):
    """The usual duration of a step, over earlier completed runs; milliseconds."""

    p50: float
    p95: float
    runs: int


class ComparedStep(WireModel):
    """A step in both runs; absent parts: the run does not have it."""

    path: Annotated[str, Field(description="Address in the later run, or in the earlier one.")]
    relation: Relation
    path_before: str | None = None
    status_before: str | None = None
    status_after: str | None = None
    duration_before: float | None = None
    duration_after: float | None = None
    attempts_before: int = 0
    attempts_after: int = 0
    usual: UsualTime | None = None
    slower: Annotated[bool, Field(description="Took clearly longer than usual, or than before.")] = False
    error_before: str | None = None
    error_after: str | None = None
    input: list[ValueChange] = fresh(factory=list)
    output: list[ValueChange] = fresh(factory=list)
    log: Annotated[list[str], Field(description="Unified diff of the log lines.")] = fresh(factory=list)

    @property
    def differs(self) -> bool:
        """Return whether it is more than the time or the log that differs."""
        return bool(
            self.relation in ("added", "removed")
            or self.status_before != self.status_after
            or self.error_before != self.error_after
            or self.attempts_before != self.attempts_after
            or self.input
            or self.output
        )


class RunComparison(WireModel):
    """The comparison of two runs."""

    before: ComparedRun
    after: ComparedRun
    same: Annotated[bool, Field(description="No difference but times and log lines.")]
    difference: Annotated[str, Field(description="The first difference, as a sentence.")]
    inputs: list[ValueChange] = fresh(factory=list)
    definition: Annotated[list[str], Field(description="Unified diff of workflow.json.")] = fresh(factory=list)
    changed_steps: Annotated[list[str], Field(description="Ids of the steps defined differently.")] = fresh(
        factory=list
    )
    outputs: list[ValueChange] = fresh(factory=list)
    left_out: Annotated[list[str], Field(description="Sentences on what was too big to compare.")] = fresh(factory=list)
    steps: list[ComparedStep] = fresh(factory=list)
