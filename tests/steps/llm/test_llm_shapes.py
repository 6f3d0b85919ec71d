"""Answers in the shapes of real servers, and with fields of any type."""

import json
from typing import Any

import pytest

from steps.foreign_answers import OF_EACH_TYPE, places, with_value
from steps.llm.model_server import Fail, Model, Raw, Say, anthropic_stream, anthropic_whole, openai_stream, openai_whole
from steps.step_helpers import RecordingContext, Run
from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.llm.conversation import fitting
from wftui.steps.llm.step import LlmStep

STEP = LlmStep()
SAY = Say("hi", calls=(("nothing", {}),))
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}


def events_of(stream: str) -> list[Any]:
    data = [line.removeprefix("data: ") for line in stream.split("\n") if line.startswith("data: {")]
    return [json.loads(each) for each in data]


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("streamed", [True, False], ids=["stream", "whole"])
async def test_a_field_of_any_type_is_read_or_fails_the_answer(
    run: Run, model: Model, connected: str, streamed: bool
) -> None:
    streams, wholes = (
        {"openai": openai_stream, "anthropic": anthropic_stream},
        {"openai": openai_whole, "anthropic": anthropic_whole},
    )
    good: Any = events_of(streams[connected](SAY)) if streamed else wholes[connected](SAY)
    ends = {"read": 0, "failed": 0}
    for path in places(good):
        for value in OF_EACH_TYPE:
            model.script = [Raw(with_value(good, path, value)), "done", "done"]
            try:
                output = await run(STEP, {"prompt": "?", "resends": 0})
            except WorkflowError as error:
                assert error.type.startswith("llm."), (path, value, error)
                ends["failed"] += 1
            else:
                assert isinstance(output["text"], str)
                ends["read"] += 1
    assert min(ends.values()) > 20, ends


@pytest.mark.parametrize("status", [400, 429, 500])
async def test_an_error_of_any_shape_fails_the_answer(run: Run, model: Model, connected: str, status: int) -> None:
    good = {"type": "error", "error": {"type": "x", "code": "y", "message": "no", "param": None, "inner": {"a": 1}}}
    for path in places(good):
        for value in OF_EACH_TYPE:
            model.script = [Fail(status, body=json.dumps(with_value(good, path, value)).encode())]
            with pytest.raises(WorkflowError) as failed:
                await run(STEP, {"prompt": "?", "resends": 0})
            assert failed.value.type.startswith("llm."), (path, value)
            assert str(status) in failed.value.message


async def test_malformed_answer_is_retried(run: Run, context: RecordingContext, model: Model, connected: str) -> None:
    odd = {"openai": {"choices": "none"}, "anthropic": {"content": {"text": "x"}}}[connected]
    model.script = [Raw(odd), "fine"]
    assert (await run(STEP, {"prompt": "?", "resends": 1}))["text"] == "fine"
    assert any("not a list" in line and "resending" in line for line in context.lines())


def openai(**message: Json) -> Raw:
    return Raw({"model": "m", "choices": [{"message": message, "finish_reason": "stop"}]})


@pytest.mark.parametrize(
    "scripted",
    [
        openai(content=[{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]),
        openai(content=["a", "b"]),
        openai(content=[{"type": "thinking", "thinking": "hm"}, {"type": "output_text", "text": "ab"}]),
        openai(content={"type": "text", "text": "ab"}),
        openai(content=[{"type": "text", "text": {"value": "ab", "annotations": []}}]),
        Raw({"choices": [{"text": "ab", "finish_reason": "stop"}]}),
        Raw(
            [
                {"choices": [{"delta": {"content": [{"type": "text", "text": "a"}]}}]},
                {"choices": [{"delta": {"content": "b"}, "finish_reason": "stop"}]},
            ]
        ),
        Raw([{"choices": [{"message": {"content": "ab"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 1.0}}]),
    ],
)
async def test_content_in_parts_and_in_other_places(
    run: Run, context: RecordingContext, model: Model, scripted: Raw
) -> None:
    context.connection = {"protocol": "openai", "baseUrl": f"{model.url}/v1", "model": "tiny"}
    model.script = [scripted]
    assert (await run(STEP, {"prompt": "?", "resends": 0}))["text"] == "ab"


async def test_arguments_may_be_an_object_and_ids_numbers(run: Run, context: RecordingContext, model: Model) -> None:
    context.connection = {"protocol": "openai", "baseUrl": f"{model.url}/v1", "model": "tiny"}
    call: Json = {"id": 7, "function": {"name": "set", "arguments": {"a": 1}}}
    model.script = [openai(content=None, tool_calls=[call]), "done"]
    output = await run(STEP, {"prompt": "?", "tools": [{"type": "set"}], "resends": 0})
    assert output["toolCalls"][0]["arguments"] == {"a": 1}
    assert model.asked[1]["messages"][-1]["tool_call_id"] == "7"


VALUE = '{"city": "Köln"}'


@pytest.mark.parametrize(
    "text",
    [
        VALUE,
        f"```json\n{VALUE}\n```",
        f"```\n{VALUE}\n```",
        f"Here is the JSON:\n\n```json\n{VALUE}\n```\n\nI hope this helps!",
        f"Sure! {VALUE}",
        f"{VALUE}\nLet me know if you need more.",
        f"The form is [city], so: {VALUE}.",
        f'First {{"draft": 1}} and then {VALUE}',
        f"<think>{{}} what?</think>\n{VALUE}",
        f"<thinking>no {{}}</thinking>{VALUE}",
        f"thoughts without a beginning</think>{VALUE}",
        json.dumps(VALUE),
        f"<json>{VALUE}</json>",
        f"~~~json\n{VALUE}\n~~~",
        '```json\n{"city": "K\\u00f6ln"}\n```',
    ],
)
def test_json_is_found_in_its_wrapping(text: str) -> None:
    assert fitting(text, CITY) == ({"city": "Köln"}, "")


def test_a_text_needs_no_quotes() -> None:
    assert fitting("Köln", {"type": "string"}) == fitting('"Köln"', {"type": "string"}) == ("Köln", "")
    assert fitting("<think>?</think>yes", {"enum": ["yes", "no"]}) == ("yes", "")
    assert "valid JSON" in fitting("perhaps", {"enum": ["yes", "no"]})[1]


def test_a_fence_inside_a_value_is_part_of_it() -> None:
    value = {"city": "```\nx\n```"}
    assert fitting(f"```json\n{json.dumps(value)}\n```", CITY) == (value, "")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "not valid JSON"),
        ("Köln", "not valid JSON"),
        ('{"city": NaN}', "not valid JSON"),
        ('{"city": 1}', "/city"),
        ("[" * 5000, "not valid JSON"),
    ],
)
def test_invalid_shape_has_a_reason(text: str, problem: str) -> None:
    assert problem in fitting(text, CITY)[1]
