"""The llm step against a server that speaks both protocols."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.model_server import Model, model_server
from steps.steps_kit import RecordingContext, Run
from wftui.model.base import Json
from wftui.runtime.errors import WorkflowError
from wftui.steps.llm import LlmStep
from wftui.steps.server_events import ServerEvent, server_events

STEP = LlmStep()
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "people": {"type": "integer"}},
    "required": ["city", "people"],
    "additionalProperties": False,
}


@pytest.fixture
def model() -> Iterator[Model]:
    with model_server() as serving:
        yield serving


@pytest.fixture(params=["openai", "anthropic"])
def connected(request: pytest.FixtureRequest, model: Model, context: RecordingContext) -> str:
    protocol = str(request.param)
    base = {"openai": f"{model.url}/v1", "anthropic": model.url}[protocol]
    context.connection = {"protocol": protocol, "baseUrl": base, "apiKey": "sk-verysecret", "model": "tiny"}
    return protocol


async def test_a_prompt_is_answered(run: Run, context: RecordingContext, model: Model, connected: str) -> None:
    model.script = ["first line\nGrüße"]
    output = await run(
        STEP,
        {
            "prompt": "Hello?",
            "system": "Be kind.",
            "temperature": 0.5,
            "maxTokens": 50,
            "prices": {"input": 2, "output": 10},
        },
    )
    assert output == {
        "text": "first line\nGrüße",
        "value": None,
        "model": "tiny-1",
        "finishReason": "stop",
        "usage": {"inputTokens": 10, "outputTokens": 5},
        "cost": 0.00007,
        "requests": 1,
        "toolCalls": [],
    }
    assert context.lines("stdout") == ["first line", "Grüße"]
    [asked] = model.asked
    assert (asked["model"], asked["temperature"], asked["max_tokens"], asked["stream"]) == ("tiny", 0.5, 50, True)
    if connected == "openai":
        assert asked["messages"] == [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "Hello?"},
        ]
        assert model.headers[0]["authorization"] == "Bearer sk-verysecret"
    else:
        assert (asked["system"], asked["messages"]) == ("Be kind.", [{"role": "user", "content": "Hello?"}])
        assert model.headers[0]["x-api-key"] == "sk-verysecret"


@pytest.mark.usefixtures("connected")
async def test_an_answer_that_does_not_fit_is_repaired_once(run: Run, context: RecordingContext, model: Model) -> None:
    model.script = ['{"city": "Ulm"}', '```json\n{"city": "Ulm", "people": 128928}\n```']
    output = await run(STEP, {"prompt": "Where?", "schema": CITY})
    assert output["value"] == {"city": "Ulm", "people": 128928}
    assert (output["requests"], output["usage"]["inputTokens"]) == (2, 20)
    assert "people" in json.dumps(model.asked[1]["messages"][-1])
    assert any("asking once more" in line for line in context.lines())
    model.script = ["no idea", "still none"]
    with pytest.raises(WorkflowError, match="not even the second time") as caught:
        await run(STEP, {"prompt": "Where?", "schema": CITY})
    assert caught.value.type == "llm.schema"
    assert caught.value.details == {"answer": "still none", "finishReason": "stop"}


@pytest.mark.usefixtures("connected")
async def test_the_model_runs_step_types_as_tools(run: Run, context: RecordingContext, model: Model) -> None:
    model.script = [{"call": "adder", "arguments": {"args": {"a": 2, "b": 3}, "code": "def main(): pass"}}, "It is 5."]
    tool = {
        "type": "python",
        "name": "adder",
        "description": "Adds a and b.",
        "input": {"code": "def main(a, b): return a + b"},
    }
    output = await run(STEP, {"prompt": "2 + 3?", "tools": [tool]})
    assert output["text"] == "It is 5."
    assert [(call["name"], call["output"]) for call in output["toolCalls"]] == [("adder", 5)]
    [told] = model.asked[0]["tools"]
    schema = told.get("input_schema") or told["function"]["parameters"]
    assert "code" not in schema["properties"], "what is fixed is not the model's to choose"
    assert "5" in json.dumps(model.asked[1]["messages"][-1])


@pytest.mark.usefixtures("connected")
async def test_a_failing_tool_is_an_answer_for_the_model(run: Run, context: RecordingContext, model: Model) -> None:
    model.script = [
        {"call": "shell", "arguments": {"script": "echo bad >&2; exit 3"}},
        {"call": "nothing", "arguments": {}},
        {"call": "shell", "arguments": {"scrpt": "x"}},
        "I give up.",
    ]
    output = await run(STEP, {"prompt": "Try.", "tools": [{"type": "shell"}]})
    assert output["text"] == "I give up."
    assert [call["error"]["type"] for call in output["toolCalls"]] == ["exit_code", "llm.tool", "validation.input"]


async def test_arguments_that_are_no_json_are_told_to_the_model(run: Run, context: RecordingContext) -> None:
    with model_server() as model:
        model.script = [{"call": "set", "raw": "{broken", "arguments": {}}, "Sorry."]
        values = {"prompt": "x", "model": "m", "baseUrl": f"{model.url}/v1", "tools": [{"type": "set"}]}
        output = await run(STEP, values)
    assert output["toolCalls"][0]["error"]["message"] == "The arguments are no JSON object."


@pytest.mark.usefixtures("connected")
async def test_turns_are_bounded(run: Run, model: Model) -> None:
    model.script = [{"call": "set", "arguments": {"a": 1}}] * 3
    with pytest.raises(WorkflowError, match="within 3 requests") as caught:
        await run(STEP, {"prompt": "x", "tools": [{"type": "set"}], "maxTurns": 3})
    assert caught.value.type == "llm.turns"


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize(
    ("status", "kind", "recoverable"),
    [
        (401, "llm.auth", False),
        (429, "llm.limit", True),
        (400, "llm.refused", False),
        (503, "llm.server", True),
    ],
)
async def test_errors_of_the_server_have_types(
    run: Run, model: Model, status: int, kind: str, recoverable: bool
) -> None:
    model.script = [{"status": status, "error": "because of that"}]
    with pytest.raises(WorkflowError, match="because of that") as caught:
        await run(STEP, {"prompt": "x"})
    assert (caught.value.type, caught.value.recoverable) == (kind, recoverable)
    assert caught.value.details == {"status": status, "retryAfter": 3.0}


@pytest.mark.parametrize(
    ("values", "connection", "sentence"),
    [
        ({"prompt": "x"}, None, "needs a connection"),
        ({"prompt": "x", "baseUrl": "http://x"}, None, "names no model"),
        ({"prompt": "x", "baseUrl": "http://x"}, {"protocol": "openai"}, "do not go together"),
        ({"prompt": "x", "model": "m", "baseUrl": "http://x", "tools": [{"type": "gone"}]}, None, "'gone' cannot be"),
        ({"prompt": "x", "model": "m", "baseUrl": "http://x", "tools": [{"type": "llm"}]}, None, "'llm' cannot be"),
    ],
)
async def test_what_cannot_work_is_said_before_anything_is_sent(
    run: Run, context: RecordingContext, values: Mapping[str, Json], connection: dict[str, Any] | None, sentence: str
) -> None:
    context.connection = connection
    with pytest.raises(WorkflowError, match=sentence):
        await run(STEP, values)


def test_it_takes_both_kinds_of_connection() -> None:
    assert [kind for kind in ("openai", "anthropic", "http") if STEP.takes_connection(kind)] == ["openai", "anthropic"]
    assert STEP.check({}) != []
    assert STEP.check({"prompt": "x"}) == []


@given(st.data())
async def test_events_do_not_depend_on_chunks(data: st.DataObject) -> None:
    stream = 'event: a\r\ndata: {"x": "ä"}\r\n\r\n: keep\n\ndata: one\ndata: two\n\ndata: last'.encode()
    cuts = sorted(data.draw(st.sets(st.integers(1, len(stream) - 1), max_size=10)))

    async def chunks() -> AsyncIterator[bytes]:
        for left, right in zip([0, *cuts], [*cuts, len(stream)], strict=True):
            yield stream[left:right]

    assert [event async for event in server_events(chunks())] == [
        ServerEvent("a", '{"x": "ä"}'),
        ServerEvent("", "one\ntwo"),
        ServerEvent("", "last"),
    ]
