"""Rows of lists that join several layers: workflows with state and runs."""

from typing import Annotated, Literal

from wftui.model.base import Field, Json, Timestamp, WireModel, fresh
from wftui.model.run.steps import StepInfo
from wftui.model.run.summary import ExecutionSummary

CompileState = Literal["ready", "stale", "errors"]


class WorkflowStats(WireModel):
    """Statistics of a workflow's runs.

    `success_rate` is over finished runs, `median_ms` over completed ones.
    """

    runs: int = 0
    success_rate: Annotated[float | None, Field(ge=0, le=1)] = None
    median_ms: float | None = None
    last: ExecutionSummary | None = None


class WorkflowRow(WireModel):
    """One row of `wftui list` and of the Workflows screen.

    `stale`: without errors, but workflow.py is not its compilation. `read_only`: its folder is a link that leads out of
    the workspace, where nothing is written.
    """

    id: str
    name: str
    description: str = ""
    state: CompileState
    errors: int = 0
    warnings: int = 0
    steps: int = 0
    read_only: bool = False
    stats: WorkflowStats = fresh(factory=WorkflowStats)


class ExampleRow(WireModel):
    """A shipped example; `state` compares it with the workspace's workflow."""

    id: str
    description: str
    state: Literal["absent", "current", "outdated", "changed"]


class WorkflowOutline(WireModel):
    """A compiled workflow as a screen draws it: steps as a graph, inputs as a form."""

    id: str
    name: str
    description: str = ""
    version: str = ""
    input_schema: dict[str, Json] = fresh(factory=dict)
    steps: list[StepInfo] = fresh(factory=list)
    repeated: Annotated[
        list[StepInfo], Field(description="Steps inside a forEach or a loop, with paths without numbers of iterations.")
    ] = fresh(factory=list)
    icons: Annotated[
        dict[str, tuple[str, str]], Field(description="Icons of the step types in use, and their ASCII forms.")
    ] = fresh(factory=dict)
    pools: Annotated[
        dict[str, str], Field(description="Pools of workers that run the steps, by step id, also inside iterations.")
    ] = fresh(factory=dict)

    def head(self) -> "WorkflowOutline":
        """Return it without its steps."""
        return self.model_copy(update={"steps": [], "repeated": [], "icons": {}})


class OfferedWorkflow(WireModel):
    """A workflow that agents get as a tool."""

    id: str
    name: str
    description: str = ""
    input_schema: dict[str, Json]
    outputs: list[str]
    step_types: Annotated[list[str], Field(description="Of all its steps, each once.")]


class StepTypeInfo(WireModel):
    """Description of a step type, for lists of step types."""

    type: str
    title: str
    description: str = ""
    version: str = "1"
    icon: str = "•"
    ascii_icon: str = "*"
    search_words: list[str] = fresh(factory=list)
    connection_kind: str | None = None
    input_schema: dict[str, Json] = fresh(factory=dict)
    output_schema: dict[str, Json] = fresh(factory=dict)
    example: Json = None


class RecentInputs(WireModel):
    """Inputs of an earlier run to choose from; `label` describes the run."""

    label: str
    started_at: Timestamp | None = None
    inputs: dict[str, Json]


class AttentionItem(WireModel):
    """A run that needs a person: failed, interrupted or waiting."""

    run: ExecutionSummary
    kind: Literal["failed", "approval", "worker", "interrupted"]
