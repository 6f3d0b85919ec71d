"""The llm step against a server with both protocols: requests and answers."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from steps.llm.model_server import Model, Say
from steps.step_helpers import RecordingContext, Run
from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.llm.step import LlmStep

STEP = LlmStep()
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "people": {"type": "integer"}},
    "required": ["city", "people"],
    "additionalProperties": False,
}


async def test_a_prompt_is_answered(run: Run, context: RecordingContext, model: Model, connected: str) -> None:
    model.script = ["first line\nGrüße"]
    output = await run(
        STEP,
        {
            "prompt": "Hello?",
            "system": "Be kind.",
            "temperature": 0.5,
            "maxTokens": 50,
            "prices": {"input": 2, "output": 10, "cachedInput": 0.5},
        },
    )
    assert output == {
        "text": "first line\nGrüße",
        "value": None,
        "model": "tiny-1",
        "finishReason": "stop",
        "usage": {"inputTokens": 10, "outputTokens": 5, "cachedTokens": 4},
        "cost": 0.000064,
        "requests": 1,
        "toolCalls": [],
    }
    assert context.lines("stdout") == ["first line", "Grüße"]
    assert context.lines("log") == ["tiny: 10 tokens sent, 5 received, cost 6.4e-05"]
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
async def test_a_talk_of_messages(run: Run, model: Model) -> None:
    model.script = ["four"]
    conversation = [("system", "Be brief."), ("user", "2 + 2?"), ("assistant", "4"), ("user", "In words?")]
    await run(
        STEP, {"messages": [{"role": role, "content": content} for role, content in conversation], "model": "big"}
    )
    [asked] = model.asked
    assert asked["model"] == "big", "the step's own model goes before the connection's"
    message = [(each["role"], each["content"]) for each in asked["messages"] if each["role"] != "system"]
    assert message == conversation[1:]
    assert "Be brief." in json.dumps(asked)


@pytest.mark.parametrize(("protocol", "path"), [("openai", "/v1"), ("anthropic", "")])
async def test_a_local_server_needs_its_base_url_only(run: Run, model: Model, protocol: str, path: str) -> None:
    model.script = ["hello"]
    values = {"prompt": "x", "model": "m", "baseUrl": f"{model.url}{path}", "protocol": protocol}
    assert (await run(STEP, values))["text"] == "hello"
    assert not {"authorization", "x-api-key"} & model.headers[0].keys()


@pytest.mark.usefixtures("connected")
async def test_server_without_streaming(run: Run, context: RecordingContext, model: Model) -> None:
    model.script = [Say(calls=(("set", {"a": 1}), ("set", {"b": 2})), whole=True), Say("in one piece", whole=True)]
    output = await run(STEP, {"prompt": "x", "tools": [{"type": "set"}]})
    assert (output["text"], output["usage"]["inputTokens"]) == ("in one piece", 20)
    assert [each["output"] for each in output["toolCalls"]] == [{"a": 1}, {"b": 2}]
    assert context.lines("stdout") == ["in one piece"]


@pytest.mark.usefixtures("connected")
async def test_long_lines_are_logged_by_sentence(run: Run, context: RecordingContext, model: Model) -> None:
    sentence = "This is a sentence, and it goes on for quite some time, as if there were no end to it, does it not?"
    text = f"{sentence} {sentence} {sentence} End"
    words = " ".join(["word"] * 200)
    model.script = [text, words]
    assert (await run(STEP, {"prompt": "x"}))["text"] == text
    assert context.lines("stdout") == [sentence, sentence, sentence, "End"]
    context.logs.clear()
    await run(STEP, {"prompt": "x"})
    assert " ".join(context.lines("stdout")) == words
    assert len(context.lines("stdout")) > 1


@pytest.mark.usefixtures("connected")
async def test_missing_price_gives_no_cost_and_a_log_line(run: Run, context: RecordingContext, model: Model) -> None:
    model.script = ["a", "b"]
    assert (await run(STEP, {"prompt": "x"}))["cost"] is None
    assert context.lines("log")[-1].endswith("cost unknown (no prices for this model)")
    assert context.connection is not None
    context.connection = {**context.connection, "prices": {"tiny": {"input": 1, "output": 1}}}
    assert (await run(STEP, {"prompt": "x"}))["cost"] == 0.000015


@pytest.mark.usefixtures("connected")
async def test_server_without_token_counts(run: Run, context: RecordingContext, model: Model) -> None:
    model.script = [Say("a", counted=False)]
    output = await run(STEP, {"prompt": "x", "prices": {"input": 1, "output": 1}})
    assert output["cost"] is None
    assert "does not count tokens" in context.lines("log")[-1]


@pytest.mark.usefixtures("connected")
async def test_invalid_answer_is_repaired_once(run: Run, context: RecordingContext, model: Model) -> None:
    model.script = ['{"city": "Ulm"}', '```json\n{"city": "Ulm", "people": 128928}\n```']
    output = await run(STEP, {"prompt": "Where?", "schema": CITY})
    assert output["value"] == {"city": "Ulm", "people": 128928}
    assert (output["requests"], output["usage"]["inputTokens"]) == (2, 20)
    assert "people" in json.dumps(model.asked[1]["messages"][-1])
    assert any("asking for a repair" in line for line in context.lines())
    model.script = ["no idea", "still none"]
    with pytest.raises(WorkflowError, match="even after a repair") as caught:
        await run(STEP, {"prompt": "Where?", "schema": CITY})
    assert caught.value.type == "llm.schema"
    assert caught.value.details == {"answer": "still none", "finishReason": "stop"}


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize(
    "answer", ['{"city": "Ulm", "people": 1}', ' <think>Is it {big}?</think>\n{"city": "Ulm", "people": 1}']
)
async def test_text_around_json_is_removed(run: Run, model: Model, answer: str) -> None:
    model.script = [answer]
    assert (await run(STEP, {"prompt": "Where?", "schema": CITY}))["value"] == {"city": "Ulm", "people": 1}


@pytest.mark.usefixtures("connected")
async def test_non_json_numbers_are_refused(run: Run, model: Model) -> None:
    model.script = ['{"city": "Ulm", "people": NaN}', '{"city": "Ulm", "people": 2}']
    assert (await run(STEP, {"prompt": "Where?", "schema": CITY}))["requests"] == 2


async def test_schema_is_sent_in_the_form_of_the_protocol(run: Run, model: Model, connected: str) -> None:
    model.script = ['{"city": "Ulm", "people": 1}'] * 2
    await run(STEP, {"prompt": "x", "schema": CITY})
    await run(STEP, {"prompt": "x", "schema": CITY, "tools": [{"type": "set"}]})
    alone, beside_tools = model.asked
    assert "people" in json.dumps(alone.get("system") or alone["messages"][0])
    assert ("response_format" in alone) == (connected == "openai")
    assert "response_format" not in beside_tools, "local servers refuse a grammar beside tools"


@pytest.mark.usefixtures("connected")
async def test_a_cut_answer(run: Run, context: RecordingContext, model: Model) -> None:
    model.script = [Say("half an ans", finish="length"), Say('{"city": "U', finish="length")]
    output = await run(STEP, {"prompt": "x"})
    assert (output["text"], output["finishReason"]) == ("half an ans", "length")
    assert ("log", "warn", "the response was cut off at maxTokens") in context.logs
    with pytest.raises(WorkflowError, match="cut off at maxTokens") as caught:
        await run(STEP, {"prompt": "x", "schema": CITY})
    assert caught.value.type == "llm.length"
    assert len(model.asked) == 2, "asking again would be cut again"


@pytest.mark.usefixtures("connected")
async def test_a_refusal_is_a_failure_with_its_words(run: Run, model: Model) -> None:
    model.script = [Say(refusal="I will not do that.")]
    with pytest.raises(WorkflowError, match="refused to respond: I will not do that") as caught:
        await run(STEP, {"prompt": "x", "schema": CITY})
    assert (caught.value.type, caught.value.recoverable) == ("llm.refusal", False)
    assert caught.value.details["requests"] == 1


@pytest.mark.parametrize(
    ("values", "connection", "sentence"),
    [
        ({"prompt": "x"}, None, "needs an openai or anthropic connection"),
        ({"prompt": "x", "baseUrl": "http://x"}, None, "names a model"),
        ({"prompt": "x", "baseUrl": "http://x"}, {"protocol": "openai"}, "cannot be combined"),
        ({"prompt": "x", "model": "m", "baseUrl": "http://x", "tools": [{"type": "gone"}]}, None, "'gone' cannot be"),
        ({"prompt": "x", "model": "m", "baseUrl": "http://x", "tools": [{"type": "llm"}]}, None, "'llm' cannot be"),
        (
            {"prompt": "x", "model": "m", "baseUrl": "http://x", "tools": [{"type": "set"}, {"type": "set"}]},
            None,
            "the name 'set'",
        ),
        (
            {"prompt": "x", "model": "m", "baseUrl": "http://x", "schema": {"type": "objekt"}},
            None,
            "not valid at /type",
        ),
        (
            {"prompt": "x", "model": "m", "baseUrl": "http://x", "tools": [{"type": "composio"}]},
            None,
            "composio needs a connection",
        ),
    ],
)
async def test_impossible_requests_fail_before_sending(
    run: Run, context: RecordingContext, values: Mapping[str, Json], connection: dict[str, Any] | None, sentence: str
) -> None:
    context.connection = connection
    with pytest.raises(WorkflowError, match=sentence):
        await run(STEP, values)


def test_both_connection_kinds_are_accepted() -> None:
    assert [kind for kind in ("openai", "anthropic", "http") if STEP.takes_connection(kind)] == ["openai", "anthropic"]
    assert STEP.check({}) != []
    assert STEP.check({"prompt": "x", "schema": CITY}) == []
    assert STEP.check({"prompt": "x", "schema": {"type": "{{ inputs.type }}"}}) == []
    [(field, _)] = STEP.check({"prompt": "x", "schema": {"type": "objekt"}})
    assert field == "schema"
