"""The `workflow` step type."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from wftui.model.base import Json
from wftui.model.workflow.identifiers import WORKFLOW_ID_PATTERN
from wftui.steps.api.child_call import ChildCall
from wftui.steps.api.prepare_context import PrepareContext
from wftui.steps.api.step_model import StepModel
from wftui.steps.api.step_type import StepContext, StepType


class WorkflowInput(StepModel):
    """Input of `workflow`."""

    workflow: Annotated[str, Field(pattern=WORKFLOW_ID_PATTERN, description="Id of the workflow to run.")]
    inputs: Annotated[dict[str, Json], Field(description="Inputs of the workflow.")] = Field(default_factory=dict)
    wait: Annotated[
        bool,
        Field(
            description="Wait for its end. With `false` the output is `{executionId}`, the run continues on its own:"
            " its failure does not fail this run, and a cancel of this run does not cancel it."
        ),
    ] = True
    version: Annotated[
        str | None, Field(description="Version that the workflow must have; with another one the step fails.")
    ] = None
    hash: Annotated[
        str | None,
        Field(
            pattern=r"^sha256:[0-9a-f]{64}$",
            description="Hash that the workflow's definition must have, as in `workflow.py`; with another one the step"
            " fails.",
        ),
    ] = None
    max_depth: Annotated[
        int | None,
        Field(
            ge=1,
            le=1000,
            description="Allows a workflow to run itself, directly or through others, and limits how deep runs may be"
            " nested; the top-level run is 1. Without it, 10.",
        ),
    ] = None


class WorkflowStep(StepType[WorkflowInput]):
    """Runs a sub-workflow as a run of its own and fails if that run fails."""

    word = "workflow"
    title = "Sub-workflow"
    description = "Runs another workflow of this workspace and returns its outputs, or starts it and continues."
    icon = "►"
    ascii_icon = "w"
    search_words = ("subworkflow", "sub-workflow", "child", "call", "run")
    local = True
    input_model = WorkflowInput
    early_fields = frozenset({"workflow"})
    error_details: ClassVar = {
        "type": "object",
        "properties": {
            "executionId": {"type": "string", "description": "Id of the run of the sub-workflow."},
            "outputs": {"description": "Its outputs as far as they are known; null if over 64 KB."},
        },
    }
    example: ClassVar = {"workflow": "repo_health", "inputs": {"repo": "."}}

    async def prepare(self, early_input: Mapping[str, Json], context: PrepareContext) -> Json:
        """Prepare the sub-workflow."""
        if isinstance(early_input.get("workflow"), str):
            await context.prepare_workflow(early_input["workflow"])
        return None

    async def run(self, input: WorkflowInput, context: StepContext) -> Json:
        """Run the sub-workflow and return its outputs or its id."""
        call = ChildCall(input.wait, input.version, input.hash, input.max_depth)
        return await context.run_workflow(input.workflow, input.inputs, call)
