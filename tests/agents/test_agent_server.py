"""The handlers of the MCP server, with the client connected in this process."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from helpers import PATIENCE, patience
from mcp import Client
from mcp.shared.exceptions import MCPError

from agents.agent_server import assert_no_secret_comes_back, value, write_workflows
from wftui.agents.server import AgentOptions, AgentServer
from wftui.model.base import Json
from wftui.model.user.access import AccessToken, Scope
from wftui.workbench import Settings, Workbench


@pytest.fixture
async def workbench(tmp_path: Path) -> AsyncIterator[Workbench]:
    write_workflows(tmp_path / "tables")
    opened = Workbench(Settings(tables=tmp_path / "tables", database=tmp_path / "runs.db", user_id="ann"))
    yield opened
    await opened.close(cancel=True)


@asynccontextmanager
async def client_of(
    workbench: Workbench,
    *,
    scope: Scope = "admin",
    only: list[str] | None = None,
    hand_back: float = PATIENCE,
    authoring: bool = False,
) -> AsyncIterator[Client]:
    token = AccessToken(name="ann", scope=scope, workflows=only, created_at=workbench.clock())
    server = AgentServer(workbench, AgentOptions(hand_back=hand_back, authoring=authoring), lambda _context: token)
    async with patience(), Client(server.server) as client:
        yield client


async def test_a_long_run_is_handed_back_and_polled(workbench: Workbench, tmp_path: Path) -> None:
    async with client_of(workbench, hand_back=0.01) as client:
        result = await client.call_tool("sleeps", {"folder": str(tmp_path)})
        found = value(result)
        assert (found["status"], result.is_error) == ("running", False)
        assert "run_status" in found["next"]
        run = {"run": found["run"]}
        assert value(await client.call_tool("run_status", run))["status"] == "running"
        (tmp_path / "done").touch()
        while (ended := value(await client.call_tool("run_status", run | {"wait": 45})))["status"] == "running":
            pass
        assert (ended["status"], ended["steps"]) == ("completed", {"ended": 2, "total": 2})
        # It was handed back: nothing cancels it any more.
        cancelled = await client.call_tool("run_cancel", run)
        assert cancelled.is_error


async def test_cancel_ends_a_run(workbench: Workbench, tmp_path: Path) -> None:
    async with client_of(workbench, hand_back=0.01) as client:
        run = {"run": value(await client.call_tool("sleeps", {"folder": str(tmp_path)}))["run"]}
        assert value(await client.call_tool("run_cancel", run))["cancelRequested"] is True
        while (ended := await client.call_tool("run_status", run | {"wait": 45})) and not ended.is_error:
            pass
        assert value(ended)["status"] == "cancelled"


async def test_a_failed_run_is_an_error_whose_steps_and_log_can_be_read(workbench: Workbench) -> None:
    async with client_of(workbench) as client:
        result = await client.call_tool("fails")
        found = value(result)
        assert (result.is_error, found["status"], found["error"]["type"]) == (True, "failed", "stock.empty")
        steps = value(await client.call_tool("run_steps", {"run": found["run"]}))["steps"]
        assert [(step["path"], step["status"]) for step in steps] == [("boom", "failed")]
        one = value(await client.call_tool("run_steps", {"run": found["run"], "step": "boom"}))["steps"]
        assert one[0]["error"]["message"] == "nothing left"
        missing = await client.call_tool("run_steps", {"run": found["run"], "step": "no"})
        assert value(missing)["error"]["type"] == "step.not_found"
        history = value(await client.call_tool("run_history", {"status": ["failed"]}))
        assert [run["id"] for run in history["runs"]] == [found["run"]]
        loud = value(await client.call_tool("loud"))
        pages: list[dict[str, Json]] = []
        after: int | None = 0
        while after is not None:
            page = value(await client.call_tool("run_logs", {"run": loud["run"], "after": after, "limit": 1}))
            pages += page["lines"]
            after = page["next"]
        assert "loud" in "".join(str(line["message"]) for line in pages)


async def test_arguments_are_checked_before_anything_starts(workbench: Workbench) -> None:
    async with client_of(workbench) as client:
        wrong: list[tuple[str, dict[str, Json], str]] = [
            ("greet", {}, "validation.inputs"),
            ("greet", {"who": "Ann", "more": 1}, "validation.inputs"),
            ("run_status", {}, "request.invalid"),
            ("run_status", {"run": "x", "wait": 1000}, "request.invalid"),
            ("run_status", {"run": "last"}, "run.not_found"),
            ("broken", {}, "workflow.errors"),
            ("nothing", {}, "tool.not_found"),
        ]
        for name, arguments, code in wrong:
            result = await client.call_tool(name, arguments)
            assert (result.is_error, value(result)["error"]["type"]) == (True, code), name
        assert value(await client.call_tool("run_history"))["runs"] == []


async def test_a_token_limits_tools_and_runs(workbench: Workbench) -> None:
    async with client_of(workbench) as client:
        asks = value(await client.call_tool("asks"))["run"]
        greet = value(await client.call_tool("greet", {"who": "Ann"}))["run"]
    async with client_of(workbench, scope="read", only=["greet"]) as client:
        assert "greet" not in {tool.name for tool in (await client.list_tools()).tools}
        refused = await client.call_tool("greet", {"who": "Ann"})
        assert value(refused)["error"]["type"] == "token.scope"
        assert value(await client.call_tool("run_cancel", {"run": greet}))["error"]["type"] == "token.scope"
        assert value(await client.call_tool("run_status", {"run": asks}))["error"]["type"] == "run.not_found"
        assert [run["id"] for run in value(await client.call_tool("run_history"))["runs"]] == [greet]
        uris = [str(resource.uri) for resource in (await client.list_resources()).resources]
        assert [uri for uri in uris if "//runs/" in uri or "//workflows/" in uri] == [
            "wftui://workflows/greet",
            f"wftui://runs/{greet}",
        ]
        with pytest.raises(MCPError, match="there is no run"):
            await client.read_resource(f"wftui://runs/{asks}/log")


async def test_resources_are_read_by_address(workbench: Workbench) -> None:
    async with client_of(workbench) as client:
        run = value(await client.call_tool("greet", {"who": "Ann"}))["run"]
        texts = {}
        for uri in (f"wftui://runs/{run}", f"wftui://runs/{run}/outputs", "wftui://workflows/greet"):
            [content] = (await client.read_resource(uri)).contents
            texts[uri] = json.loads(getattr(content, "text", ""))
        assert texts[f"wftui://runs/{run}"]["status"] == "completed"
        assert texts[f"wftui://runs/{run}/outputs"] == {"text": "Hello Ann"}
        assert texts["wftui://workflows/greet"]["id"] == "greet"
        for uri in (
            "wftui://workflows/hidden",
            "wftui://workflows/greet/log",
            "wftui://runs/../x",
            "file:///etc/passwd",
        ):
            with pytest.raises(MCPError, match="there is no"):
                await client.read_resource(uri)


async def test_secrets_never_come_back(workbench: Workbench) -> None:
    async with client_of(workbench) as client:
        await assert_no_secret_comes_back(client)


async def test_authors_read_step_types_and_check_a_source_without_saving_it(
    workbench: Workbench, tmp_path: Path
) -> None:
    async with client_of(workbench, scope="read") as client:
        types = value(await client.call_tool("step_types"))["types"]
        assert {"shell", "http", "set"} <= {each["type"] for each in types}
        shell = value(await client.call_tool("step_types", {"type": "shell"}))
        assert "script" in shell["inputSchema"]["properties"]
        unknown = await client.call_tool("step_types", {"type": "no-such"})
        assert value(unknown)["error"]["type"] == "steps.not_found"
        step: dict[str, Json] = {"id": "x", "type": "set", "input": {"a": "{{ inputs.no }}"}}
        source: dict[str, Json] = {"format": 1, "id": "draft", "steps": [step]}
        found = value(await client.call_tool("workflow_check", {"id": "draft", "source": json.dumps(source)}))
        assert len(found["errors"]) == 1
        step["input"] = {"a": 1}
        found = value(await client.call_tool("workflow_check", {"id": "draft", "source": json.dumps(source)}))
        assert found.get("errors", []) == []
        outside = await client.call_tool("workflow_check", {"id": "../x", "source": "{}"})
        assert value(outside)["error"]["type"] == "request.invalid"
    assert not (tmp_path / "tables" / "workflows" / "draft").exists()


async def test_authors_read_pages_and_step_types_as_resources(workbench: Workbench) -> None:
    async with client_of(workbench, scope="read") as client:
        listed = {str(each.uri): each.title for each in (await client.list_resources()).resources}
        pages = {uri for uri in listed if uri.startswith("wftui://docs/")}
        assert len(pages) == 8
        assert listed["wftui://docs/workflow-format"] == "workflow.json"
        for uri in pages:
            [content] = (await client.read_resource(uri)).contents
            assert (content.mime_type, "\n## " in getattr(content, "text", "")) == ("text/markdown", True)
            assert listed[uri] != uri.rpartition("/")[2]
        [content] = (await client.read_resource("wftui://steps/shell")).contents
        assert "script" in json.loads(getattr(content, "text", ""))["inputSchema"]["properties"]
        for uri in ("wftui://docs/agents", "wftui://docs/../../README", "wftui://docs/..", "wftui://steps/none"):
            with pytest.raises(MCPError, match="there is no resource"):
                await client.read_resource(uri)


async def test_authors_write_only_where_that_is_allowed(workbench: Workbench, tmp_path: Path) -> None:
    good = json.dumps({"format": 1, "id": "draft", "steps": [{"id": "x", "type": "set", "input": {"a": 1}}]})
    written = tmp_path / "tables" / "workflows" / "draft" / "workflow.json"
    draft: dict[str, Json] = {"id": "draft", "source": good}
    for authoring, scope, code in [(False, "admin", "authoring.off"), (True, "run", "token.scope")]:
        async with client_of(workbench, authoring=authoring, scope=scope) as client:  # type: ignore[arg-type]
            names = {tool.name for tool in (await client.list_tools()).tools}
            assert not names & {"workflow_write", "workflow_source"}
            for tool, arguments in [("workflow_write", draft), ("workflow_source", {"id": "hidden"})]:
                refused = await client.call_tool(tool, arguments)
                assert (refused.is_error, value(refused)["error"]["type"]) == (True, code)
    async with client_of(workbench, authoring=True, only=["greet"]) as client:
        assert value(await client.call_tool("workflow_write", draft))["error"]["type"] == "workflow.not_found"
    assert not written.exists()
    async with client_of(workbench, authoring=True) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert "code execution" in (tools["workflow_write"].description or "")
        bad: dict[str, Json] = {"id": "draft", "source": good.replace('"set"', '"no-such"')}
        refused = await client.call_tool("workflow_write", bad)
        assert (value(refused)["error"]["type"], value(refused)["diagnostics"] != []) == ("workflow.errors", True)
        assert not written.exists()
        etag = value(await client.call_tool("workflow_write", draft))["etag"]
        assert written.read_text() == good
        # A second author does not overwrite what the first one has not seen.
        changed = good.replace('"a": 1', '"a": 2')
        unseen = await client.call_tool("workflow_write", {"id": "draft", "source": changed})
        assert value(unseen)["error"]["type"] == "workspace.exists"
        found = value(await client.call_tool("workflow_source", {"id": "draft"}))
        assert (found["source"], found["etag"]) == (good, etag)
        assert not (await client.call_tool("workflow_write", {"id": "draft", "source": changed, "etag": etag})).is_error
        assert written.read_text() == changed
        outside = await client.call_tool("workflow_write", {"id": "../x", "source": good})
        assert value(outside)["error"]["type"] == "request.invalid"
