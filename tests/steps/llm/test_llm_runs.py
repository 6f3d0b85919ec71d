"""The llm step in runs: tools of its workflow and workspace."""

import json

import pytest
from helpers import patience

from steps.llm.model_server import Model, call
from steps.mcp.mcp_helpers import RAW
from wftui.connections.connections import StoredConnection
from wftui.model.base import Json
from wftui.model.run.record import ExecutionRecord
from wftui.model.workflow.compilation import CompilationError
from wftui.workbench import Settings, Workbench

TWICE = """
from wftui.steps.plugin import step

@step("house.twice")
def twice(number: int) -> int:
    \"\"\"Double a number.\"\"\"
    return 2 * number
"""
SERVER: dict[str, Json] = {"command": [*RAW]}


def asking(model: Model, *tools: dict[str, Json]) -> dict[str, Json]:
    values: dict[str, Json] = {"prompt": "Go.", "model": "m", "baseUrl": f"{model.url}/v1", "tools": list(tools)}
    return {"id": "ask", "type": "llm", "input": values}


async def save(bench: Workbench, *steps: dict[str, Json], **more: Json) -> None:
    await bench.workflows.save("talk", json.dumps({"format": 1, "id": "talk", "steps": list(steps), **more}), None)


async def run(bench: Workbench) -> ExecutionRecord:
    run_id = await bench.runs.start("talk", {})
    async with patience():
        await bench.runs.wait(run_id)
    return await bench.runs.record(run_id, whole=True)


async def problems(bench: Workbench, model: Model, *tools: dict[str, Json], **more: Json) -> list[CompilationError]:
    text = json.dumps({"format": 1, "id": "talk", "steps": [asking(model, *tools)], **more})
    result = await bench.workflows.check("talk", text)
    return [*result.errors, *result.warnings]


async def test_a_step_type_of_the_workspace_is_a_tool(workbench: Workbench, settings: Settings, model: Model) -> None:
    folder = settings.tables / "steps"
    folder.mkdir()
    (folder / "house.py").write_text(TWICE)
    await workbench.steps.trust(folder / "house.py")
    model.script = [call("house_twice", number=21), call("house_twice", number="21"), "42."]
    await save(workbench, asking(model, {"type": "house.twice"}))
    record = await run(workbench)
    assert record.status == "completed", record.error
    step = record.step("ask")
    assert step is not None
    first, second = step.output["toolCalls"]
    assert (first["output"], second["error"]["type"]) == (42, "validation.input")
    assert model.asked[0]["tools"][0]["function"]["description"] == "Double a number."


async def test_tools_share_the_server_of_the_steps(workbench: Workbench, model: Model) -> None:
    model.script = [call("echo", text="b"), "Done."]
    before: dict[str, Json] = {"server": SERVER, "tool": "echo", "arguments": {"text": "a"}}
    await save(
        workbench,
        {"id": "first", "type": "mcp", "input": before},
        asking(model, {"type": "mcp", "input": {"server": SERVER, "tool": "echo"}}),
        outputs={"first": "{{ steps.first.output.structured }}", "calls": "{{ steps.ask.output.toolCalls }}"},
    )
    record = await run(workbench)
    assert record.status == "completed", record.error
    [entry] = record.outputs["calls"]
    assert entry["output"]["structured"] == {"text": "b", "calls": 2, "pid": record.outputs["first"]["pid"]}


