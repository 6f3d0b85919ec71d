"""Approvals answered by the user of a client, in each version of the protocol."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from helpers import PATIENCE, patience, write_workflow
from mcp import Client
from mcp.client.context import ClientRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import ElicitRequestFormParams, ElicitRequestParams, ElicitResult, InputRequiredResult

from agents.agent_server import value
from wftui.agents.questions import flat_form
from wftui.agents.server import AgentOptions, AgentServer
from wftui.model.base import Json
from wftui.model.user.access import AccessToken, Scope
from wftui.workbench import Settings, Workbench

MODES = pytest.mark.parametrize("mode", ["auto", "legacy"])
FORM = {
    "type": "object",
    "properties": {
        "where": {"type": "string", "title": "Where", "enum": ["test", "live"]},
        "tag": {"type": "string", "pattern": "v[0-9]+", "minLength": 2},
        "count": {"type": "integer", "minimum": 1, "default": 3},
        "share": {"type": "number", "maximum": 1},
        "force": {"type": "boolean", "default": False},
        "mail": {"type": "string", "format": "email"},
    },
    "required": ["where", "tag"],
    "additionalProperties": False,
}
NESTED = {"type": "object", "properties": {"hosts": {"type": "array", "items": {"type": "object"}}}}
SECRET = {"type": "object", "properties": {"pin": {"type": "string", "format": "secret", "writeOnly": True}}}


def ask(step_id: str, **more: Json) -> dict[str, Json]:
    return {"id": step_id, "type": "approval", "input": {"prompt": f"Go on with {step_id}?", **more}}


@pytest.fixture
async def workbench(tmp_path: Path) -> AsyncIterator[Workbench]:
    tables = tmp_path / "tables"
    by: dict[str, Json] = {"by": "{{ steps.ok.output.by }}"}
    write_workflow(tables, "asks", ask("ok"), mcp=True, outputs=by)
    answer: dict[str, Json] = {"data": "{{ steps.ok.output.data }}"}
    write_workflow(tables, "fills", ask("ok", form=FORM), mcp=True, outputs=answer)
    write_workflow(tables, "nested", ask("ok", form=NESTED), mcp=True)
    write_workflow(tables, "secret", ask("ok", form=SECRET), mcp=True)
    write_workflow(tables, "twice", ask("ok"), ask("again"), mcp=True, outputs=by)
    write_workflow(tables, "together", ask("one"), ask("two"), mcp=True)
    schema: dict[str, Json] = {"type": "object", "properties": {"x": {"type": "integer"}}}
    write_workflow(tables, "takes", ask("ok"), mcp=True, inputSchema=schema)
    opened = Workbench(Settings(tables=tables, database=tmp_path / "runs.db", user_id="ann"))
    yield opened
    await opened.close(cancel=True)


class User:
    """The user of a client, who answers in turn."""

    def __init__(self, *answers: ElicitResult) -> None:
        self.answers = list(answers)
        self.asked: list[ElicitRequestFormParams] = []
        self.before: Callable[[], Any] | None = None

    async def __call__(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        assert isinstance(params, ElicitRequestFormParams)
        self.asked.append(params)
        if self.before is not None:
            await self.before()
        return self.answers.pop(0)


def accept(**content: Any) -> ElicitResult:
    return ElicitResult(action="accept", content=content)


DECLINE, DISMISS = ElicitResult(action="decline"), ElicitResult(action="cancel")


def server_of(
    workbench: Workbench, *, name: str = "ann", scope: Scope = "admin", hand_back: float = PATIENCE
) -> AgentServer:
    token = AccessToken(name=name, scope=scope, created_at=workbench.clock())
    return AgentServer(workbench, AgentOptions(hand_back=hand_back), lambda _context: token)


@asynccontextmanager
async def client_of(server: AgentServer, user: User | None, mode: Any = "auto") -> AsyncIterator[Client]:
    async with patience(), Client(server.server, mode=mode, elicitation_callback=user) as client:
        yield client


async def run_count(workbench: Workbench) -> int:
    return len((await workbench.runs.history()).executions)


@MODES
async def test_accepting_approves(workbench: Workbench, mode: str) -> None:
    user = User(accept())
    async with client_of(server_of(workbench), user, mode) as client:
        found = value(await client.call_tool("asks"))
    assert (found["status"], found["outputs"]) == ("completed", {"by": "ann"})
    [asked] = user.asked
    assert asked.message.startswith("Go on with ok?\nAccept approves step ok, decline rejects it: the step fails")
    assert await run_count(workbench) == 1


@MODES
async def test_declining_rejects(workbench: Workbench, mode: str) -> None:
    async with client_of(server_of(workbench), User(DECLINE), mode) as client:
        result = await client.call_tool("asks")
    assert (result.is_error, value(result)["error"]["type"]) == (True, "approval.rejected")


@MODES
async def test_dismissing_leaves_the_question_to_others(workbench: Workbench, mode: str) -> None:
    user = User(DISMISS, accept())
    async with client_of(server_of(workbench), user, mode) as client:
        found = value(await client.call_tool("asks"))
        assert (found["status"], found["waiting"][0]["step"]) == ("running", "ok")
        # A poll that waits asks once more.
        found = value(await client.call_tool("run_status", {"run": found["run"], "wait": 45}))
        assert found["status"] == "completed"
    assert len(user.asked) == 2


@MODES
async def test_a_form_is_filled_in_and_checked(workbench: Workbench, mode: str) -> None:
    user = User(accept(where="live", tag="wrong"), accept(where="live", tag="v7", share=0.5, mail=None))
    async with client_of(server_of(workbench), user, mode) as client:
        found = value(await client.call_tool("fills"))
    assert found["outputs"] == {"data": {"where": "live", "tag": "v7", "count": 3, "share": 0.5, "force": False}}
    first, second = user.asked
    assert first.requested_schema["required"] == ["where", "tag"]
    assert first.requested_schema["properties"]["count"] == {"type": "integer", "minimum": 1, "default": 3}
    assert "pattern" not in first.requested_schema["properties"]["tag"]
    assert first.message in second.message
    assert "tag" in second.message.removesuffix(first.message)


@MODES
@pytest.mark.parametrize("workflow", ["nested", "secret"])
async def test_forms_that_clients_cannot_show_point_to_the_screen(
    workbench: Workbench, mode: str, workflow: str
) -> None:
    user = User()
    async with client_of(server_of(workbench), user, mode) as client:
        found = value(await client.call_tool(workflow))
    assert (found["status"], user.asked) == ("running", [])
    assert found["next"].startswith(
        "Its form has fields that clients cannot show. A person has to answer, on the screen"
    )


@MODES
async def test_every_question_of_a_run_is_asked_once(workbench: Workbench, mode: str) -> None:
    for workflow in ("twice", "together"):
        user = User(accept(), accept())
        async with client_of(server_of(workbench), user, mode) as client:
            assert value(await client.call_tool(workflow))["status"] == "completed"
        assert len(user.asked) == 2
    assert await run_count(workbench) == 2


@MODES
async def test_an_answer_from_elsewhere_counts_first(workbench: Workbench, mode: str) -> None:
    user = User(accept())

    async def approve() -> None:
        [run] = (await workbench.runs.history()).executions
        await workbench.runs.answer(run.id, "ok", approved=True, by="somebody")
        if mode == "legacy":
            await asyncio.Event().wait()  # the dialog stays open; the call ends without it

    user.before = approve
    async with client_of(server_of(workbench), user, mode) as client:
        assert value(await client.call_tool("asks"))["outputs"] == {"by": "somebody"}


@MODES
async def test_a_slow_answer_hands_the_run_back(workbench: Workbench, mode: str) -> None:
    user = User(accept())
    seconds = PATIENCE  # the question is not a part of the call's time
    if mode == "legacy":
        user.before, seconds = asyncio.Event().wait, 1
    async with client_of(server_of(workbench, hand_back=seconds), user, mode) as client:
        found = value(await client.call_tool("asks"))
    assert found["status"] == ("running" if mode == "legacy" else "completed")


async def test_a_client_without_questions_learns_who_answers(workbench: Workbench) -> None:
    async with client_of(server_of(workbench), None) as client:
        found = value(await client.call_tool("asks"))
    assert (found["status"], found["next"].startswith("A person has to answer")) == ("running", True)


@MODES
async def test_a_reader_is_asked_nothing(workbench: Workbench, mode: str) -> None:
    async with client_of(server_of(workbench), None) as client:
        run = value(await client.call_tool("asks"))["run"]
    user = User(accept())
    async with client_of(server_of(workbench, scope="read"), user, mode) as client:
        found = value(await client.call_tool("run_status", {"run": run, "wait": 45}))
    assert (found["status"], user.asked) == ("running", [])


async def asked_by_result(client: Client, arguments: dict[str, Any]) -> InputRequiredResult:
    result = await client.session.call_tool("takes", arguments, allow_input_required=True)
    assert isinstance(result, InputRequiredResult)
    assert result.request_state is not None
    return result


async def test_a_state_is_sealed_and_counts_for_its_call_alone(workbench: Workbench) -> None:
    server = server_of(workbench)
    yes: dict[str, Any] = {"answer": accept()}
    async with client_of(server, User()) as client:
        result = await asked_by_result(client, {"x": 1})
        state = str(result.request_state)
        run = (await workbench.runs.history()).executions[0].id
        assert run not in state
        for other, arguments in [
            (state[:-4] + "AAAA", {"x": 1}),
            (json.dumps({"run": run}), {"x": 1}),
            (state, {"x": 2}),
        ]:
            with pytest.raises(MCPError, match="Invalid or expired requestState"):
                await client.session.call_tool(
                    "takes", arguments, input_responses=yes, request_state=other, allow_input_required=True
                )
        assert await run_count(workbench) == 1
    async with client_of(server_of(workbench, name="bob"), User()) as stranger:
        with pytest.raises(MCPError, match="Invalid or expired requestState"):
            await stranger.session.call_tool(
                "takes", {"x": 1}, input_responses=yes, request_state=state, allow_input_required=True
            )
    async with client_of(server, User()) as client:  # another connection of the same client
        done = await client.session.call_tool(
            "takes", {"x": 1}, input_responses=yes, request_state=state, allow_input_required=True
        )
        assert done.structured_content is not None if not isinstance(done, InputRequiredResult) else False
        # Used twice, it starts and answers nothing.
        again = await client.session.call_tool(
            "takes", {"x": 1}, input_responses=yes, request_state=state, allow_input_required=True
        )
        assert not isinstance(again, InputRequiredResult)
        assert value(again)["run"] == run
    assert await run_count(workbench) == 1


@pytest.mark.parametrize(
    "form",
    [
        [],
        "text",
        {"type": "array"},
        {"type": "object", "properties": {"a": {}}},
        {"type": "object", "properties": {"a": {"type": ["string", "null"]}}},
        {"type": "object", "properties": {"a": {"$ref": "#/$defs/x"}}},
        {"type": "object", "properties": {"a": {"type": "object"}}},
        {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "string"}}}},
        {"type": "object", "properties": {"a": {"type": "integer", "enum": [1, 2]}}},
        {"type": "object", "properties": {"a": {"enum": ["x", 1]}}},
        {"type": "object", "properties": {"a": {"const": "x"}}},
        {"type": "object", "properties": {"a": {"type": "string", "anyOf": []}}},
        {"type": "object", "properties": {"a": True}},
        {"type": "object", "properties": {}, "required": ["b"]},
        {"type": "object", "oneOf": [{"required": ["a"]}]},
        {"$value": "0" * 64},
        {"type": "object", "properties": {f"f{number}": {"type": "string"} for number in range(50)}},
    ],
)
def test_other_forms_are_not_flat(form: Json) -> None:
    assert flat_form(form) is None


def test_a_choice_without_a_type_is_flat() -> None:
    form: Json = {"properties": {"a": {"enum": ["x", "y"]}}}
    assert flat_form(form) == {
        "type": "object",
        "properties": {"a": {"type": "string", "enum": ["x", "y"]}},
        "required": [],
    }
