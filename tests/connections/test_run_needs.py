"""Requirements of a run are checked before its first step and reported together."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers import patience, run_to_end, write_workflow
from steps.composio.composio_server import Account, Composio, composio_server
from steps.llm.model_server import call, model_server

from wftui.connections.connections import Connections, StoredConnection
from wftui.engine.run.unmet_requirements import UnresolvedError
from wftui.model.base import Json
from wftui.model.clock import utc_now
from wftui.model.run.actions import UNRESOLVED
from wftui.model.run.events import Created, ExecutionEvent, Interrupted, Started, StepCompleted
from wftui.model.run.record import ExecutionRecord
from wftui.runtime.plan import step_infos
from wftui.store.run_ids import new_id
from wftui.workbench import Workbench

TOUCH = {"id": "touch", "type": "set", "input": {"x": 1}}
POST = {"id": "post", "type": "composio", "connection": "tools", "input": {"tool": "GITHUB_CREATE_ISSUE"}}
TOOLS = {"tools": {"kind": "composio"}}

PLUGIN = """
from typing import ClassVar
import asyncio
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_type import StepType

class Dock(StepType):
    word = "acme.dock"
    title = "Dock"
    early_fields: ClassVar = frozenset({"ship"})

    async def prepare(self, early_input, context):
        if early_input.get("ship") == "titanic":
            raise WorkflowError("acme.sunk", "the titanic is not there", details={"command": "acme raise titanic"})
        if early_input.get("ship") == "dutchman":
            await asyncio.Event().wait()
        return {"berth": 7}

    async def run(self, input, context):
        return {"found": context.prepared}
