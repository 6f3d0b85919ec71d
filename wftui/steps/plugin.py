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
from wftui.model.base import Json
from wftui.model.text.raw_text import literal_text
from wftui.model.workflow.durations import Duration
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.child_call import WAITED, ChildCall
from wftui.steps.api.findings import Notice, Repair, exactly_one_of, raw_repair
from wftui.steps.api.function_step import step
from wftui.steps.api.prepare_context import Closable, PrepareContext
from wftui.steps.api.requirements import Host, MissingRequirement, is_program
from wftui.steps.api.step_model import Answer, StepModel
from wftui.steps.api.step_type import ConnectionUse, SiteFacts, StepContext, StepSite, StepType, StepTypes
from wftui.steps.api.threads import StopFlag, run_stoppable

__all__ = [
    "KINDS",
    "WAITED",
    "Answer",
    "ChildCall",
    "Closable",
    "ConnectionUse",
    "ConnectionValues",
    "Duration",
    "Host",
    "Json",
    "MissingRequirement",
    "Notice",
    "PrepareContext",
    "Repair",
    "SiteFacts",
    "StepContext",
    "StepModel",
    "StepSite",
    "StepType",
    "StepTypes",
    "StopFlag",
    "WorkflowError",
    "exactly_one_of",
    "is_program",
    "literal_text",
    "raw_repair",
    "run_stoppable",
    "step",
]
