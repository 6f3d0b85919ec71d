"""Tools of a model: other step types and tools of MCP servers."""

import json

import pytest
from helpers import patience

from steps.composio.composio_server import Account, composio_server
from steps.llm.model_server import Model, Say, call
from steps.mcp.mcp_helpers import RAW, http_server
from steps.step_helpers import RecordingContext, Run
from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.llm.step import LlmStep

STEP = LlmStep()
ADDER: dict[str, Json] = {
    "type": "python",
    "name": "adder",
    "description": "Adds a and b.",
    "input": {"code": "def main(a, b): return a + b"},
}


def parameters(definition: dict[str, Json]) -> dict[str, Json]:
    """The schema of a tool, as either protocol tells it."""
    found: dict[str, Json] = definition.get("input_schema") or definition["function"]["parameters"]
    return found


def tool_names(asked: dict[str, Json]) -> list[str]:
    return [tool.get("name") or tool["function"]["name"] for tool in asked["tools"]]


@pytest.mark.usefixtures("connected")
async def test_the_model_runs_step_types(run: Run, context: RecordingContext, model: Model) -> None:
    model.script = [call("adder", args={"a": 2, "b": 3}), "It is 5."]
    output = await run(STEP, {"prompt": "2 + 3?", "tools": [ADDER]})
    assert output["text"] == "It is 5."
    assert output["toolCalls"] == [{"name": "adder", "arguments": {"args": {"a": 2, "b": 3}}, "output": 5}]
    [definition] = model.asked[0]["tools"]
    assert "code" not in parameters(definition)["properties"], "what is fixed is not the model's to choose"
    assert "5" in json.dumps(model.asked[1]["messages"][-1])
    assert context.lines("log")[:2] == ['adder: called with {"args": {"a": 2, "b": 3}}', "adder: returned 5"]


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize(
    "arguments",
    [
        {"code": "def main(): return 'mine'"},
        {"args": {"a": 1, "b": 2}, "code": "def main(a, b): return 'mine'"},
        {"args": {"a": 1, "b": 2}, "python": 5},
        {"args": {"a": 1, "b": 2}, "memory_limit": 1},
        {"args": "all of them"},
    ],
)
async def test_invalid_arguments_are_reported_to_the_model(run: Run, model: Model, arguments: dict[str, Json]) -> None:
    model.script = [Say(calls=(("adder", arguments),)), "Sorry."]
    output = await run(STEP, {"prompt": "x", "tools": [ADDER]})
    [entry] = output["toolCalls"]
    assert entry["error"]["type"] == "validation.input"
    definition = model.asked[1]["messages"][-1]["content"]
    text = definition if isinstance(definition, str) else definition[0]["content"]
    assert text == f"validation.input: {entry['error']['message']}"


@pytest.mark.usefixtures("connected")
async def test_fixed_field_has_no_alias(run: Run, model: Model) -> None:
    model.script = [call("sql", query="CREATE TABLE t (a)", read_only=False), "Sorry."]
    tools = [{"type": "sql", "input": {"database": "x.db", "readOnly": True}}]
    output = await run(STEP, {"prompt": "x", "tools": tools})
    assert output["toolCalls"][0]["error"]["type"] == "validation.input"


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize("arguments", ["{broken", '{"script": NaN}', '{"a":' * 20_000])
async def test_non_json_arguments_are_reported_to_the_model(run: Run, model: Model, arguments: str) -> None:
    model.script = [Say(calls=(("shell", arguments),)), "Sorry."]
    output = await run(STEP, {"prompt": "Try.", "tools": [{"type": "shell"}]})
    [entry] = output["toolCalls"]
    assert entry["error"]["message"] == "The arguments are not a JSON object."


@pytest.mark.usefixtures("connected")
async def test_a_failing_tool_is_an_answer_for_the_model(run: Run, context: RecordingContext, model: Model) -> None:
    model.script = [
        call("shell", script="echo bad >&2; exit 3"),
        call("nothing"),
        call("shell", scrpt="x"),
        Say(calls=(("shell", "{broken"),)),
        "I give up.",
    ]
    output = await run(STEP, {"prompt": "Try.", "tools": [{"type": "shell"}]})
    assert output["text"] == "I give up."
    errors = [entry["error"] for entry in output["toolCalls"]]
    assert [error["type"] for error in errors] == ["exit_code", "llm.tool", "validation.input", "validation.input"]
    assert errors[1]["message"] == "There is no tool 'nothing'; available: shell."
    assert errors[3]["message"] == "The arguments are not a JSON object."
    for asked, error in zip(model.asked[1:], errors, strict=True):
        assert error["type"] in json.dumps(asked["messages"][-1])
    assert "shell: bad" in context.lines("stderr")


