"""Tools of a language model as a workflow declares them."""

from typing import Annotated

from pydantic import Field

from wftui.model.base import Json
from wftui.steps.api.step_type import StepModel

_NAME = r"^[a-zA-Z][a-zA-Z0-9_-]{0,63}$"


class ToolInput(StepModel):
    """A step type that the model may run; of the type `mcp`, one tool of a server, or all of them."""

    type: Annotated[str, Field(description="The step type.")]
    name: Annotated[
        str | None,
        Field(
            pattern=_NAME,
            description="What the model calls it; absent: the type, or the name of the MCP tool. For all tools of an "
            "MCP server: what their names begin with.",
        ),
    ] = None
    description: Annotated[str | None, Field(description="What the model is told it does.")] = None
    input: Annotated[
        dict[str, Json],
        Field(description="Fields that are fixed: the model gives the others, and neither sees nor changes these."),
    ] = Field(default_factory=dict)
    connection: Annotated[str | None, Field(description="The connection of the workflow that the tool takes.")] = None
    only: Annotated[list[str] | None, Field(description="mcp: names of the tools that are offered; absent: all.")] = (
        None
    )
    approval: Annotated[bool, Field(description="Ask a person before each call.")] = False
