"""Our calls of Composio equal those of its official package."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from steps.composio.composio_server import VERSION, Account, Composio, composio_server
from wftui.steps.composio.client import ComposioClient

pytestmark = pytest.mark.slow

Sdk = Any
"""`composio.Composio`, which takes seconds to import and so is imported late."""


@pytest.fixture
def service() -> Iterator[Composio]:
    with composio_server() as state:
        state.accounts = [Account("ca_1")]
        yield state


@pytest.fixture
def sdk(service: Composio, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Sdk:
    from composio import Composio as OfficialSdk

    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    return OfficialSdk(api_key="ak_1", base_url=service.url, allow_tracking=False)


@pytest.fixture
def client(service: Composio) -> ComposioClient:
    return ComposioClient(service.url, "ak_1", 10)


def sent(service: Composio) -> list[tuple[str, str, list[tuple[str, str]], Any]]:
    """The calls since last asked: method, path, query without order, body as JSON."""
    calls = [
        (method, urlsplit(path).path, sorted(parse_qsl(urlsplit(path).query)), json.loads(body) if body else None)
        for method, path, body in service.calls
    ]
    service.calls.clear()
    return calls


async def test_a_tool_is_looked_up_and_executed(service: Composio, sdk: Sdk, client: ComposioClient) -> None:
    given = {"owner": "a", "deep": {"list": [1, None, "ü"]}}
    sdk.tools.execute("GITHUB_GET_REPO", given, connected_account_id="ca_1", user_id="ada", version=VERSION)
    theirs = sent(service)
    await client.tool("GITHUB_GET_REPO")
    await client.execute("GITHUB_GET_REPO", user_id="ada", version=VERSION, arguments=given, account_id="ca_1")
    assert sent(service) == theirs
    assert [call[0] for call in theirs] == ["GET", "POST"]


async def test_accounts_are_listed(service: Composio, sdk: Sdk, client: ComposioClient) -> None:
    sdk.connected_accounts.list(user_ids=["ada"], toolkit_slugs=["github"], statuses=["ACTIVE"])
    theirs = sent(service)
    assert [each.id for each in await client.accounts("ada", "github")] == ["ca_1"]
    assert sent(service) == theirs
    sdk.connected_accounts.list(user_ids=["ada"])
    theirs = sent(service)
    await client.accounts("ada", only_active=False)
    assert sent(service) == theirs


async def test_accounts_come_in_pages(service: Composio, sdk: Sdk, client: ComposioClient) -> None:
    service.accounts, service.page = [Account(f"ca_{n}") for n in range(5)], 2
    page = sdk.connected_accounts.list(user_ids=["ada"])
    while page.next_cursor is not None:
        page = sdk.connected_accounts.list(user_ids=["ada"], cursor=page.next_cursor)
    theirs = sent(service)
    assert len(theirs) == 3
    assert len(await client.accounts("ada", only_active=False)) == 5
    assert sent(service) == theirs


async def test_an_account_is_connected_by_a_link(service: Composio, sdk: Sdk, client: ComposioClient) -> None:
    sdk.connected_accounts.link("eve", "ac_1")
    asked, link = sent(service)
    assert asked[1].endswith("/connected_accounts"), "the SDK asks first whether there is one"
    made = await client.link("eve", "github")
    configs, ours = sent(service)
    assert ours == link
    assert configs[:2] == ("GET", "/api/v3.1/auth_configs")
    assert made.address == "https://connect.example/ca_3"


async def test_an_account_is_looked_at(service: Composio, sdk: Sdk, client: ComposioClient) -> None:
    sdk.connected_accounts.get("ca_1")
    theirs = sent(service)
    assert (await client.account("ca_1")).status == "ACTIVE"
    assert sent(service) == theirs


@pytest.mark.parametrize("known", [True, False])
async def test_the_way_to_sign_in_is_found_or_made(
    service: Composio, sdk: Sdk, client: ComposioClient, known: bool
) -> None:
    service.managed.add("slack")
    if known:
        service.auth_configs += [("ac_2", "slack", "2026-01-01"), ("ac_3", "slack", "2026-03-01")]
    find: Callable[..., str] = sdk.toolkits._get_auth_config_id
    wanted = find("slack")
    theirs = sent(service)
    service.auth_configs = [each for each in service.auth_configs if known or each[1] != "slack"]
    await client.link("ada", "slack")
    *ours, link = sent(service)
    assert ours == theirs
    assert link[3]["auth_config_id"] == wanted