async def test_calls_of_one_answer_run_side_by_side(
    run: Run, context: RecordingContext, model: Model, connected: str
) -> None:
    # Each of the two waits for the other: one after the other, neither would end.
    meet = "touch {0}; until [ -e {1} ]; do sleep 0.01; done; echo met {1}"
    both = [("shell", {"script": meet.format(*names)}) for names in (("a", "b"), ("b", "a"))]
    model.script = [Say("I try.", calls=tuple(both)), "Done."]
    async with patience():
        output = await run(STEP, {"prompt": "x", "tools": [{"type": "shell", "input": {"parse": "text"}}]})
    assert [entry["output"]["value"].strip() for entry in output["toolCalls"]] == ["met b", "met a"]
    message = model.asked[1]["messages"]
    if connected == "openai":
        assert [each["tool_call_id"] for each in message[-2:]] == ["call-1", "call-2"]
        assert message[-3]["content"] == "I try."
    else:
        assert [each["tool_use_id"] for each in message[-1]["content"]] == ["call-1", "call-2"]
        assert [block["type"] for block in message[-2]["content"]] == ["text", "tool_use", "tool_use"]


@pytest.mark.usefixtures("connected")
async def test_turns_are_bounded(run: Run, model: Model) -> None:
    model.script = [call("set", a=1)] * 3
    with pytest.raises(WorkflowError, match="within 3 requests") as caught:
        await run(STEP, {"prompt": "x", "tools": [{"type": "set"}], "maxTurns": 3})
    assert caught.value.type == "llm.turns"
    assert caught.value.details == {"requests": 3, "toolCalls": 3, "inputTokens": 30, "outputTokens": 15}


@pytest.mark.usefixtures("connected")
async def test_no_secret_is_sent_to_the_model(run: Run, context: RecordingContext, model: Model) -> None:
    context.secrets = ["hunter2-secret"]
    context.environment["PASSWORD"] = "hunter2-secret"
    model.script = [call("shell"), "Thanks."]
    tools = [{"type": "shell", "input": {"script": "echo $PASSWORD"}}]
    await run(STEP, {"prompt": "The password is hunter2-secret.", "tools": tools})
    assert "hunter2" not in json.dumps(model.asked)
    assert "***" in json.dumps(model.asked[1]["messages"][-1])


@pytest.mark.usefixtures("connected")
async def test_a_tool_has_its_own_connection_and_key(run: Run, context: RecordingContext, model: Model) -> None:
    context.connections["shop"] = {"url": "sqlite+pysqlite:///:memory:"}
    model.script = [call("sql", query="SELECT 5 AS n"), "Five."]
    output = await run(STEP, {"prompt": "x", "tools": [{"type": "sql", "connection": "shop"}]})
    assert output["toolCalls"][0]["output"]["rows"] == [{"n": 5}]
    model.script = [call("sql", query="SELECT 5 AS n"), "None."]
    output = await run(STEP, {"prompt": "x", "tools": [{"type": "sql"}]})
    assert output["toolCalls"][0]["error"]["type"] == "sql.open", "the model's connection is not the tool's"


@pytest.mark.usefixtures("connected")
async def test_a_tool_through_a_connected_account(run: Run, context: RecordingContext, model: Model) -> None:
    context.environment["WFTUI_USER"] = "ada"
    with composio_server() as service:
        service.accounts.append(Account("ca_1"))
        context.connections["apps"] = {"baseUrl": service.url, "apiKey": "ak_secret"}
        model.script = [call("composio", arguments={"title": "A report"}), "Done."]
        tool: dict[str, Json] = {"type": "composio", "connection": "apps", "input": {"tool": "GITHUB_CREATE_AN_ISSUE"}}
        output = await run(STEP, {"prompt": "x", "tools": [tool]})
    assert output["toolCalls"][0]["output"]["data"] == {"ok": 1}
    assert [each["arguments"] for each in service.executed] == [{"title": "A report"}]


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize("approved", [True, False])
async def test_call_asks_for_approval(run: Run, context: RecordingContext, model: Model, approved: bool) -> None:
    context.approves = approved
    model.script = [call("adder", args={"a": 1, "b": 1}), "Done."]
    output = await run(STEP, {"prompt": "x", "tools": [{**ADDER, "approval": True}]})
    [(prompt, form, wait, on_timeout)] = context.asked
    assert prompt == 'The model wants to run adder with {"args": {"a": 1, "b": 1}}'
    assert (form, wait, on_timeout) == (None, None, "reject")
    [entry] = output["toolCalls"]
    assert (entry.get("output"), entry.get("error", {}).get("type")) == (
        (2, None) if approved else (None, "llm.declined")
    )


