"""The composio step against a fake; `test_composio_sdk` compares it with the SDK."""

import asyncio
import functools
import json
from collections.abc import Iterator, Mapping

import pytest

from steps.composio.composio_server import VERSION, Account, Composio, composio_server
from steps.foreign_answers import OF_EACH_TYPE, places, with_value
from steps.step_helpers import RecordingContext, Run
from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.composio.client import ComposioClient
from wftui.steps.composio.step import ComposioStep

STEP = ComposioStep()
TOOL = {"tool": "GITHUB_GET_REPO", "arguments": {"owner": "a"}, "userId": "ann"}


@pytest.fixture
def service(context: RecordingContext) -> Iterator[Composio]:
    with composio_server() as state:
        state.accounts = [Account("ca_1", user="ann")]
        context.connection = {"baseUrl": state.url, "apiKey": "ak_secret"}
        context.connection_name = "tools"
        yield state


async def test_a_tool_runs_through_the_users_account(run: Run, service: Composio) -> None:
    output = await run(STEP, TOOL)
    assert output == {"data": {"ok": 1}, "version": VERSION, "accountId": "ca_1", "logId": "log_1"}
    assert service.keys == {"ak_secret"}
    assert service.calls == [
        ("GET", "/api/v3.1/tools/GITHUB_GET_REPO?toolkit_versions=latest", ""),
        ("GET", "/api/v3.1/connected_accounts?toolkit_slugs=github&statuses=ACTIVE&user_ids=ann", ""),
        (
            "POST",
            "/api/v3.1/tools/execute/GITHUB_GET_REPO",
            '{"connected_account_id":"ca_1","user_id":"ann","version":"20250909_00","arguments":{"owner":"a"}}',
        ),
    ]


async def test_given_account_is_not_looked_up(run: Run, service: Composio) -> None:
    service.accounts.append(Account("ca_9", user="ann"))
    await run(STEP, {**TOOL, "version": "20250101_00", "accountId": "ca_9"})
    assert service.paths() == ["GET /connected_accounts/ca_9", "POST /tools/execute/GITHUB_GET_REPO"]
    [sent] = service.executed
    assert (sent["connected_account_id"], sent["version"]) == ("ca_9", "20250101_00")


async def test_tool_without_user_needs_no_account(run: Run, service: Composio) -> None:
    service.public.add("GITHUB_GET_REPO")
    service.accounts.clear()
    output = await run(STEP, TOOL)
    assert output["accountId"] is None
    assert "connected_account_id" not in service.executed[0]


@pytest.mark.parametrize(
    ("accounts", "sentence", "command"),
    [
        ([], "ann has not connected an account for github", "wftui connections connect tools github"),
        (["ca_1", "ca_2"], "choose one with accountId: ca_1, ca_2", None),
    ],
)
async def test_the_account_must_be_clear_before_the_run(
    context: RecordingContext, service: Composio, accounts: list[str], sentence: str, command: str | None
) -> None:
    service.accounts = [Account(each, user="ann") for each in accounts] + [
        Account("ca_x", user="ann", status="EXPIRED")
    ]
    with pytest.raises(WorkflowError, match=sentence) as caught:
        await STEP.prepare(TOOL, context)
    assert caught.value.type == "composio.account"
    assert caught.value.details.get("command") == command
    assert not service.executed


async def test_expired_account_fails_the_preflight_check(context: RecordingContext, service: Composio) -> None:
    service.accounts = [Account("ca_7", user="ann", status="EXPIRED", reason="Permanent auth error.")]
    with pytest.raises(WorkflowError, match=r"The github account ca_7 is expired: Permanent auth error\.$") as caught:
        await STEP.prepare({**TOOL, "accountId": "ca_7"}, context)
    assert caught.value.details["command"] == "wftui connections connect tools github"


async def test_many_steps_ask_once(context: RecordingContext, service: Composio) -> None:
    tools = [{"tool": f"GITHUB_TOOL_{n % 2}", "userId": "ann"} for n in range(10)]
    prepared = await asyncio.gather(*(STEP.prepare(tool, context) for tool in tools))
    assert {each["accountId"] for each in prepared} == {"ca_1"}
    assert sorted(service.paths()) == [
        "GET /connected_accounts",
        "GET /tools/GITHUB_TOOL_0",
        "GET /tools/GITHUB_TOOL_1",
    ]


async def test_temporary_failure_is_retried(context: RecordingContext, service: Composio) -> None:
    service.status = 500
    with pytest.raises(WorkflowError, match="told why"):
        await STEP.prepare(TOOL, context)
    service.status = 200
    assert (await STEP.prepare(TOOL, context))["accountId"] == "ca_1"


