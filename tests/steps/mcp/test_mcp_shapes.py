"""Responses of MCP servers with fields of any type: a result or a failure."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from helpers import patience

from steps.foreign_answers import OF_EACH_TYPE, places, with_value
from steps.mcp.mcp_helpers import RAW, call_tool, closing
from wftui.model.base import Json
from wftui.runtime.validation.validator import schema_problems
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.mcp.lock import LockedServer, LockedTool, ServerName, tool_facts
from wftui.steps.mcp.locking import server_tools
from wftui.steps.mcp.server import McpServer
from wftui.steps.testing import RecordingContext

RESULT: dict[str, Any] = {
    "content": [
        {"type": "text", "text": "hi", "annotations": {"audience": ["user"], "priority": 0.5}},
        {"type": "image", "data": "AAAA", "mimeType": "image/png"},
        {"type": "resource", "resource": {"uri": "memo://1", "text": "memo"}},
        {"type": "resource_link", "uri": "memo://2", "name": "two"},
    ],
    "structuredContent": {"a": 1},
    "isError": False,
    "_meta": {"a": 1},
}
GREETING: dict[str, Any] = {
    "protocolVersion": "2025-06-18",
    "capabilities": {"tools": {"listChanged": True}, "logging": {}, "experimental": {"x": {}}},
    "serverInfo": {"name": "odd", "title": "Odd", "version": "1"},
    "instructions": "Be kind.",
}
TOOL: dict[str, Any] = {
    "name": "t",
    "description": "Does it.",
    "inputSchema": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
    "outputSchema": {"type": "object"},
    "annotations": {"title": "T", "readOnlyHint": True},
    "icons": [{"src": "data:x", "mimeType": "image/png"}],
    "_meta": {"a": 1},
}
FIRST_ANSWERS: dict[str, Any] = {
    "initialize": {"result": GREETING},
    "tools/list": {"result": {"tools": [TOOL], "nextCursor": None}},
}
NOTICES: list[dict[str, Any]] = [
    {"method": "notifications/message", "params": {"level": "info", "logger": "disk", "data": {"free": 3}}},
    {"method": "notifications/progress", "params": {"progressToken": 1, "progress": 1, "total": 4, "message": "x"}},
    {"method": "elicitation/create", "id": "q", "params": {"message": "?", "requestedSchema": {"type": "object"}}},
]


@pytest.fixture
async def context(tmp_path: Path) -> AsyncIterator[RecordingContext]:
    async with closing(RecordingContext(working_directory=tmp_path)) as context:
        yield context


@pytest.mark.slow
async def test_a_result_of_any_shape_is_read_or_fails_the_call(context: RecordingContext) -> None:
    ends = {"read": 0, "failed": 0}
    for whole in ({"result": RESULT}, {"error": {"code": -32000, "message": "not today", "data": {"until": 1}}}):
        for path in places(whole):
            for value in OF_EACH_TYPE:
                message = with_value(whole, path, value)
                try:
                    async with patience():
                        output = await call_tool(context, {"command": RAW}, "odd", {"message": message})
                except WorkflowError as error:
                    assert error.type.startswith("mcp."), (message, error)
                    ends["failed"] += 1
                else:
                    assert isinstance(output["text"], str)
                    ends["read"] += 1
    assert min(ends.values()) > 20, ends


async def test_a_response_without_a_result_fails_the_call(context: RecordingContext) -> None:
    with pytest.raises(WorkflowError, match="invalid result: result is a list"):
        await call_tool(context, {"command": RAW}, "odd", {"message": {"result": [1]}})


async def test_odd_messages_before_a_result_do_not_disturb_it(
    context: RecordingContext, caplog: pytest.LogCaptureFixture
) -> None:
    message: Json = {"result": {"content": []}}
    for notice in NOTICES:
        for path in places(notice["params"], ("params",)):
            for value in OF_EACH_TYPE:
                before = [with_value(notice, path, value)]
                async with patience():
                    await call_tool(context, {"command": RAW}, "odd", {"message": message, "before": before})
    assert caplog.records == []  # the SDK's own tracebacks are lines of the step's log
    assert any("Failed to validate notification" in line for line in context.lines())


async def listed(method: str, answer: Json) -> LockedServer:
    command = [*RAW, "", json.dumps({method: answer})]
    async with patience():
        return await server_tools(ServerName(command=command), McpServer(command=command))


@pytest.mark.parametrize(
    ("method", "answer", "reason"),
    [
        ("tools/list", {"result": {"tools": [TOOL | {"inputSchema": "odd"}]}}, r"tools\[0\].inputSchema is a text"),
        ("tools/list", {"result": {}}, "the list of its tools is invalid: tools is missing"),
        ("tools/list", {"result": []}, "could not be started: result is a list"),
        (
            "initialize",
            {"result": GREETING | {"serverInfo": 3}},
            r"its greeting is invalid: serverInfo is a number \(3\)",
        ),
    ],
)
async def test_the_field_that_is_odd_is_named(method: str, answer: Json, reason: str) -> None:
    with pytest.raises(WorkflowError, match=reason) as caught:
        await listed(method, answer)
    assert caught.value.type == "mcp.start"


@pytest.mark.slow
@pytest.mark.parametrize("method", FIRST_ANSWERS)
async def test_first_answers_of_any_shape_are_read_or_fail_the_start(method: str) -> None:
    ends = {"read": 0, "failed": 0}
    for path in places(FIRST_ANSWERS[method]):
        for value in OF_EACH_TYPE:
            answer = with_value(FIRST_ANSWERS[method], path, value)
            try:
                await listed(method, answer)
            except WorkflowError as error:
                assert error.type == "mcp.start"
                assert not re.search("validation error|Input should|dict|NoneType|Result", error.message), error
                ends["failed"] += 1
            else:
                ends["read"] += 1
    assert min(ends.values()) > 5, ends


WRONG_SCHEMAS: list[dict[str, Any]] = [
    changed
    for path in places(TOOL["inputSchema"])
    for value in OF_EACH_TYPE
    if schema_problems(changed := with_value(TOOL["inputSchema"], path, value))
]


def test_an_invalid_schema_of_a_locked_tool_checks_nothing() -> None:
    assert len(WRONG_SCHEMAS) > 10
    for schema in WRONG_SCHEMAS:
        facts = tool_facts("t", LockedTool(input_schema=schema), {"arguments": {"a": 1}}, {"properties": {}}, "data")
        assert facts.field_schemas == {"arguments": {}}
        assert ["invalid, so they are not checked" in each.message for each in facts.notices] == [True]


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"type": "object", "properties": {"a": {"type": "integer"}}}, "/a: Expected a whole number, but this is text"),
        (
            {"type": "object", "properties": {"a": {"type": 3}}},
            "the output schema of the tool is invalid: /properties/a",
        ),
        ({"type": "object", "properties": {"a": {"$ref": "#/$defs/x"}}}, r"has a \$ref that leads nowhere"),
    ],
)
async def test_structured_content_and_schema_do_not_fit(context: RecordingContext, schema: Json, reason: str) -> None:
    tool = {"name": "t", "inputSchema": {"type": "object"}, "outputSchema": schema}
    call = {"result": {"content": [], "structuredContent": {"a": "x"}}}
    answers = {"tools/list": {"result": {"tools": [tool]}}, "tools/call": call}
    with pytest.raises(WorkflowError, match=reason):
        await call_tool(context, {"command": [*RAW, "", json.dumps(answers)]}, "t")