@pytest.mark.usefixtures("connected")
async def test_one_tool_of_a_server(run: Run, context: RecordingContext, model: Model) -> None:
    model.script = [call("echo", text="hi"), call("echo", wrong=1), "Done."]
    tools = [{"type": "mcp", "input": {"server": {"command": RAW}, "tool": "echo"}}]
    output = await run(STEP, {"prompt": "x", "tools": tools})
    first, second = output["toolCalls"]
    assert first["output"]["structured"]["text"] == "hi"
    assert second["error"]["type"] == "validation.arguments"
    [definition] = model.asked[0]["tools"]
    assert parameters(definition)["properties"] == {"text": {"type": "string"}}, "the tool's own arguments"


@pytest.mark.first_cases(1)
@pytest.mark.usefixtures("connected")
async def test_all_tools_of_a_server_over_http(run: Run, context: RecordingContext, model: Model) -> None:
    with http_server() as (server, _):
        model.script = [call("web_count"), call("web_count"), "Two."]
        output = await run(
            STEP, {"prompt": "x", "tools": [{"type": "mcp", "name": "web", "input": {"server": server}}]}
        )
        assert tool_names(model.asked[0]) == ["web_count", "web_die", "web_double", "web_forget", "web_hang"]
        calls = [entry["output"]["structured"] for entry in output["toolCalls"]]
        assert [each["calls"] for each in calls] == [1, 2], "the session is kept between the calls"
        model.script = ["Nothing."]
        some = {"type": "mcp", "only": ["count", "double"], "input": {"server": server}}
        await run(STEP, {"prompt": "x", "tools": [some]})
        assert tool_names(model.asked[-1]) == ["count", "double"]


@pytest.mark.usefixtures("connected")
async def test_fixed_arguments_of_a_server_s_tool(run: Run, context: RecordingContext, model: Model) -> None:
    model.script = [call("say", text="other"), "Done."]
    fixed = {"server": {"command": RAW}, "tool": "echo", "arguments": {"text": "fixed"}}
    output = await run(STEP, {"prompt": "x", "tools": [{"type": "mcp", "name": "say", "input": fixed}]})
    assert output["toolCalls"][0]["output"]["structured"]["text"] == "fixed"
    assert parameters(model.asked[0]["tools"][0])["properties"] == {}


@pytest.mark.usefixtures("connected")
async def test_pictures_are_named_and_not_sent(run: Run, context: RecordingContext, model: Model) -> None:
    model.script = [call("picture"), "Nice."]
    await run(
        STEP, {"prompt": "x", "tools": [{"type": "mcp", "input": {"server": {"command": RAW}, "tool": "picture"}}]}
    )
    assert "(image image/png)" in json.dumps(model.asked[1]["messages"][-1])


@pytest.mark.parametrize(
    ("tool", "sentence"),
    [
        ({"server": {"command": RAW}, "tool": "ecko"}, "has no tool 'ecko'; available: ask, chatter"),
        ({"server": {"command": ["no-such-program"]}}, "no-such-program"),
        ({"server": {}}, "exactly one of"),
        ({"tool": "x"}, "names no MCP server"),
        ({"server": 5}, "tool mcp: server"),
    ],
)
async def test_unavailable_server_fails_before_the_model_call(
    run: Run, model: Model, tool: dict[str, Json], sentence: str
) -> None:
    values = {"prompt": "x", "model": "m", "baseUrl": f"{model.url}/v1", "tools": [{"type": "mcp", "input": tool}]}
    with pytest.raises(WorkflowError, match=sentence):
        await run(STEP, values)
    assert model.asked == []
