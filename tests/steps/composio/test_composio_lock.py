"""Locked Composio tools: checked, and edited as fields, without Composio."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from steps.composio.composio_server import Composio, composio_server
from wftui.connections.connections import Connections, StoredConnection
from wftui.model.base import Json
from wftui.model.forms.addresses import node_at
from wftui.model.forms.building import form_of
from wftui.model.forms.groups import Group
from wftui.model.forms.state import rebuild_form
from wftui.model.workflow.compilation import CompilationError
from wftui.model.workflow.step_schema import step_schema
from wftui.steps.mcp.lock import LOCK_FILE, read_lock
from wftui.steps.registry.step_registry import builtin_registry
from wftui.workbench import Workbench

SLUG = "GITHUB_CREATE_AN_ISSUE"
ARGUMENTS = {
    "type": "object",
    "properties": {"owner": {"type": "string"}, "title": {"type": "string"}, "labels": {"type": "array"}},
    "required": ["owner", "title"],
}
DATA = {"type": "object", "properties": {"number": {"type": "integer"}}, "additionalProperties": False}
GOOD: dict[str, Json] = {"tool": SLUG, "arguments": {"owner": "me", "title": "A report"}}


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Composio]:
    monkeypatch.setenv("COMPOSIO_KEY", "ak_0123456789")
    with composio_server() as state:
        state.schemas = {SLUG: (ARGUMENTS, DATA)}
        values = {"baseUrl": state.url, "apiKey": "env:COMPOSIO_KEY"}
        Connections().save(StoredConnection(name="tools", kind="composio", values=values))
        yield state


def source(given: dict[str, Json], **outputs: Json) -> str:
    post = {"id": "post", "type": "composio", "connection": "tools", "input": given}
    connections = {"tools": {"kind": "composio"}}
    return json.dumps({"format": 1, "id": "posts", "connections": connections, "steps": [post], "outputs": outputs})


@pytest.fixture
async def folder(workbench: Workbench, service: Composio) -> Path:
    """Folder of a workflow whose tool is locked; Composio is asked nothing more."""
    await workbench.workflows.save("posts", source(GOOD), None)
    report = await workbench.steps.lock_tools("posts", {})
    assert (report.changes, report.failures) == (["the connection tools was added, with 1 tool"], [])
    service.status = 500
    return workbench.workspace.source_path("posts").parent


async def problems(bench: Workbench, text: str) -> list[CompilationError]:
    result = await bench.workflows.check("posts", text)
    return [*result.errors, *result.warnings]


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (GOOD, None, ""),
        ({"tool": SLUG, "arguments": {"owner": "me"}}, "input.missing", 'the field "title" is missing'),
        ({"tool": SLUG, "arguments": {"owner": 1, "title": "x"}}, "input.type", "owner: expected text"),
        ({"tool": SLUG}, "input.notice", f"the tool {SLUG} needs arguments: owner, title"),
        ({"tool": "GITHUB_GET_REPO"}, "input.notice", "the arguments of GITHUB_GET_REPO are unknown: run `wftui mcp"),
    ],
)
async def test_arguments_are_checked_without_composio(
    workbench: Workbench, folder: Path, given: dict[str, Json], code: str | None, message: str
) -> None:
    found = await problems(workbench, source(given))
    assert [each.code for each in found] == ([] if code is None else [code])
    assert all(message in each.message for each in found)


async def test_result_has_the_schema_of_the_tool(workbench: Workbench, folder: Path) -> None:
    assert await problems(workbench, source(GOOD, number="{{ steps.post.output.data.number + 1 }}")) == []
    [wrong] = await problems(workbench, source(GOOD, number="{{ steps.post.output.data.nummer }}"))
    assert "nummer" in wrong.message


async def test_locked_tool_is_edited_by_fields(workbench: Workbench, folder: Path) -> None:
    step: dict[str, Json] = {"id": "post", "type": "composio", "connection": "tools", "input": GOOD}
    conditions = await workbench.steps.field_conditions(folder, step)
    kind = builtin_registry().get("composio")
    assert kind is not None
    schema = step_schema("composio", kind.input_schema(), ["tools"], conditions=conditions)
    root = rebuild_form(form_of(schema, bindable=True), step)
    assert root.collect() == step
    arguments = node_at(root, "/input/arguments")
    assert isinstance(arguments, Group)
    assert {node.field.name: node.field.kind for node in arguments.nodes if not node.field.rest} == {
        "owner": "text",
        "title": "text",
        "labels": "list",
    }
    assert node_at(root, "/input/tool").field.kind == "text", "other tools can be named too"


@pytest.mark.parametrize("pinned", [None, "20250909_00"])
async def test_version_that_runs_is_locked(workbench: Workbench, service: Composio, pinned: str | None) -> None:
    await workbench.workflows.save("posts", source({**GOOD, **({"version": pinned} if pinned else {})}), None)
    await workbench.steps.lock_tools("posts", {})
    assert [path.partition("?")[2] for _, path, _ in service.calls] == [f"toolkit_versions={pinned or 'latest'}"]


async def test_what_cannot_be_asked_keeps_its_lock(workbench: Workbench, folder: Path, service: Composio) -> None:
    before = (folder / LOCK_FILE).read_bytes()
    report = await workbench.steps.lock_tools("posts", {})
    assert ["status 500" in each and "ak_0123456789" not in each for each in report.failures] == [True]
    assert (folder / LOCK_FILE).read_bytes() == before
    Connections().remove("tools")
    report = await workbench.steps.lock_tools("posts", {})
    assert ["the step post is not known before a run" in each for each in report.failures] == [True]
    assert (folder / LOCK_FILE).read_bytes() == before


@pytest.mark.parametrize(
    "odd", [{"input_parameters": [1]}, {"output_parameters": "x"}, {"description": 5}, {"input_parameters": None}]
)
async def test_odd_definition_is_a_failure_and_no_traceback(
    workbench: Workbench, service: Composio, odd: dict[str, Any]
) -> None:
    await workbench.workflows.save("posts", source(GOOD), None)
    service.changed["GET tools"] = lambda tool: {**tool, **odd}
    report = await workbench.steps.lock_tools("posts", {})
    lock = read_lock(workbench.workspace.source_path("posts").parent)
    assert lock is not None
    if odd == {"input_parameters": None}:
        assert (report.failures, lock.servers[0].tools[SLUG].input_schema) == ([], {})
    else:
        assert ["The response of Composio is invalid" in each for each in report.failures] == [True]
        assert lock.servers == []
