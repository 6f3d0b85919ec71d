"""Tools of a language model as a workflow declares them."""

from typing import Annotated

from pydantic import Field

from wftui.model.base import Json
from wftui.steps.api.step_model import StepModel

_NAME = r"^[a-zA-Z][a-zA-Z0-9_-]{0,63}$"


class ToolInput(StepModel):
    """Step type that the model may run; for `mcp`, one or all tools of a server."""

    type: Annotated[str, Field(description="Step type.")]
    name: Annotated[
        str | None,
        Field(
            pattern=_NAME,
            description="Name for the model; default: the type, or the name of the MCP tool. For all tools of an "
            "MCP server: prefix of their names.",
        ),
    ] = None
    description: Annotated[str | None, Field(description="Description for the model.")] = None
    input: Annotated[
        dict[str, Json],
        Field(description="Fixed fields; the model sees and sets only the others."),
    ] = Field(default_factory=dict)
    connection: Annotated[str | None, Field(description="Connection of the workflow for the tool.")] = None
    only: Annotated[list[str] | None, Field(description="mcp: names of the tools to offer; default: all.")] = None
    approval: Annotated[bool, Field(description="Ask a person before each call.")] = False
