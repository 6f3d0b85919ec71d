"""The plan of a resume or rerun: a decision for each step, shown before anything runs."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class StepDecision:
    """What a resume or rerun does with a step, or with an item of its forEach, and why."""

    path: str
    action: Literal["keep", "run"]
    why: str


@dataclass(slots=True)
class RestartPlan:
    """What a resume or rerun will do, in the order of the workflow.

    Inner steps are listed where a container is kept in part; so are the kept items of a forEach that runs again.
    """

    decisions: list[StepDecision] = field(default_factory=list)

    @property
    def reused(self) -> list[str]:
        """Paths of the steps whose output is reused."""
        return [decision.path for decision in self.decisions if decision.action == "keep"]
