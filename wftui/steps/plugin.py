"""Public interface for authors of step types; everything else may change.

    from wftui.steps.plugin import WorkflowError, step

    @step("acme.greet")
    def greet(name: str, times: int = 1) -> list[str]:
        \"\"\"Say hello.\"\"\"
        return [f"hello {name}"] * times

A package names its step types as entry points of the group `wftui.steps`, `"acme.greet" = "acme_steps:greet"`. The
files `steps/*.py` of a workspace need no entry point; they are loaded once their user has trusted them.
"""

from wftui.connections.connection_kinds import KINDS, ConnectionValues
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.function_step import step
from wftui.steps.api.requirements import Host, MissingRequirement
from wftui.steps.api.step_type import (
    Answer,
    Closable,
    ConnectionUse,
    Notice,
    PrepareContext,
    Repair,
    SiteFacts,
    StepContext,
    StepModel,
    StepSite,
    StepType,
)

__all__ = [
    "KINDS",
    "Answer",
    "Closable",
    "ConnectionUse",
    "ConnectionValues",
    "Host",
    "MissingRequirement",
    "Notice",
    "PrepareContext",
    "Repair",
    "SiteFacts",
    "StepContext",
    "StepModel",
    "StepSite",
    "StepType",
    "WorkflowError",
    "step",
]