"""


@pytest.fixture
def service() -> Iterator[Composio]:
    with composio_server() as state:
        save("tools", "composio", {"baseUrl": state.url, "apiKey": "env:COMPOSIO_KEY"})
        yield state


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPOSIO_KEY", "ak_0123456789")


def save(name: str, kind: str, values: dict[str, Json]) -> None:
    Connections().save(StoredConnection(name=name, kind=kind, values=values))


async def plugin(workbench: Workbench, tables: Path) -> None:
    file = tables / "steps" / "dock.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text(PLUGIN)
    await workbench.steps.trust(file)


async def never_began(workbench: Workbench, record: ExecutionRecord) -> list[dict[str, Any]]:
    """Assert that nothing of the run was started; return the missing requirements."""
    assert record.status == "failed"
    assert record.started_at is None
    assert {step.status for step in record.step_results} == {"pending"}
    assert [event.type for event in await workbench.runs.events(record.id)] == ["created", "failed"]
    assert record.error is not None
    assert record.error.type == UNRESOLVED
    missing: list[dict[str, Any]] = record.error.details["missing"]
    for each in missing:
        assert each["message"].rstrip(".") in record.error.message
    return missing


async def test_all_missing_requirements_are_one_error(workbench: Workbench, tables: Path, service: Composio) -> None:
    save("model", "anthropic", {"apiKey": "env:NOT_SET_ANYWHERE"})
    save("wrong", "smtp", {"host": "h"})
    kinds = {"api": "http", "model": "anthropic", "wrong": "http"}
    write_workflow(
        tables,
        "needy",
        TOUCH,
        {"id": "fetch", "type": "http", "connection": "api", "input": {"url": "/x"}},
        {"id": "pull", "type": "http", "connection": "api", "input": {"url": "/y"}},
        {"id": "ask", "type": "llm", "connection": "model", "input": {"prompt": "hi"}},
        {"id": "other", "type": "http", "connection": "wrong", "input": {"url": "/z"}},
        {"id": "keyed", "type": "http", "input": {"url": "http://x/", "headers": {"K": "{{ secrets.door }}"}}},
        POST,
        connections={**TOOLS, **{name: {"kind": kind} for name, kind in kinds.items()}},
    )
    missing = await never_began(workbench, await run_to_end(workbench, "needy", {}))
    assert [(each["steps"], each["type"], each.get("command")) for each in missing] == [
        (["fetch", "pull"], "connection.missing", "wftui connections add api --kind http"),
        (["ask"], "connection.reference", "wftui connections test model"),
        (["other"], "connection.kind", "wftui connections test wrong"),
        (["keyed"], "secret.missing", "wftui connections secret set door"),
        (["post"], "composio.account", "wftui connections connect tools github"),
    ]
    assert not service.executed


async def test_missing_connection_is_attributed_to_its_only_step(workbench: Workbench, tables: Path) -> None:
    fetch: dict[str, Any] = {"type": "http", "connection": "api", "input": {"url": "/x"}}
    api = {"api": {"kind": "http"}}
    write_workflow(
        tables, "one", {"id": "first", "type": "set", "input": {}}, {"id": "fetch", **fetch}, connections=api
    )
    write_workflow(tables, "two", {"id": "fetch", **fetch}, {"id": "pull", **fetch}, connections=api)
    one, two = await run_to_end(workbench, "one", {}), await run_to_end(workbench, "two", {})
    assert one.error is not None
    assert (one.error.step_id, one.error.pointer) == ("fetch", "/steps/1")
    assert two.error is not None
    assert (two.error.step_id, two.error.pointer) == (None, None)


async def test_steps_known_to_be_skipped_need_nothing(workbench: Workbench, tables: Path) -> None:
    fetch: dict[str, Any] = {"id": "fetch", "type": "http", "connection": "api", "input": {"url": "/x"}}
    cases = [
        {"when": "inputs.n == 1", "steps": [{"id": "one", "type": "set", "input": {}}]},
        {"when": "inputs.n >= 1", "steps": [fetch]},
    ]
    each = {"id": "each", "type": "group", "forEach": {"in": "[1]"}, "steps": [{**fetch, "when": "item == 2"}]}
    api = {"api": {"kind": "http"}}
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    write_workflow(
        tables, "switched", {"id": "which", "type": "switch", "cases": cases}, connections=api, inputSchema=schema
    )
    write_workflow(tables, "repeated", each, connections=api)
    assert (await run_to_end(workbench, "switched", {"n": 1})).status == "completed"
    assert len(await never_began(workbench, await run_to_end(workbench, "switched", {"n": 2}))) == 1
    assert len(await never_began(workbench, await run_to_end(workbench, "repeated", {}))) == 1, "nobody knows the items"


async def test_resolved_connections_are_injected(workbench: Workbench, tables: Path, service: Composio) -> None:
    service.accounts = [Account("ca_5")]
    last = {**POST, "id": "last", "forEach": {"in": "[1, 2]"}}
    write_workflow(tables, "posts", TOUCH, POST, last, connections=TOOLS)
    record = await run_to_end(workbench, "posts", {})
    assert record.status == "completed", record.error
    assert [body["connected_account_id"] for body in service.executed] == ["ca_5"] * 3
    assert [body["user_id"] for body in service.executed] == ["ada"] * 3
    assert service.paths()[:2] == ["GET /tools/GITHUB_CREATE_ISSUE", "GET /connected_accounts"]
    assert len(service.calls) == 5, "one look for all steps"


async def test_disabled_step_needs_nothing(workbench: Workbench, tables: Path, service: Composio) -> None:
    schema = {"type": "object", "properties": {"tell": {"type": "boolean", "default": False}}}
    branch = {"cases": [{"when": "inputs.tell", "steps": [{**POST, "id": "inner"}]}], "default": {"steps": [TOUCH]}}
    steps: list[dict[str, Any]] = [
        {**POST, "disabled": True},
        {**POST, "id": "maybe", "when": "inputs.tell"},
        {"id": "pick", "type": "switch", **branch},
    ]
    write_workflow(tables, "maybe", *steps, connections=TOOLS, inputSchema=schema)
    assert (await run_to_end(workbench, "maybe", {})).status == "completed"
    assert not service.calls
    [missing] = await never_began(workbench, await run_to_end(workbench, "maybe", {"tell": True}))
    assert missing["steps"] == ["maybe", "inner"]


async def test_a_condition_on_a_step_hides_no_need(workbench: Workbench, tables: Path, service: Composio) -> None:
    soft = {**POST, "when": "steps.touch.output.y | default(false)"}
    write_workflow(tables, "soft", TOUCH, soft, connections=TOOLS)
    [missing] = await never_began(workbench, await run_to_end(workbench, "soft", {}))
    assert missing["type"] == "composio.account"


async def test_an_optional_connection_may_be_missing(workbench: Workbench, tables: Path) -> None:
    fetch = {"id": "fetch", "type": "http", "connection": "api", "input": {"url": "/x"}, "onError": "continue"}
    write_workflow(tables, "loose", fetch, connections={"api": {"kind": "http", "required": False}})
    assert (await run_to_end(workbench, "loose", {})).status == "completed"


async def test_a_tool_known_only_later_is_looked_up_by_its_step(
    workbench: Workbench, tables: Path, service: Composio
) -> None:
    pick = {"id": "pick", "type": "set", "input": {"tool": "GITHUB_CREATE_ISSUE"}}
    write_workflow(tables, "late", pick, {**POST, "input": {"tool": "{{ steps.pick.output.tool }}"}}, connections=TOOLS)
    record = await run_to_end(workbench, "late", {})
    assert record.started_at is not None
    assert record.error is not None
    assert (record.error.type, record.error.step_id) == ("composio.account", "post")
    logs = [event.message for event in await workbench.runs.events(record.id) if event.type == "log"]
    assert any("could not be determined before the run" in message for message in logs)
    service.accounts = [Account("ca_1")]
    assert (await run_to_end(workbench, "late", {})).status == "completed"


async def test_connection_override_applies_before_lookup(workbench: Workbench, tables: Path, service: Composio) -> None:
    save("work", "composio", {"baseUrl": service.url, "apiKey": "env:COMPOSIO_KEY"})
    Connections().remove("tools")
    write_workflow(tables, "posts", POST, connections=TOOLS)
    run_id = await workbench.runs.start("posts", {}, connections={"tools": "work"})
    [missing] = await never_began(workbench, await workbench.runs.wait(run_id))
    assert missing["command"] == "wftui connections connect work github"
    service.accounts = [Account("ca_1")]
    # A re-run takes the same connections, and looks again.
    again = await workbench.runs.wait(await workbench.runs.rerun(run_id, {}, reuse=False))
    assert again.status == "completed"
    # It may be given others, which are reported if there are none; nothing new is taken over from it.
    for keep in (False, True):
        chosen = {"tools": "none", "tolos": "work"}
        third = await workbench.runs.wait(await workbench.runs.rerun(again.id, {}, reuse=keep, connections=chosen))
        commands = [each.get("command") for each in await never_began(workbench, third)]
        assert commands == ["wftui connections add none --kind composio", None]
        back = await workbench.runs.rerun(third.id, {}, reuse=keep, connections={"tools": "work"})
        assert (await workbench.runs.wait(back)).status == "completed"
    run_id = await workbench.runs.start("posts", {}, connections={"tolos": "work"})
    missing = (await never_began(workbench, await workbench.runs.wait(run_id)))[-1]
    assert missing["type"] == "connection.name"
    assert "tools" in missing["message"]


async def test_a_sub_workflow_that_cannot_be_read_may_have_the_chosen_name(workbench: Workbench, tables: Path) -> None:
    schema: Json = {"type": "object", "properties": {"which": {"type": "string"}}}
    sub: Json = {"id": "sub", "type": "workflow", "input": {"workflow": "{{ inputs.which }}"}}
    write_workflow(tables, "parent", sub, inputSchema=schema)
    run_id = await workbench.runs.start("parent", {"which": "missing"}, connections={"tools": "work"})
    record = await workbench.runs.wait(run_id)
    assert record.error is not None
    assert (record.started_at is not None, record.error.type, record.error.step_id) == (True, "workflow.invalid", "sub")


async def test_parent_needs_the_connections_of_its_sub_workflow(
    workbench: Workbench, tables: Path, service: Composio
) -> None:
    write_workflow(tables, "child", POST, connections=TOOLS)
    steps = [TOUCH, {"id": "sub", "type": "workflow", "input": {"workflow": "child"}}]
    write_workflow(tables, "parent", *steps)
    [missing] = await never_began(workbench, await run_to_end(workbench, "parent", {}))
    assert missing["steps"] == ["child/post"]
    assert missing["command"] == "wftui connections connect tools github"
    service.accounts = [Account("ca_1")]
    assert (await run_to_end(workbench, "parent", {})).status == "completed"
    service.accounts.clear()
    pick = {"id": "pick", "type": "set", "input": {"which": "child"}}
    write_workflow(tables, "parent", pick, {**steps[1], "input": {"workflow": "{{ steps.pick.output.which }}"}})
    record = await run_to_end(workbench, "parent", {})
    assert record.error is not None
    assert (record.started_at is not None, record.error.type) == (True, UNRESOLVED), "at latest as the child starts"


async def test_a_plugin_may_look_for_its_needs_as_well(workbench: Workbench, tables: Path) -> None:
    await plugin(workbench, tables)
    write_workflow(tables, "ships", TOUCH, {"id": "dock", "type": "acme.dock", "input": {"ship": "titanic"}})
    [missing] = await never_began(workbench, await run_to_end(workbench, "ships", {}))
    assert missing == {
        "type": "acme.sunk",
        "message": "the titanic is not there",
        "steps": ["dock"],
        "command": "acme raise titanic",
    }
    write_workflow(tables, "ships", {"id": "dock", "type": "acme.dock", "input": {"ship": "other"}})
    record = await run_to_end(workbench, "ships", {})
    assert record.step_results[0].output == {"found": {"berth": 7}}


async def test_a_run_can_be_cancelled_while_it_looks(workbench: Workbench, tables: Path) -> None:
    await plugin(workbench, tables)
    write_workflow(tables, "ships", {"id": "dock", "type": "acme.dock", "input": {"ship": "dutchman"}})
    run_id = await workbench.runs.start("ships", {})
    await workbench.runs.cancel(run_id)
    async with patience():
        record = await workbench.runs.wait(run_id)
    assert (record.status, record.step_results[0].status) == ("cancelled", "skipped")


async def test_a_secret_of_the_store_is_looked_for(workbench: Workbench, tables: Path) -> None:
    keyed = {"id": "k", "type": "shell", "input": {"argv": ["printenv", "K"], "env": {"K": "{{ secrets.a }}"}}}
    write_workflow(tables, "keyed", keyed)
    [missing] = await never_began(workbench, await run_to_end(workbench, "keyed", {}))
    assert missing["command"] == "wftui connections secret set a"
    Connections().store.put("a", "open-sesame-1234")
    record = await run_to_end(workbench, "keyed", {})
    assert record.status == "completed", record.error
    assert record.step_results[0].output["stdout"] == "***\n"


async def interrupted(workbench: Workbench, workflow_id: str, *done: str) -> str:
    """A run whose process died when these steps had ended."""
    store = await workbench.store()
    loaded = workbench.compiler().load(workflow_id)
    run: dict[str, Any] = {"run_id": new_id(utc_now), "timestamp": utc_now()}
    plan = await store.put_plan(loaded.source, loaded.code)
    events: list[ExecutionEvent] = [
        Created(**run, workflow_id=workflow_id, user_id="ada", plan=plan, steps=step_infos(loaded.plan)),
        Started(**run),
        *(StepCompleted(**run, step_id=step, path=step, duration=1.0) for step in done),
        Interrupted(**run),
    ]
    await store.append(events, wait=True)
    return str(run["run_id"])


async def test_missing_requirements_keep_the_run_interrupted(
    workbench: Workbench, tables: Path, service: Composio
) -> None:
    write_workflow(tables, "posts", TOUCH, POST, connections=TOOLS)
    run_id = await interrupted(workbench, "posts", "touch")
    with pytest.raises(UnresolvedError, match="wftui connections connect tools github"):
        await workbench.runs.resume(run_id, {})
    assert (await workbench.runs.record(run_id)).status == "interrupted"
    service.accounts = [Account("ca_1")]
    await workbench.runs.resume(run_id, {})
    record = await workbench.runs.wait(run_id)
    assert record.status == "completed", record.error
    assert [body["connected_account_id"] for body in service.executed] == ["ca_1"]


async def test_completed_steps_need_nothing_at_resume(workbench: Workbench, tables: Path, service: Composio) -> None:
    write_workflow(tables, "posts", POST, TOUCH, connections=TOOLS)
    run_id = await interrupted(workbench, "posts", "post")
    await workbench.runs.resume(run_id, {})
    assert (await workbench.runs.wait(run_id)).status == "completed"
    assert not service.calls


async def test_the_connections_of_a_models_tools_are_looked_for(workbench: Workbench, tables: Path) -> None:
    tool = {"name": "look", "description": "Looks.", "type": "http", "connection": "api", "input": {"url": "/x"}}
    ask = {"id": "ask", "type": "llm", "input": {"prompt": "hi", "baseUrl": "http://x/", "model": "m", "tools": [tool]}}
    write_workflow(tables, "tooled", TOUCH, ask, connections={"api": {"kind": "http"}})
    [missing] = await never_began(workbench, await run_to_end(workbench, "tooled", {}))
    assert (missing["steps"], missing["command"]) == (["ask"], "wftui connections add api --kind http")


async def test_the_accounts_of_a_models_tools_are_looked_for(
    workbench: Workbench, tables: Path, service: Composio
) -> None:
    tools = [{"type": "composio", "connection": "tools", "input": POST["input"]}]
    talk = {"prompt": "hi", "model": "m", "baseUrl": "{{ inputs.model }}", "tools": tools}
    ask = {"id": "ask", "type": "llm", "input": talk}
    schema = {"type": "object", "properties": {"model": {"type": "string"}}}
    write_workflow(tables, "tooled", TOUCH, ask, connections=TOOLS, inputSchema=schema)
    [missing] = await never_began(workbench, await run_to_end(workbench, "tooled", {"model": "http://x/"}))
    assert (missing["steps"], missing["command"]) == (["ask"], "wftui connections connect tools github")
    service.accounts = [Account("ca_1")]
    with model_server() as model:
        model.script = [call("composio", arguments={"title": "A report"}), "Done."]
        record = await run_to_end(workbench, "tooled", {"model": model.url})
    assert record.status == "completed", record.error
    assert [each["connected_account_id"] for each in service.executed] == ["ca_1"]
    events = await workbench.runs.events(record.id)
    assert "looked up now" not in str(events)


async def test_secret_is_asked_once_for_a_tree_of_runs(workbench: Workbench, tables: Path, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    script = tmp_path / "ask.sh"
    script.write_text(f"echo x >> {asked}; echo secret-0123456")
    save("api", "http", {"auth": "bearer", "token": f"cmd:sh {script}"})
    api = {"api": {"kind": "http"}}
    gone = {"id": "get", "type": "http", "connection": "api", "input": {"url": "/x"}, "onError": "continue"}
    write_workflow(tables, "child", gone, connections=api)
    call = {"id": "sub", "type": "workflow", "input": {"workflow": "child"}, "forEach": {"in": "[1, 2, 3]"}}
    write_workflow(tables, "parent", gone, call, connections=api)
    record = await run_to_end(workbench, "parent", {})
    assert record.status == "completed", record.error
    assert asked.read_text() == "x\n"