async def test_unprepared_step_looks_up_its_account(context: RecordingContext, service: Composio) -> None:
    model = STEP.input_model
    assert model is not None
    output = await STEP.run(model.model_validate(TOOL), context)
    assert output["accountId"] == "ca_1"
    assert any("Looking up the account" in line for line in context.lines())


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        ("no such repo.", "no such repo."),
        ({"message": "gone"}, "gone."),
        ({"code": 7}, '{"code": 7}.'),
        (None, "no reason given."),
    ],
)
async def test_failing_tool_is_not_retried(run: Run, service: Composio, error: Json, shown: str) -> None:
    service.execution = {"data": {}, "error": error, "successful": False}
    with pytest.raises(WorkflowError) as caught:
        await run(STEP, TOOL)
    assert caught.value.message == f"GITHUB_GET_REPO failed: {shown}"
    assert (caught.value.type, caught.value.recoverable) == ("composio.failed", False)
    assert caught.value.details == {"logId": "log_1"}
    assert len(service.executed) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, "composio.auth"),
        (404, "composio.missing"),
        (429, "composio.limit"),
        (422, "composio.refused"),
        (500, "composio.server"),
    ],
)
async def test_errors_of_the_service_have_types(run: Run, service: Composio, status: int, kind: str) -> None:
    service.status = status
    with pytest.raises(WorkflowError, match="told why") as caught:
        await run(STEP, TOOL)
    assert caught.value.type == kind
    assert caught.value.details == {"status": status, "retryAfter": 9.0}
    assert len(service.calls) == 1


async def test_a_link_connects_an_account(service: Composio) -> None:
    client = ComposioClient(service.url, "ak", 10)
    link = await client.link("ann", "github")
    assert (link.address, link.account_id) == ("https://connect.example/ca_2", "ca_2")
    assert [(await client.account("ca_2")).status for _ in range(2)] == ["INITIATED", "ACTIVE"]
    assert service.paths()[:2] == ["GET /auth_configs", "POST /connected_accounts/link"]
    with pytest.raises(WorkflowError, match="no managed credentials for slack"):
        await client.link("ann", "slack")


async def test_accounts_are_listed_by_page_without_tokens(service: Composio) -> None:
    service.accounts = [Account(f"ca_{n}", user="ann", status="ACTIVE" if n % 2 else "EXPIRED") for n in range(5)]
    service.page = 2
    found = await ComposioClient(service.url, "ak", 10).accounts("ann", only_active=False)
    assert [each.id for each in found] == [f"ca_{n}" for n in range(5)]
    assert "gho_" not in json.dumps([str(each) for each in found])


@pytest.mark.parametrize("values", [{"tool": "../x"}, {"version": "latest"}, {"userId": ""}])
async def test_bad_input_is_refused(run: Run, service: Composio, values: Mapping[str, Json]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        await run(STEP, {**TOOL, **values})
    assert not service.calls


async def test_it_needs_a_connection(run: Run) -> None:
    with pytest.raises(WorkflowError, match="needs a connection"):
        await run(STEP, TOOL)


@pytest.mark.first_cases(1)
@pytest.mark.parametrize(
    ("call", "step"),
    [
        ("GET tools", TOOL),
        ("GET connected_accounts", TOOL),
        ("GET connected_accounts", {**TOOL, "accountId": "ca_1", "version": "20250101_00"}),
        ("POST tools", TOOL),
    ],
)
async def test_a_field_of_any_type_is_read_or_fails(
    run: Run, service: Composio, context: RecordingContext, call: str, step: dict[str, Json]
) -> None:
    seen: list[Json] = []

    def note(value: Json) -> Json:
        seen.append(value)
        return value

    service.changed[call] = note
    await run(STEP, step)
    failed = 0
    for path in places(seen[0]):
        for value in OF_EACH_TYPE:
            if path == ("next_cursor",) and value not in (None, True, ["odd"]):
                continue  # another page, which has this one's answer, and so on
            changed = with_value(seen[0], path, value)
            service.changed[call] = functools.partial(lambda made, _answer: made, changed)
            for kept in context.kept.values():
                await kept.aclose()
            context.kept.clear()
            try:
                output = await run(STEP, step)
            except WorkflowError as error:
                assert error.type.startswith("composio."), (path, value, error)
                failed += 1
            else:
                assert isinstance(output["version"], str)
    assert failed > 5


@pytest.mark.parametrize("status", [400, 429, 500])
async def test_an_error_of_any_shape_fails(run: Run, service: Composio, context: RecordingContext, status: int) -> None:
    good = {"error": {"message": "no", "code": 1, "suggested_fix": "x", "errors": ["a"]}}
    service.status = status
    for path in places(good):
        for value in OF_EACH_TYPE:
            changed = with_value(good, path, value)
            service.changed = dict.fromkeys(
                ("GET tools", "GET connected_accounts", "POST tools"), functools.partial(lambda made, _: made, changed)
            )
            for kept in context.kept.values():
                await kept.aclose()
            context.kept.clear()
            with pytest.raises(WorkflowError, match=f"status {status}") as failed:
                await run(STEP, TOOL)
            assert failed.value.type.startswith("composio."), changed