async def test_tool_secrets_reach_neither_model_nor_record(
    workbench: Workbench, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOOL_TOKEN", "tok-4711-very-secret")
    values: dict[str, Json] = {"command": RAW, "env": {"TOKEN": "env:TOOL_TOKEN"}}
    await workbench.connections.save(StoredConnection(name="tools", kind="mcp", values=values))
    model.script = [call("environment"), "Done."]
    tool: dict[str, Json] = {"type": "mcp", "connection": "tools", "input": {"tool": "environment"}}
    await save(workbench, asking(model, tool), connections={"tools": {"kind": "mcp"}})
    record = await run(workbench)
    assert record.status == "completed", record.error
    assert "TOKEN" in json.dumps(model.asked)
    assert "tok-4711-very-secret" not in json.dumps([model.asked, record.to_wire()])


async def test_secret_in_a_fixed_tool_field(
    workbench: Workbench, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", "key-4711-very-secret")
    values: dict[str, Json] = {"baseUrl": f"{model.url}/v1", "apiKey": "env:KEY", "model": "m"}
    await workbench.connections.save(StoredConnection(name="model", kind="openai", values=values))
    model.script = [call("shell"), "Done."]
    tool: dict[str, Json] = {
        "type": "shell",
        "input": {"script": "echo it is $TOKEN", "env": {"TOKEN": "{{ connection.apiKey }}"}},
    }
    asking_it: dict[str, Json] = {"prompt": "Go.", "tools": [tool]}
    await save(
        workbench,
        {"id": "ask", "type": "llm", "connection": "model", "input": asking_it},
        connections={"model": {"kind": "openai"}},
    )
    record = await run(workbench)
    assert record.status == "completed", record.error
    assert "it is ***" in json.dumps(model.asked[1]["messages"][-1])
    assert "key-4711-very-secret" not in json.dumps([model.asked, record.to_wire()])
    assert model.headers[0]["authorization"] == "Bearer key-4711-very-secret"


async def test_a_person_answers_before_a_tool_runs(workbench: Workbench, model: Model) -> None:
    model.script = [call("shell", script="echo run"), "It was not to be."]
    await save(workbench, asking(model, {"type": "shell", "approval": True}))
    run_id = await workbench.runs.start("talk", {})
    async with patience():
        async for batch in workbench.runs.follow(run_id):
            if any(event.type == "step_waiting" for event in batch):
                break
        await workbench.runs.answer(run_id, "ask", approved=False)
        await workbench.runs.wait(run_id)
    record = await workbench.runs.record(run_id, whole=True)
    assert record.status == "completed", record.error
    assert "llm.declined" in json.dumps(model.asked[1]["messages"][-1])


@pytest.mark.parametrize(
    ("tool", "severity", "sentence"),
    [
        ({"type": "gone"}, "error", "the step type 'gone' cannot be a tool"),
        ({"type": "llm"}, "error", "the step type 'llm' cannot be a tool"),
        ({"type": "http", "input": {"uri": "x"}}, "error", "the tool http has no field 'uri'"),
        ({"type": "composio"}, "error", "the tool composio needs a connection"),
        ({"type": "http", "connection": "wbe"}, "error", "no connection 'wbe'; did you mean web?"),
        ({"type": "sql", "connection": "web"}, "error", "takes a connection of kind database; web is one of kind http"),
        ({"type": "shell"}, "hint", "the model may run any shell code it writes; fix"),
        ({"type": "shell", "approval": True}, None, None),
        ({"type": "python", "input": {"code": "def main(): pass"}}, None, None),
        ({"type": "mcp", "input": {"server": SERVER}}, "hint", "the tools of this server are unknown"),
        ({"type": "http", "connection": "web"}, None, None),
        ({"type": "{{ 'http' }}"}, None, None),
    ],
)
async def test_tools_are_checked_before_a_run(
    workbench: Workbench, model: Model, tool: dict[str, Json], severity: str | None, sentence: str | None
) -> None:
    http: dict[str, Json] = {"web": {"kind": "http"}} if "connection" in tool else {}
    found = await problems(workbench, model, tool, connections=http)
    # Of the workflow's connection itself: the user has none of that name, and a wrong tool leaves it unused.
    ignored = {"connection.absent", *(["connection.idle"] if severity is not None else [])}
    found = [each for each in found if each.code not in ignored]
    if sentence is None:
        assert not found
        return
    [problem] = found
    assert sentence in problem.message
    assert (problem.severity, problem.location.step_id) == (severity, "ask")


async def test_duplicate_tool_names_are_reported(workbench: Workbench, model: Model) -> None:
    [problem] = await problems(workbench, model, {"type": "set"}, {"type": "http", "name": "set"})
    assert "two tools have the name set" in problem.message


async def test_tools_of_a_server_are_locked_and_checked(workbench: Workbench, model: Model) -> None:
    await save(workbench, asking(model, {"type": "mcp", "input": {"server": SERVER, "tool": "echo"}}))
    report = await workbench.steps.lock_tools("talk", {})
    assert [len(each.tools) for each in report.lock.servers] == [13]
    assert not await problems(workbench, model, {"type": "mcp", "input": {"server": SERVER, "tool": "echo"}})
    for wrong in ({"input": {"server": SERVER, "tool": "ecko"}}, {"input": {"server": SERVER}, "only": ["ecko"]}):
        [problem] = await problems(workbench, model, {"type": "mcp", **wrong})
        assert "the MCP server has no tool 'ecko'; available: ask, chatter" in problem.message
