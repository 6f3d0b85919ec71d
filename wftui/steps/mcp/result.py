"""Results of MCP tools as outputs of a step."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from wftui.model.base import Json
from wftui.model.json.incremental import read_json
from wftui.steps.api.step_model import StepModel


class McpOutput(StepModel):
    """Output of `mcp`."""

    text: Annotated[str, Field(description="All texts of the content, joined by newlines.")]
    structured: Annotated[
        Json,
        Field(
            description="The tool's structured value; of a tool that gives none, its text read as JSON where it is an "
            "object or a list, else null."
        ),
    ] = None
    content: Annotated[
        list[dict[str, Json]],
        Field(description="All parts of the content: {type: text, image, audio, resource, resource_link, …}."),
    ]
    is_error: Annotated[bool, Field(description="Always false: an error of the tool fails the step.")] = False


def output_of(content: Sequence[Mapping[str, Json]], structured: Json) -> dict[str, Any]:
    """Return the output for the content and structured value of a result."""
    text = text_of(content)
    if structured is None:
        structured = _as_json(text)
    return McpOutput(
        text=text, structured=structured, content=[dict(part) for part in content], is_error=False
    ).model_dump(by_alias=True)


def text_of(content: Sequence[Mapping[str, Json]]) -> str:
    """Return all texts of a result, embedded resources included, joined by newlines."""
    texts: list[str] = []
    for part in content:
        held = part.get("resource") if part.get("type") == "resource" else part
        if isinstance(held, Mapping) and isinstance(held.get("text"), str):
            texts.append(held["text"])
    return "\n".join(texts)


def _as_json(text: str) -> Json:
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return read_json(text)
    except ValueError:
        return None
