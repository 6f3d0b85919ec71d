"""The composio step against a stand-in; its calls are those that the official SDK (0.29.0) was seen to send."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

from steps.http_server import Handler, serving
from steps.steps_kit import RecordingContext, Run
from wftui.model.base import Json
from wftui.runtime.errors import WorkflowError
from wftui.steps.composio import ComposioStep
from wftui.steps.composio_client import ComposioClient

STEP = ComposioStep()
TOOL = {"tool": "GITHUB_GET_REPO", "arguments": {"owner": "a"}, "userId": "ann"}


@dataclass
class StandIn:
    """Accounts to tell of, the answer to an execution, and all calls seen as (method, path, body)."""

    url: str = ""
    accounts: list[str] = field(default_factory=lambda: ["ca_1"])
    execution: dict[str, Any] = field(default_factory=lambda: {"data": {"ok": 1}, "error": None, "successful": True})
    auth_configs: list[dict[str, Any]] = field(default_factory=lambda: [{"id": "ac_1"}])
    status: int = 200
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    keys: set[str | None] = field(default_factory=set)


@pytest.fixture
def service(context: RecordingContext) -> Iterator[StandIn]:
    state = StandIn()

    class Composio(Handler):
        def handle_request(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            state.calls.append((self.command, self.path, sent))
            state.keys.add(self.headers.get("x-api-key"))
            path = urlsplit(self.path).path.removeprefix("/api/v3.1")
            if state.status != 200:
                self.answer(state.status, b'{"error": {"message": "told why"}}', "application/json", Retry_After="9")
            elif path.startswith("/tools/execute/"):
                self.answer_json({"log_id": "log_1", **state.execution})
            elif path == "/connected_accounts/link":
                self.answer_json({"redirect_url": "https://connect.example/x"})
            elif path == "/connected_accounts":
                self.answer_json({"items": [{"id": each, "toolkit": {"slug": "github"}} for each in state.accounts]})
            elif path == "/auth_configs":
                self.answer_json({"items": state.auth_configs})
            else:
                self.answer_json({"toolkit": {"slug": "github"}, "version": "20250909_00", "no_auth": False})

        do_GET = do_POST = handle_request  # noqa: N815

    with serving(Composio) as url:
        state.url = url
        context.connection = {"baseUrl": url, "apiKey": "ak_secret"}
        yield state


async def test_a_tool_runs_through_the_users_account(run: Run, service: StandIn) -> None:
    output = await run(STEP, TOOL)
    assert output == {"data": {"ok": 1}, "version": "20250909_00", "accountId": "ca_1", "logId": "log_1"}
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


async def test_what_is_given_is_not_looked_up(run: Run, service: StandIn) -> None:
    await run(STEP, {**TOOL, "version": "20250101_00", "accountId": "ca_9"})
    [(_, path, body)] = service.calls
    assert path == "/api/v3.1/tools/execute/GITHUB_GET_REPO"
    assert json.loads(body)["connected_account_id"] == "ca_9"
    assert json.loads(body)["version"] == "20250101_00"


@pytest.mark.parametrize(
    ("accounts", "sentence"),
    [([], "ann has connected no account of github"), (["ca_1", "ca_2"], "say which by accountId: ca_1, ca_2")],
)
async def test_the_account_must_be_clear_before_the_tool_runs(
    run: Run, service: StandIn, accounts: list[str], sentence: str
) -> None:
    service.accounts = accounts
    with pytest.raises(WorkflowError, match=sentence) as caught:
        await run(STEP, TOOL)
    assert caught.value.type == "composio.account"
    assert not [call for call in service.calls if call[0] == "POST"]


async def test_a_tool_that_fails_is_a_failure_and_not_repeated(run: Run, service: StandIn) -> None:
    service.execution = {"data": {}, "error": "no such repository", "successful": False}
    with pytest.raises(WorkflowError, match="GITHUB_GET_REPO failed: no such repository") as caught:
        await run(STEP, TOOL)
    assert (caught.value.type, caught.value.recoverable) == ("composio.failed", False)
    assert caught.value.details == {"logId": "log_1"}


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
async def test_errors_of_the_service_have_types(run: Run, service: StandIn, status: int, kind: str) -> None:
    service.status = status
    with pytest.raises(WorkflowError, match="told why") as caught:
        await run(STEP, TOOL)
    assert caught.value.type == kind
    assert caught.value.details == {"status": status, "retryAfter": 9.0}
    assert len(service.calls) == 1


async def test_a_link_connects_an_account(service: StandIn) -> None:
    client = ComposioClient(service.url, "ak", 10)
    assert await client.link("ann", "github") == "https://connect.example/x"
    assert service.calls == [
        ("GET", "/api/v3.1/auth_configs?toolkit_slug=github", ""),
        ("POST", "/api/v3.1/connected_accounts/link", '{"auth_config_id":"ac_1","user_id":"ann"}'),
    ]
    service.auth_configs = []
    with pytest.raises(WorkflowError, match="no auth config for github"):
        await client.link("ann", "github")


@pytest.mark.parametrize("values", [{"tool": "../x"}, {"version": "latest"}, {"userId": ""}])
async def test_bad_input_is_refused(run: Run, service: StandIn, values: Mapping[str, Json]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        await run(STEP, {**TOOL, **values})


async def test_it_needs_a_connection(run: Run) -> None:
    with pytest.raises(WorkflowError, match="needs a connection"):
        await run(STEP, TOOL)
