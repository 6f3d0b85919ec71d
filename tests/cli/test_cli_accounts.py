"""Accounts and stored secrets on the command line, against a fake of Composio."""

import io
import json
import sys
from collections.abc import Iterator

import pytest
from steps.composio.composio_server import Account, Composio, composio_server

from wftui.cli.main import main
from wftui.connections.connections import Connections, StoredConnection
from wftui.steps.composio import user_accounts
from wftui.workbench import Settings, Workbench


@pytest.fixture
def places(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("WFTUI_USER", "ada")
    monkeypatch.setattr(user_accounts, "LOOK_SECONDS", 0.01)
    return ["--tables", str(settings.tables), "--db", str(settings.database)]


@pytest.fixture
def user(places: list[str]) -> str:
    return Settings.resolve(None, None).user_id


@pytest.fixture
def service(user: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Composio]:
    monkeypatch.setenv("COMPOSIO_KEY", "ak_0123456789")
    with composio_server() as state:
        values = {"baseUrl": state.url, "apiKey": "env:COMPOSIO_KEY"}
        Connections().save(StoredConnection(name="tools", kind="composio", values=values))
        state.accounts = [
            Account("ca_2", "slack", user, "EXPIRED", "Permanent auth error during token refresh"),
            Account("ca_1", "github", user),
            Account("ca_9", "github", "somebody else"),
        ]
        yield state


@pytest.mark.parametrize("name", [["tools"], []])
def test_the_users_accounts_are_listed(
    places: list[str], service: Composio, capsys: pytest.CaptureFixture[str], name: list[str]
) -> None:
    assert main(["connections", *places, "accounts", *name]) == 0
    shown = capsys.readouterr().out
    assert [line.split()[:4] for line in shown.splitlines()[1:]] == [
        ["tools", "github", "active", "ca_1"],
        ["tools", "slack", "expired", "ca_2"],
    ]
    assert "Permanent auth error" in shown
    assert main(["connections", *places, "accounts", *name, "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [each["id"] for each in listed] == ["ca_1", "ca_2"]
    assert listed[0] == {
        "connection": "tools",
        "id": "ca_1",
        "toolkit": "github",
        "status": "ACTIVE",
        "createdAt": "2026-11-22T19:00:00.000Z",
    }


def test_json_option_before_the_action(
    places: list[str], service: Composio, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["connections", *places, "--json", "accounts"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 2


def test_an_account_is_connected_by_a_link(
    places: list[str], service: Composio, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["connections", *places, "connect", "tools", "github"]) == 0
    assert capsys.readouterr().out == "open this link to connect github: https://connect.example/ca_4\n"
    assert "GET /connected_accounts/ca_4" not in service.paths()
    assert main(["connections", *places, "connect", "tools", "github", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["accountId"] == "ca_5"
    service.looks = 2
    assert main(["connections", *places, "connect", "tools", "GitHub", "--wait"]) == 0
    assert "github connected: ca_6" in capsys.readouterr().out
    assert service.paths().count("GET /connected_accounts/ca_6") == 3
    service.looks = 0
    assert main(["connections", *places, "connect", "tools", "github", "--wait", "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["status"] == "ACTIVE"
    assert "https://connect.example/ca_7" in captured.err


def test_expired_link_is_reported(places: list[str], service: Composio, capsys: pytest.CaptureFixture[str]) -> None:
    service.looks, service.link_expires = 99, "2020-01-01T00:00:00Z"
    assert main(["connections", *places, "connect", "tools", "github", "--wait"]) == 1
    assert "error[composio.expired] the link to connect github has expired" in capsys.readouterr().err
    service.looks, service.becomes, service.link_expires = 1, "FAILED", "2049-01-01T00:00:00Z"
    assert main(["connections", *places, "connect", "tools", "github", "--wait"]) == 1
    assert "error[composio.failed] the github account was not connected: it is failed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["accounts", "nothing"], 4, "there is no connection 'nothing'"),
        (["connect", "plain", "github"], 1, "of kind http, not composio"),
        (["connect", "tools", "unheard"], 1, "no managed credentials for unheard"),
    ],
)
def test_invalid_requests_are_refused(
    places: list[str],
    service: Composio,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    sentence: str,
) -> None:
    Connections().save(StoredConnection(name="plain", kind="http"))
    assert main(["connections", *places, *arguments]) == code
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert "ak_0123456789" not in captured.err + captured.out


def test_no_connection_explains_how_to_add_one(places: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["connections", *places, "accounts"]) == 4
    assert "wftui connections add tools --kind composio" in capsys.readouterr().err


def test_a_secret_from_set_to_remove(
    places: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "open-sesame-1234"
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{secret}\n"))
    assert main(["connections", *places, "secret", "set", "door"]) == 0
    assert main(["connections", *places, "secret", "list"]) == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines()[-1] == "door"
    assert secret not in captured.out
    assert Connections().store.get("door") == secret
    assert main(["connections", *places, "secret", "remove", "door"]) == 0
    assert main(["connections", *places, "secret", "remove", "door"]) == 4
    monkeypatch.setattr(sys, "stdin", io.StringIO("x\n"))
    assert main(["connections", *places, "secret", "set", "no-name"]) == 2
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert main(["connections", *places, "secret", "set", "door"]) == 2


def test_missing_requirements_fail_with_the_commands_to_run(
    places: list[str], settings: Settings, service: Composio, capsys: pytest.CaptureFixture[str]
) -> None:
    service.accounts.clear()
    post = {"id": "post", "type": "composio", "connection": "tools", "input": {"tool": "GITHUB_CREATE_ISSUE"}}
    workflow = {"format": 1, "id": "posts", "connections": {"tools": {"kind": "composio"}}, "steps": [post]}
    path = settings.tables / "workflows" / "posts" / "workflow.json"
    path.parent.mkdir()
    path.write_text(json.dumps(workflow))
    assert main(["run", "posts", *places]) == 1
    captured = capsys.readouterr()
    assert "error[connection.unresolved] the run cannot start: post: " in captured.err
    assert "(wftui connections connect tools github)" in captured.err


async def test_the_user_of_a_call_is_a_parameter(service: Composio, settings: Settings) -> None:
    bench = Workbench(settings)
    assert [each.id for each in await bench.connections.accounts("tools", by="somebody else")] == ["ca_9"]
    assert await bench.connections.accounts("tools", by="nobody") == []
    link = await bench.connections.connect("tools", "github", by="grace")
    assert service.accounts[-1].user == "grace"
    assert link.connection == "tools"
    await bench.close()
