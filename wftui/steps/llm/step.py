"""`llm`: ask a language model."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationError, model_validator

from wftui.connections.connection_kinds import AnthropicConnection, ModelPrices, OpenAIConnection
from wftui.model.base import Json
from wftui.model.workflow.durations import Duration
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.requirements import Host, MissingRequirement
from wftui.steps.api.step_type import PrepareContext, SiteFacts, StepContext, StepModel, StepSite, StepType
from wftui.steps.llm.tools.input import ToolInput
from wftui.steps.mcp.lock import LOCK_FILE

if TYPE_CHECKING:
    from wftui.steps.llm.conversation import Outcome
    from wftui.steps.llm.protocol import ModelProtocol

_JSON_ONLY = "Answer with JSON only, without any other text, that fits this JSON Schema: "


class ChatMessage(StepModel):
    """A message of the talk so far."""

    role: Annotated[Literal["system", "user", "assistant"], Field(description="Author of the message.")]
    content: Annotated[str, Field(description="Text of the message.")]


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
    tools: Annotated[list[ToolInput], Field(description="Step types and MCP tools that the model may run.")] = Field(
        default_factory=list
    )
    max_turns: Annotated[int, Field(ge=1, le=100, description="Most requests, those after tool calls included.")] = 10
    base_url: Annotated[str | None, Field(description="Server without a connection, as http://localhost:11434/v1.")] = (
        None
    )
    protocol: Annotated[Literal["openai", "anthropic"], Field(description="What the server at baseUrl speaks.")] = (
        "openai"
    )
    prices: Annotated[
        ModelPrices | None, Field(description="Per million tokens, to get the cost; absent: those of the connection.")
    ] = None
    timeout: Annotated[Duration, Field(description="For one request.")] = 300.0
    resends: Annotated[
        int,
        Field(
            ge=0,
            le=10,
            description="How often one request is sent again while the server is busy or breaks off, after the time it "
            "asks for; a retry of the step would run its tools again.",
        ),
    ] = 2

    @model_validator(mode="after")
    def _one_of_the_two(self) -> "LlmInput":
        if (self.prompt is None) == (self.messages is None):
            raise ValueError('give exactly one of "prompt" and "messages"')
        if self.messages is not None and all(message.role == "system" for message in self.messages):
            raise ValueError('"messages" needs one that is not of the system')
        return self


class Usage(StepModel):
    """Tokens of all requests together; null when the server does not count them."""

    input_tokens: Annotated[int | None, Field(description="Tokens sent; null when the server does not count.")]
    output_tokens: Annotated[int | None, Field(description="Tokens received; null when the server does not count.")]
    cached_tokens: Annotated[int, Field(description="Of the input tokens, those the server had in its cache.")]


class LlmOutput(StepModel):
    """Output of `llm`."""

    text: Annotated[str, Field(description="Text of the last response.")]
    value: Annotated[Json, Field(description="With schema: the answer as a JSON value.")] = None
    model: Annotated[str, Field(description="The model that answered, as the server calls it.")]
    finish_reason: Annotated[str, Field(description="stop, length, or the server's own word.")]
    usage: Annotated[Usage, Field(description="Tokens of all requests together.")]
    cost: Annotated[float | None, Field(description="Of all requests; null when no price of the model is known.")]
    requests: Annotated[int, Field(description="Requests that were sent, those after tool calls included.")]
    tool_calls: Annotated[list[Json], Field(description="{name, arguments, output or error} in their order.")]


class LlmStep(StepType[LlmInput]):
    """Speaks to OpenAI-compatible servers and to Anthropic; the answer streams into the log."""

    word = "llm"
    title = "Language model"
    description = "Asks a language model; its answer may have a JSON Schema, and it may use step types and MCP tools."
    icon = "✦"
    ascii_icon = "L"
    input_model = LlmInput
    example: ClassVar = {
        "baseUrl": "http://localhost:11434/v1",
        "model": "llama3.2",
        "prompt": "How many rows has the table orders?",
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
        """Both protocols have a kind of their own."""
        return kind in ("openai", "anthropic")

    @classmethod
    def check(cls, literal_input: Mapping[str, Json]) -> list[tuple[str, str]]:
        """A prompt or messages; a schema that is one."""
        problems: list[tuple[str, str]] = []
        if ("prompt" in literal_input) == ("messages" in literal_input):
            problems.append(("", 'Give exactly one of "prompt" (a text) and "messages" (a list).'))
        schema = literal_input.get("schema")
        wrong = _schema_problem(schema) if isinstance(schema, dict) and "{{" not in json.dumps(schema) else None
        return [*problems, *([("schema", wrong)] if wrong is not None else [])]

    @classmethod
    def facts_at(cls, literal_input: Mapping[str, Json], site: StepSite) -> SiteFacts:
        """What is wrong with the tools."""
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
        """Have each tool look for what it needs; gives what they found, in their order.

        Raises:
            WorkflowError: those of the tools.
        """
        try:
            tools = [ToolInput.model_validate(each) for each in early_input.get("tools", [])]
        except (TypeError, ValidationError):
            return None  # told by the step, with all that is wrong in its input
        return [await context.prepare_step(tool.type, tool.input, tool.connection) for tool in tools]

    async def run(self, input: LlmInput, context: StepContext) -> Json:
        """Ask.

        Raises:
            WorkflowError: `llm.*`, `http.*`, `connection.*`, `mcp.*`.
        """
        from wftui.steps.llm.conversation import hold_talk
        from wftui.steps.llm.protocol import Talk
        from wftui.steps.llm.request import Server
        from wftui.steps.llm.tools.toolbox import offer

        connected = _connected(input, context.connection)
        model = input.model or connected.model
        if model is None:
            raise WorkflowError("llm.connection", "The step names no model, and neither does its connection.")
        wrong = await asyncio.to_thread(_schema_problem, input.answer_schema)
        if wrong is not None:
            raise WorkflowError("validation.input", wrong)
        toolbox = await offer(input.tools, context)
        talk = Talk(
            model=model,
            system=_system(input),
            messages=_messages(input),
            temperature=input.temperature,
            max_tokens=input.max_tokens,
            tools=toolbox.described(),
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
        outcome = await hold_talk(talk, server, toolbox, input.max_turns, context)
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
    """What the step asks: its connection, or the bare server it names."""
    if connection is not None:
        if step.base_url is not None:
            raise WorkflowError(
                "llm.connection", "baseUrl and a connection do not go together; the connection has its own."
            )
        kind = AnthropicConnection if connection.get("protocol") == "anthropic" else OpenAIConnection
        return kind.model_validate(dict(connection))
    if step.base_url is None:
        raise WorkflowError("llm.connection", "The step needs a connection of kind openai or anthropic, or a baseUrl.")
    if step.protocol == "anthropic":
        return AnthropicConnection(base_url=step.base_url, api_key="")
    return OpenAIConnection(base_url=step.base_url)


def _schema_problem(schema: Json) -> str | None:
    """What is wrong with the schema of an answer; None when nothing is."""
    from wftui.runtime.validation.validator import schema_problems

    found = schema_problems(schema) if schema is not None else []
    return f"The schema is not valid, at {found[0].pointer or 'the top'}: {found[0].message}" if found else None


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
    """What was used up, and why its cost is not known where it is not."""
    if outcome.input_tokens is None or outcome.output_tokens is None:
        return f"{model}: the server does not count its tokens, so there is no cost"
    used = f"{model}: {outcome.input_tokens:,} tokens sent, {outcome.output_tokens:,} answered"
    return f"{used}, cost {cost:g}" if priced else f"{used}; no price of it is known (prices), so there is no cost"


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
