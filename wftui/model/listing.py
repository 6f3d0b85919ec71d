"""Rows of lists that join several floors: workflows with their state and their runs, and what may be done to a run."""

from typing import Annotated, Literal

from pydantic import Field

from wftui.model.base import Json, WireModel
from wftui.model.run.steps import StepInfo
from wftui.model.run.summary import ExecutionSummary

CompileState = Literal["ready", "stale", "errors"]


class WorkflowStats(WireModel):
    """A workflow's runs in numbers: `success_rate` over finished runs, `median_ms` over completed ones."""

    runs: int = 0
    success_rate: Annotated[float | None, Field(ge=0, le=1)] = None
    median_ms: float | None = None
    last: ExecutionSummary | None = None


class WorkflowRow(WireModel):
    """One line of `wftui list` and of the Workflows screen. `stale`: fine, but workflow.py is not its compilation."""

    id: str
    name: str
    description: str = ""
    state: CompileState
    errors: int = 0
    warnings: int = 0
    steps: int = 0
    stats: WorkflowStats = Field(default_factory=WorkflowStats)


class ExampleRow(WireModel):
    """A shipped example; `state` compares it with the workspace's workflow."""

    id: str
    description: str
    state: Literal["absent", "current", "outdated", "changed"]


class WorkflowOutline(WireModel):
    """What a screen draws of a compiled workflow: its steps as a graph, and the form its inputs make."""

    id: str
    name: str
    description: str = ""
    version: str = ""
    input_schema: dict[str, Json] = Field(default_factory=dict)
    steps: list[StepInfo] = Field(default_factory=list)
    icons: Annotated[
        dict[str, tuple[str, str]], Field(description="Of the step types in use: the icon, and the one in ASCII.")
    ] = Field(default_factory=dict)


class StepTypeInfo(WireModel):
    """Description of a step type, for lists of step types."""

    type: str
    title: str
    description: str = ""
    version: str = "1"
    icon: str = "•"
    ascii_icon: str = "*"
    connection_kind: str | None = None
    input_schema: dict[str, Json] = Field(default_factory=dict)
    output_schema: dict[str, Json] = Field(default_factory=dict)


class RecentInputs(WireModel):
    """Inputs of an earlier run, to pick from. `label` says which run it was."""

    label: str
    inputs: dict[str, Json]


class AttentionItem(WireModel):
    """A run that needs a person: it failed, waits for an approval, or was interrupted."""

    run: ExecutionSummary
    kind: Literal["failed", "approval", "interrupted"]
