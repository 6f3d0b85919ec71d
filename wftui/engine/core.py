"""What all parts of one run share."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random

from wftui.engine.approvals import Questions
from wftui.engine.cancel import Slots
from wftui.engine.emit import Emitter
from wftui.engine.settings import EngineSettings
from wftui.engine.validation import OutputSchemas
from wftui.model.base import Json
from wftui.model.execution import ExecutionRecord
from wftui.runtime.plan import WorkflowPlan
from wftui.steps.base import Catalogue

RunChild = Callable[[str, Mapping[str, Json], Callable[[str], Awaitable[None]]], Awaitable[ExecutionRecord]]
"""Run another workflow: (workflow id, inputs, called with the child's id once it is recorded) → its record at the end.
Cancelling it cancels the child."""


@dataclass(slots=True, kw_only=True)
class RunCore:
    """The parts of one run that its steps, containers and contexts use.

    Attributes:
        run_child: how to run a sub-workflow; None where there is no workspace (`python workflow.py`).
        warnings: failures so far that `onError` or `onItemError` handled.
    """

    plan: WorkflowPlan
    catalogue: Catalogue
    emitter: Emitter
    settings: EngineSettings
    slots: Slots
    environment: Mapping[str, str]
    working_directory: Path
    run_child: RunChild | None
    random: Random = field(default_factory=Random)
    questions: Questions = field(default_factory=Questions)
    output_schemas: OutputSchemas = field(default_factory=OutputSchemas)
    warnings: int = 0

    @property
    def execution_id(self) -> str:
        """The run."""
        return self.emitter.execution_id

    def now(self) -> datetime:
        """The run's clock, in UTC."""
        return self.emitter.now()

    def since(self, begun: datetime) -> float:
        """Milliseconds since then; never negative, though clocks are set back."""
        return max(0.0, (self.now() - begun).total_seconds() * 1000)
