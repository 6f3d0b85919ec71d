"""Conversations with language models, independent of the protocol."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from wftui.model.base import Json
from wftui.model.json.incremental import read_json
from wftui.model.text.cuts import beginning
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.text.foreign import Fields
from wftui.steps.text.server_events import ServerEvent


@dataclass(frozen=True, slots=True)
class Tool:
    """Tool of a model; `parameters` is a JSON Schema."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """Tool call by the model; `arguments` is None unless `raw` is a JSON object."""

    id: str
    name: str
    arguments: dict[str, Json] | None
    raw: str


@dataclass(frozen=True, slots=True)
class ToolResult:
    """Result of a call, as text for the model."""

    id: str
    text: str
    failed: bool


@dataclass(frozen=True, slots=True)
class Message:
    """Message; an assistant's may hold calls, a user's their results."""

    role: Literal["user", "assistant"]
    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    results: tuple[ToolResult, ...] = ()


@dataclass(slots=True)
class Conversation:
    """Content of one request."""

    model: str
    system: str
    messages: list[Message]
    temperature: float | None = None
    max_tokens: int | None = None
    tools: tuple[Tool, ...] = ()
    schema: Mapping[str, Any] | None = None


@dataclass(slots=True)
class ModelResponse:
    """Response of the model to one request.

    Attributes:
        finish: `stop`, `length`, `tool_calls`, `refusal`, or the server's own word; empty when the answer broke off.
        refusal: why it will not answer, where it says so apart from its text.
        input_tokens: None when the server does not count them.
        cached_tokens: those among the input tokens that the server had in its cache.
    """

    text: str = ""
    calls: list[ToolCall] = field(default_factory=list)
    finish: str = ""
    refusal: str = ""
    model: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int = 0


class ModelProtocol(Protocol):
    """Protocol of one family of servers."""

    def address(self, base_url: str) -> str:
        """Return the address of requests."""

    def headers(self, api_key: str | None) -> dict[str, str]:
        """Return the headers that authorise requests."""

    def body(self, conversation: Conversation) -> dict[str, Json]:
        """Return the request as JSON; it requests a stream."""

    async def read(self, events: AsyncIterator[ServerEvent], on_text: Callable[[str], None]) -> ModelResponse:
        """Read a response from the stream; `on_text` gets its text in pieces.

        Raises:
            WorkflowError: `llm.protocol` for a stream that is none, `llm.*` for an error told in it.
        """

    def as_events(self, whole: Mapping[str, Json]) -> Iterable[Json]:
        """Convert a response without streaming to events."""


def tool_call(call_id: str, name: str, arguments: str) -> ToolCall:
    """Parse a call; its arguments are None unless they are a JSON object."""
    try:
        read = read_json(arguments or "{}")
    except ValueError:
        read = None
    return ToolCall(call_id, name, read if isinstance(read, dict) else None, arguments)


def response_object(text: str) -> dict[str, Json]:
    """Parse the JSON object of a server.

    Raises:
        WorkflowError: `llm.protocol` when it is none.
    """
    try:
        found = read_json(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise WorkflowError("llm.protocol", f"The server sent an invalid response: {beginning(text, 200)!r}.")
    return found


def response_fields(value: Json) -> Fields:
    """Return the fields of a response.

    A field of another type fails it as recoverable: another response may be valid.
    """
    return Fields(
        value,
        lambda sentence: WorkflowError(
            "llm.protocol", f"The server sent an invalid response: {sentence}.", recoverable=True
        ),
    )
