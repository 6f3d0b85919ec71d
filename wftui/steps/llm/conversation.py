"""Conversation: requests, tool calls, and a response that fits its schema."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wftui.model.base import Json
from wftui.model.json.incremental import read_json
from wftui.model.text.cuts import beginning
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_type import StepContext
from wftui.steps.llm.json_answers import json_values, without_thinking
from wftui.steps.llm.protocol import Conversation, Message, ModelResponse
from wftui.steps.llm.request import Server, ask
from wftui.steps.llm.tools.toolbox import Toolbox

_SHOWN = 4000


@dataclass(slots=True)
class Outcome:
    """Result of a conversation.

    Attributes:
        value: the parsed answer when a schema was given.
        input_tokens: of all requests; None as soon as the server has not counted those of one.
    """

    answer: ModelResponse
    value: Json = None
    input_tokens: int | None = 0
    output_tokens: int | None = 0
    cached_tokens: int = 0
    requests: int = 0
    tool_calls: list[Json] = field(default_factory=list)


async def hold_conversation(
    conversation: Conversation, server: Server, toolbox: Toolbox, max_turns: int, context: StepContext
) -> Outcome:
    """Ask the model and run its tools until it responds; repair the response once.

    Raises:
        WorkflowError: `llm.turns`, `llm.schema`, `llm.length` (the answer was cut), `llm.refusal` (the model will not
            answer), and those of `ask`.
    """
    outcome = Outcome(ModelResponse())
    repaired = False
    for _ in range(max_turns):
        answer = outcome.answer = await ask(conversation, server, context)
        _count(outcome, answer)
        if answer.refusal or answer.finish == "refusal":
            detail = beginning(answer.refusal or answer.text, _SHOWN) or "no reason given"
            raise WorkflowError("llm.refusal", f"The model refused to respond: {detail}", details=_spent(outcome))
        if answer.finish == "length" and (answer.calls or conversation.schema is not None):
            sentence = "The response was cut off at maxTokens; increase it, or ask for less."
            raise WorkflowError("llm.length", sentence, details=_spent(outcome))
        if answer.calls:
            done = await toolbox.call_all(answer.calls)
            outcome.tool_calls += [entry for _, entry in done]
            conversation.messages += [
                Message("assistant", answer.text, calls=tuple(answer.calls)),
                Message("user", results=tuple(result for result, _ in done)),
            ]
            continue
        if answer.finish == "length":
            context.log("the response was cut off at maxTokens", "warn")
        if conversation.schema is None:
            return outcome
        outcome.value, problems = await asyncio.to_thread(fitting, answer.text, conversation.schema)
        if not problems:
            return outcome
        if repaired:
            raise WorkflowError(
                "llm.schema",
                f"The response does not match its schema, even after a repair: {problems}",
                details={"answer": beginning(answer.text, _SHOWN), "finishReason": answer.finish},
            )
        repaired = True
        context.log(f"the response does not match its schema; asking for a repair: {problems}", "warn")
        conversation.messages += [
            Message("assistant", answer.text or "(nothing)"),
            Message("user", f"This does not match the schema: {problems} Answer again with the corrected JSON only."),
        ]
    raise WorkflowError(
        "llm.turns",
        f"The model did not finish within {max_turns} requests (maxTurns).",
        details=_spent(outcome),
    )


def fitting(text: str, schema: Mapping[str, Any]) -> tuple[Json, str]:
    """Return the JSON value of a response, and its schema problems as sentences.

    The value may be the whole text, in a Markdown fence, between sentences, or once more a JSON text; what a model
    wrote while it was thinking is left out. The first value that fits is taken. Where a text is asked for, the answer
    may be that text itself.
    """
    from wftui.runtime.validation.validator import validate_inputs

    first: tuple[Json, str] | None = None
    for value in json_values(text):
        filled, problems = validate_inputs(dict(schema), value)
        if not problems:
            return filled, ""
        if first is None:
            first = filled, " ".join(f"{each.pointer or 'the whole'}: {each.message}" for each in problems[:10])
    plain = without_thinking(text)
    if plain and not validate_inputs(dict(schema), plain)[1]:
        return plain, ""
    if first is not None:
        return first
    try:
        read_json(plain)
    except ValueError as error:
        return None, f"it is not valid JSON ({error})."
    raise AssertionError("a text that is JSON has a value")


def _count(outcome: Outcome, answer: ModelResponse) -> None:
    outcome.requests += 1
    outcome.cached_tokens += answer.cached_tokens
    outcome.input_tokens = _sum(outcome.input_tokens, answer.input_tokens)
    outcome.output_tokens = _sum(outcome.output_tokens, answer.output_tokens)


def _sum(left: int | None, right: int | None) -> int | None:
    return None if left is None or right is None else left + right


def _spent(outcome: Outcome) -> Json:
    """Return the usage of a failed conversation, for the record."""
    return {
        "requests": outcome.requests,
        "toolCalls": len(outcome.tool_calls),
        "inputTokens": outcome.input_tokens,
        "outputTokens": outcome.output_tokens,
    }
