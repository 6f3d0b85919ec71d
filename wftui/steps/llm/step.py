"""The `llm` step type."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationError, model_validator

from wftui.connections.connection_kinds import AnthropicConnection, ModelPrices, OpenAIConnection
from wftui.model.base import Json
from wftui.model.workflow.durations import Duration
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.findings import exactly_one_of
from wftui.steps.api.prepare_context import PrepareContext
from wftui.steps.api.requirements import Host, MissingRequirement
from wftui.steps.api.step_model import StepModel
from wftui.steps.api.step_type import SiteFacts, StepContext, StepSite, StepType
from wftui.steps.llm.tools.input import ToolInput
from wftui.steps.mcp.lock import LOCK_FILE

if TYPE_CHECKING:
    from wftui.steps.llm.conversation import Outcome
    from wftui.steps.llm.protocol import ModelProtocol

_JSON_ONLY = "Answer with JSON only, without any other text, that fits this JSON Schema: "


class ChatMessage(StepModel):
    """Message of the conversation so far."""

    role: Annotated[Literal["system", "user", "assistant"], Field(description="Author of the message.")]
    content: Annotated[str, Field(description="Text of the message.")]


class LlmInput(StepModel):
    """Input of `llm`: a prompt, or messages."""

    prompt: Annotated[str | None, Field(description="Prompt for the model.")] = None
    messages: Annotated[
        list[ChatMessage] | None, Field(min_length=1, description="Messages of a conversation, instead of a prompt.")
    ] = None
    system: Annotated[str | None, Field(description="System prompt.")] = None
    model: Annotated[str | None, Field(description="Model; default: that of the connection.")] = None
    temperature: Annotated[
        float | None, Field(ge=0, le=2, description="Sampling temperature; 0 for the most likely tokens.")
    ] = None
    max_tokens: Annotated[int | None, Field(ge=1, description="Maximum tokens of a response.")] = None
    answer_schema: Annotated[
        dict[str, Any] | None,
        Field(alias="schema", description="JSON Schema of the response, which is then in `value`; repaired once."),
    ] = None
    tools: Annotated[list[ToolInput], Field(description="Step types and MCP tools that the model may run.")] = Field(
        default_factory=list
    )
    max_turns: Annotated[
        int, Field(ge=1, le=100, description="Maximum number of requests, including those after tool calls.")
    ] = 10
    base_url: Annotated[
        str | None, Field(description="URL of a server without a connection: http://localhost:11434/v1.")
    ] = None
    protocol: Annotated[Literal["openai", "anthropic"], Field(description="Protocol of the server at baseUrl.")] = (
        "openai"
    )
    prices: Annotated[
        ModelPrices | None,
        Field(description="Prices per million tokens, to compute the cost; default: those of the connection."),
    ] = None
    timeout: Annotated[Duration, Field(description="Timeout of one request.")] = 300.0
    resends: Annotated[
        int,
        Field(
            ge=0,
            le=10,
            description="How many times a request is sent again while the server is busy or drops the connection, "
            "after the delay it asks for; a retry of the step would run its tools again.",
        ),
    ] = 2

    @model_validator(mode="after")
    def _one_of_the_two(self) -> "LlmInput":
        if (self.prompt is None) == (self.messages is None):
            raise ValueError('give exactly one of "prompt" and "messages"')
        if self.messages is not None and all(message.role == "system" for message in self.messages):
            raise ValueError('"messages" needs one that is not a system message')
        return self


class Usage(StepModel):
    """Tokens of all requests; null if the server does not count them."""

    input_tokens: Annotated[int | None, Field(description="Tokens sent; null if the server does not count them.")]
    output_tokens: Annotated[int | None, Field(description="Tokens received; null if the server does not count them.")]
    cached_tokens: Annotated[int, Field(description="Input tokens that the server had in its cache.")]


class LlmOutput(StepModel):
    """Output of `llm`."""

    text: Annotated[str, Field(description="Text of the last response.")]
    value: Annotated[Json, Field(description="With schema: response as a JSON value.")] = None
    model: Annotated[str, Field(description="Name of the model, as reported by the server.")]
    finish_reason: Annotated[str, Field(description="Reason of the end: stop, length, or the server's own.")]
    usage: Annotated[Usage, Field(description="Tokens of all requests together.")]
    cost: Annotated[float | None, Field(description="Cost of all requests; null without prices for the model.")]
    requests: Annotated[int, Field(description="Number of requests, including those after tool calls.")]
    tool_calls: Annotated[list[Json], Field(description="Calls in order: {name, arguments, output or error}.")]


class LlmStep(StepType[LlmInput]):
    """Asks OpenAI-compatible servers or Anthropic; streams the response to the log."""

    word = "llm"
    title = "Language model"
    description = (
        "Asks a language model, optionally with a JSON Schema for the response and with step types and MCP tools as "
        "tools."
    )
    icon = "*"
    ascii_icon = "*"
    search_words = ("ai", "gpt", "openai", "anthropic", "claude", "ollama", "chat", "prompt", "agent")
    input_model = LlmInput
    field_rules: ClassVar = exactly_one_of("prompt", "messages")
    example: ClassVar = {
        "baseUrl": "http://localhost:11434/v1",
        "model": "llama3.2",
        "prompt": "How many rows does the table orders have?",
        "schema": {"type": "object", "properties": {"rows": {"type": "integer"}}, "required": ["rows"]},
        "tools": [{"type": "sql", "input": {"database": "shop.db", "readOnly": True}}],
    }
    connection_kind = "openai"
    secret_fields = frozenset({"tools"})
    early_fields = frozenset({"tools"})
    site_files = (LOCK_FILE,)
    output_schema: ClassVar = LlmOutput.model_json_schema(by_alias=True)

    @classmethod
    def takes_connection(cls, kind: str) -> bool:
        """Accept the connection kinds of both protocols."""
        return kind in ("openai", "anthropic")

    @classmethod
    def check(cls, literal_input: Mapping[str, Json]) -> list[tuple[str, str]]:
        """Check for one of prompt and messages, and a valid schema."""
        problems: list[tuple[str, str]] = []
        if ("prompt" in literal_input) == ("messages" in literal_input):
            problems.append(("", 'Give exactly one of "prompt" (a text) and "messages" (a list).'))
        schema = literal_input.get("schema")
        wrong = _schema_problem(schema) if isinstance(schema, dict) and "{{" not in json.dumps(schema) else None
        return [*problems, *([("schema", wrong)] if wrong is not None else [])]

    @classmethod
    def facts_at(cls, literal_input: Mapping[str, Json], site: StepSite) -> SiteFacts:
        """Return problems and connections of the tools."""
        from wftui.steps.llm.tools.checks import tool_facts

        return tool_facts(literal_input.get("tools"), site)

    @classmethod
    def programs(cls, literal_input: Mapping[str, Json], site: StepSite) -> Sequence[str]:
        """Those of its tools."""
        from wftui.steps.llm.tools.checks import tool_programs

        return tool_programs(literal_input.get("tools"), site)

    @classmethod
    def missing_program(cls, name: str, host: Host) -> MissingRequirement | None:
        """Look where tools of MCP servers look, which is in most places."""
        from wftui.steps.mcp.step import McpStep

        return super().missing_program(name, host) if McpStep.missing_program(name, host) is not None else None

    async def prepare(self, early_input: Mapping[str, Json], context: PrepareContext) -> Json:
        """Prepare each tool; return their results in order.

        Raises:
            WorkflowError: those of the tools.
        """
        try:
            tools = [ToolInput.model_validate(each) for each in early_input.get("tools", [])]
        except (TypeError, ValidationError):
            return None  # reported by the step with all problems of its input
        return [await context.prepare_step(tool.type, tool.input, tool.connection) for tool in tools]

    async def run(self, input: LlmInput, context: StepContext) -> Json:
        """Hold the conversation.

        Raises:
            WorkflowError: `llm.*`, `http.*`, `connection.*`, `mcp.*`.
        """
        from wftui.steps.llm.conversation import hold_conversation
        from wftui.steps.llm.protocol import Conversation
        from wftui.steps.llm.request import Server
        from wftui.steps.llm.tools.toolbox import offer

        connected = _connected(input, context.connection)
        model = input.model or connected.model
        if model is None:
            raise WorkflowError("llm.connection", "Neither the step nor its connection names a model.")
        wrong = await asyncio.to_thread(_schema_problem, input.answer_schema)
        if wrong is not None:
            raise WorkflowError("validation.input", wrong)
        toolbox = await offer(input.tools, context)
        conversation = Conversation(
            model=model,
            system=_system(input),
            messages=_messages(input),
            temperature=input.temperature,
            max_tokens=input.max_tokens,
            tools=toolbox.definitions(),
            schema=input.answer_schema,
        )
        server = Server(
            protocol=_protocol(connected),
            base_url=connected.base_url,
            api_key=connected.api_key,
            headers=connected.headers if isinstance(connected, OpenAIConnection) else {},
            seconds=input.timeout,
            resends=input.resends,
        )
        outcome = await hold_conversation(conversation, server, toolbox, input.max_turns, context)
        prices = input.prices or connected.prices.get(model)
        cost = _cost(outcome, prices)
        context.log(_bill(model, outcome, cost, priced=prices is not None))
        return LlmOutput(
            text=outcome.answer.text,
            value=outcome.value,
            model=outcome.answer.model or model,
            finish_reason=outcome.answer.finish,
            usage=Usage(
                input_tokens=outcome.input_tokens,
                output_tokens=outcome.output_tokens,
                cached_tokens=outcome.cached_tokens,
            ),
            cost=cost,
            requests=outcome.requests,
            tool_calls=outcome.tool_calls,
        ).model_dump(mode="json", by_alias=True)


def _connected(step: LlmInput, connection: Mapping[str, Json] | None) -> AnthropicConnection | OpenAIConnection:
    """Return the connection of the step, or one for the server it names."""
    if connection is not None:
        if step.base_url is not None:
            raise WorkflowError("llm.connection", "baseUrl cannot be combined with a connection, which has its own.")
        kind = AnthropicConnection if connection.get("protocol") == "anthropic" else OpenAIConnection
        return kind.model_validate(dict(connection))
    if step.base_url is None:
        raise WorkflowError("llm.connection", "The step needs an openai or anthropic connection, or a baseUrl.")
    if step.protocol == "anthropic":
        return AnthropicConnection(base_url=step.base_url, api_key="")
    return OpenAIConnection(base_url=step.base_url)


def _schema_problem(schema: Json) -> str | None:
    """Return what is wrong with a response schema, or None."""
    from wftui.runtime.validation.validator import schema_problems

    found = schema_problems(schema) if schema is not None else []
    return f"The schema is not valid at {found[0].pointer or 'the root'}: {found[0].message}" if found else None


def _protocol(connected: AnthropicConnection | OpenAIConnection) -> "ModelProtocol":
    from wftui.steps.llm.anthropic import AnthropicProtocol
    from wftui.steps.llm.openai import OpenAIProtocol

    if isinstance(connected, AnthropicConnection):
        return AnthropicProtocol()
    return OpenAIProtocol(connected.base_url)


def _cost(outcome: "Outcome", prices: ModelPrices | None) -> float | None:
    if prices is None or outcome.input_tokens is None or outcome.output_tokens is None:
        return None
    cached = prices.input if prices.cached_input is None else prices.cached_input
    spent = (outcome.input_tokens - outcome.cached_tokens) * prices.input
    spent += outcome.cached_tokens * cached + outcome.output_tokens * prices.output
    return round(spent / 1_000_000, 8)


def _bill(model: str, outcome: "Outcome", cost: float | None, *, priced: bool) -> str:
    """Return the usage as a log line, with the reason if the cost is unknown."""
    if outcome.input_tokens is None or outcome.output_tokens is None:
        return f"{model}: cost unknown, the server does not count tokens"
    used = f"{model}: {outcome.input_tokens:,} tokens sent, {outcome.output_tokens:,} received"
    return f"{used}, cost {cost:g}" if priced else f"{used}, cost unknown (no prices for this model)"


def _system(step: LlmInput) -> str:
    parts = [step.system or ""]
    parts += [message.content for message in step.messages or [] if message.role == "system"]
    if step.answer_schema is not None:
        # In words too: not every server keeps to a response format.
        parts.append(_JSON_ONLY + json.dumps(step.answer_schema, ensure_ascii=False))
    return "\n\n".join(filter(None, parts))


def _messages(step: LlmInput) -> list[Any]:
    from wftui.steps.llm.protocol import Message

    if step.messages is None:
        return [Message("user", step.prompt or "")]
    return [Message(each.role, each.content) for each in step.messages if each.role != "system"]
