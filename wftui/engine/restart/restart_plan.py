"""Plan of a resume or rerun: a decision for each step."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class StepDecision:
    """Decision for a step, or for an item of its forEach, with the reason."""

    path: str
    action: Literal["keep", "run"]
    why: str


@dataclass(slots=True)
class RestartPlan:
    """Plan of a resume or rerun, in the order of the workflow.

    Inner steps are listed for a container that is reused in part, and reused items for a forEach that runs again.
    """

    decisions: list[StepDecision] = field(default_factory=list)

    @property
    def reused(self) -> list[str]:
        """Paths of the steps whose output is reused."""
        return [decision.path for decision in self.decisions if decision.action == "keep"]
