"""`llm`: ask a language model."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from wftui.connections.kinds import AnthropicConnection, OpenAIConnection
from wftui.model.base import Json
from wftui.model.durations import Duration
from wftui.runtime.errors import WorkflowError
from wftui.steps.base import StepContext, StepModel, StepType
from wftui.steps.llm_tools import ToolInput

_JSON_ONLY = "Answer with JSON only, without any other text, that fits this JSON Schema: "


class ChatMessage(StepModel):
    """A message of the talk so far."""

    role: Literal["system", "user", "assistant"]
    content: str


class Prices(StepModel):
    """What a million tokens cost."""

    input: Annotated[float, Field(ge=0, description="Of what is sent.")]
    output: Annotated[float, Field(ge=0, description="Of what is answered.")]


class LlmInput(StepModel):
    """Input of `llm`: a prompt, or messages."""

    prompt: Annotated[str | None, Field(description="What the model is asked.")] = None
    messages: Annotated[
        list[ChatMessage] | None, Field(min_length=1, description="A whole talk instead of a prompt.")
    ] = None
    system: Annotated[str | None, Field(description="How the model is to behave.")] = None
    model: Annotated[str | None, Field(description="Which one; absent: that of the connection.")] = None
    temperature: Annotated[float | None, Field(ge=0, le=2, description="0 for the likeliest words.")] = None
    max_tokens: Annotated[int | None, Field(ge=1, description="Most tokens of an answer.")] = None
    answer_schema: Annotated[
        dict[str, Any] | None,
        Field(alias="schema", description="JSON Schema of the answer, which is then in `value`; repaired once."),
    ] = None
    tools: Annotated[list[ToolInput], Field(description="Step types the model may run.")] = Field(default_factory=list)
    max_turns: Annotated[int, Field(ge=1, le=100, description="Most requests, those after tool calls included.")] = 10
    base_url: Annotated[str | None, Field(description="Server without a connection, as http://localhost:11434/v1.")] = (
        None
    )
    protocol: Annotated[Literal["openai", "anthropic"], Field(description="What the server at baseUrl speaks.")] = (
        "openai"
    )
    prices: Annotated[Prices | None, Field(description="Per million tokens, to get the cost.")] = None
    timeout: Annotated[Duration, Field(description="For one request.")] = 300.0

    @model_validator(mode="after")
    def _one_of_the_two(self) -> "LlmInput":
        if (self.prompt is None) == (self.messages is None):
            raise ValueError('give exactly one of "prompt" and "messages"')
        return self


class Usage(StepModel):
    """Tokens of all requests together."""

    input_tokens: int
    output_tokens: int


class LlmOutput(StepModel):
    """Output of `llm`."""

    text: str
    value: Annotated[Json, Field(description="With schema: the answer as a JSON value.")] = None
    model: Annotated[str, Field(description="The model that answered, as the server calls it.")]
    finish_reason: Annotated[str, Field(description="stop, length, or the server's own word.")]
    usage: Usage
    cost: Annotated[float | None, Field(description="With prices: of all requests.")] = None
    requests: int
    tool_calls: Annotated[list[Json], Field(description="{name, arguments, output or error} in their order.")]


class LlmStep(StepType[LlmInput]):
    """Speaks to OpenAI-compatible servers and to Anthropic; the answer streams into the log."""

    word = "llm"
    title = "Language model"
    description = "Asks a language model; its answer may have a JSON Schema, and it may use step types as tools."
    icon = "✦"
    ascii_icon = "L"
    input_model = LlmInput
    example: ClassVar = {
        "prompt": "Which city is the capital of France?",
        "schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    }
    connection_kind = "openai"
    output_schema: ClassVar = LlmOutput.model_json_schema(by_alias=True)

    @classmethod
    def takes_connection(cls, kind: str) -> bool:
        """Both protocols have a kind of their own."""
        return kind in ("openai", "anthropic")

    @classmethod
    def check(cls, literal_input: Mapping[str, Json]) -> list[tuple[str, str]]:
        """A prompt or messages."""
        if ("prompt" in literal_input) == ("messages" in literal_input):
            return [("", 'Give exactly one of "prompt" (a text) and "messages" (a list).')]
        return []

    async def run(self, input: LlmInput, context: StepContext) -> Json:  # noqa: A002
        """Ask.

        Raises:
            WorkflowError: `llm.*`, `http.*`.
        """
        from wftui.steps.catalogue import StepCatalogue
        from wftui.steps.llm_chat import Server, hold_talk
        from wftui.steps.llm_protocol import Talk
        from wftui.steps.llm_tools import Toolbox

        base_url, api_key, headers, protocol, usual_model = _server(input, context.connection)
        model = input.model or usual_model
        if model is None:
            raise WorkflowError("llm.connection", "The step names no model, and neither does its connection.")
        toolbox = Toolbox(input.tools, StepCatalogue(), context)
        talk = Talk(
            model=model,
            system=_system(input),
            messages=_messages(input),
            temperature=input.temperature,
            max_tokens=input.max_tokens,
            tools=toolbox.described(),
            schema=input.answer_schema,
        )
        server = Server(_protocol(protocol, base_url), base_url, api_key, headers, input.timeout)
        outcome = await hold_talk(talk, server, toolbox, input.max_turns, context)
        cost = None
        if input.prices is not None:
            spent = outcome.input_tokens * input.prices.input + outcome.output_tokens * input.prices.output
            cost = round(spent / 1_000_000, 8)
        return LlmOutput(
            text=outcome.answer.text,
            value=outcome.value,
            model=outcome.answer.model or model,
            finish_reason=outcome.answer.finish,
            usage=Usage(input_tokens=outcome.input_tokens, output_tokens=outcome.output_tokens),
            cost=cost,
            requests=outcome.requests,
            tool_calls=outcome.tool_calls,
        ).model_dump(mode="json", by_alias=True)


def _server(
    step: LlmInput, connection: Mapping[str, Json] | None
) -> tuple[str, str | None, dict[str, str], Literal["openai", "anthropic"], str | None]:
    if connection is None:
        if step.base_url is None:
            raise WorkflowError(
                "llm.connection", "The step needs a connection of kind openai or anthropic, or a baseUrl."
            )
        return step.base_url, None, {}, step.protocol, None
    if step.base_url is not None:
        raise WorkflowError(
            "llm.connection", "baseUrl and a connection do not go together; the connection has its own."
        )
    if connection.get("protocol") == "anthropic":
        theirs = AnthropicConnection.model_validate(dict(connection))
        return theirs.base_url, theirs.api_key, {}, "anthropic", theirs.model
    ours = OpenAIConnection.model_validate(dict(connection))
    return ours.base_url, ours.api_key, dict(ours.headers), "openai", ours.model


def _protocol(name: Literal["openai", "anthropic"], base_url: str) -> Any:
    from wftui.steps.llm_anthropic import AnthropicProtocol
    from wftui.steps.llm_openai import OpenAIProtocol

    return AnthropicProtocol() if name == "anthropic" else OpenAIProtocol(base_url)


def _system(step: LlmInput) -> str:
    parts = [step.system or ""]
    parts += [message.content for message in step.messages or [] if message.role == "system"]
    if step.answer_schema is not None:
        # In words too: not every server keeps to a response format.
        parts.append(_JSON_ONLY + json.dumps(step.answer_schema, ensure_ascii=False))
    return "\n\n".join(filter(None, parts))


def _messages(step: LlmInput) -> list[Any]:
    from wftui.steps.llm_protocol import Message

    if step.messages is None:
        return [Message("user", step.prompt or "")]
    return [Message(each.role, each.content) for each in step.messages if each.role != "system"]
