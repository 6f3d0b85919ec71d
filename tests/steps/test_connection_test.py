"""Testing a connection of each kind against a real server of that kind."""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from helpers import PATIENCE, free_port

from steps.composio.composio_server import composio_server
from steps.email.mail_server import mail_server
from steps.http.http_server import Handler, serving
from steps.mcp.mcp_helpers import RAW, http_server
from wftui.connections.connection_errors import ConnectionsError
from wftui.connections.connections import Connections, StoredConnection
from wftui.model.base import Json
from wftui.steps import connection_test
from wftui.steps.connection_test import probe

KEY = "key-0123456789"


class Service(Handler):
    """Wants the key in any of the usual places, and lists two models."""

    def handle_request(self) -> None:
        given = [self.headers.get("Authorization"), self.headers.get("x-api-key"), self.path]
        path = urlsplit(self.path).path
        if path == "/token":
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.answer_json({"access_token": KEY})
        elif path == "/broken":
            self.answer(503, b"down")
        elif not any(KEY in each for each in given if each):
            self.answer(401, b"who are you?")
        elif path.endswith("/v1/models"):
            self.answer_json({"data": [{"id": "small"}, {"id": "big"}]})
        else:
            self.answer(404, b"nothing at the root")

    do_GET = do_POST = handle_request  # noqa: N815


@pytest.fixture
def connections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Connections:
    monkeypatch.setattr(connection_test, "PROBE_SECONDS", PATIENCE)  # a busy machine may need more than a user waits
    return Connections(tmp_path / "private")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(Service) as address:
        yield address


async def outcome(connections: Connections, kind: str, values: dict[str, Json]) -> str:
    connections.save(StoredConnection(name="x", kind=kind, values=values))
    return await probe(connections, "x")


@pytest.mark.parametrize(
    ("values", "reported"),
    [
        ({"auth": "bearer", "token": KEY}, "1 secret found; {url} returns status 404"),
        ({"auth": "apiKey", "apiKey": KEY, "apiKeyIn": "query", "apiKeyName": "k"}, "returns status 404"),
        (
            {"auth": "clientCredentials", "tokenUrl": "{url}/token", "clientId": "me", "clientSecret": "s-0123456"},
            "returns status 404; an access token was issued",
        ),
        ({"auth": "bearer", "token": KEY, "baseUrl": None}, "1 secret found; no base URL to test"),
    ],
)
async def test_http_sends_a_request_with_its_credentials(
    connections: Connections, url: str, values: dict[str, Json], reported: str
) -> None:
    given = {"baseUrl": url, **{k: v.format(url=url) if isinstance(v, str) else v for k, v in values.items()}}
    assert reported.format(url=url) in await outcome(connections, "http", given)


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
async def test_a_model_server_lists_its_models(connections: Connections, url: str, kind: str) -> None:
    base = f"{url}/v1" if kind == "openai" else url
    reported = await outcome(connections, kind, {"baseUrl": base, "apiKey": KEY, "model": "big"})
    assert reported == f"1 secret found; {url}/v1/models lists 2 models"
    reported = await outcome(connections, kind, {"baseUrl": base, "apiKey": KEY, "model": "huge"})
    assert reported.endswith("lists 2 models, but not huge")
    with pytest.raises(ConnectionsError, match="rejects the credentials with status 401"):
        await outcome(connections, kind, {"baseUrl": base, "apiKey": "another-key"})


async def test_composio_accepts_the_key(connections: Connections) -> None:
    with composio_server() as state:
        reported = await outcome(connections, "composio", {"baseUrl": state.url, "apiKey": KEY})
        assert reported == f"1 secret found; {state.url} accepts the key"
        assert state.keys == {KEY}
        state.status = 401
        with pytest.raises(ConnectionsError, match="told why") as caught:
            await probe(connections, "x")
        assert caught.value.code == "composio.auth"


async def test_an_mcp_server_is_started_and_lists_its_tools(connections: Connections, tmp_path: Path) -> None:
    reported = await outcome(connections, "mcp", {"command": RAW})
    assert " tools: " in reported
    with pytest.raises(ConnectionsError, match="was not found"):
        await outcome(connections, "mcp", {"command": ["no-such-program-here"]})
    with pytest.raises(ConnectionsError, match="exactly one of"):
        await outcome(connections, "mcp", {})


async def test_an_mcp_server_over_http_lists_its_tools(connections: Connections) -> None:
    with http_server() as (values, _process):
        reported = await outcome(connections, "mcp", values)
        assert reported.startswith("1 secret found; over-http 2 has ")
        with pytest.raises(ConnectionsError, match="401"):
            await outcome(connections, "mcp", {**values, "headers": {"Authorization": "Bearer nothing-like-it"}})


async def test_database_is_queried(connections: Connections, tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "a.db").close()
    reported = await outcome(connections, "database", {"url": f"sqlite:///{tmp_path}/a.db"})
    assert reported == "1 secret found; the database responds"
    with pytest.raises(ConnectionsError, match="not one that SQLAlchemy supports"):
        await outcome(connections, "database", {"url": "nonsense://x:pass-0123456@y/z"})
    with pytest.raises(ConnectionsError, match="unable to open") as caught:
        await outcome(connections, "database", {"url": f"sqlite:///{tmp_path}/none/a.db"})
    assert str(tmp_path) not in str(caught.value)


async def test_mail_server_login_sends_nothing(connections: Connections) -> None:
    async with mail_server() as box:
        plain: dict[str, Json] = {"host": "127.0.0.1", "port": box.port, "security": "none"}
        assert await outcome(connections, "smtp", plain) == "0 secrets found; 127.0.0.1 responds"
        with pytest.raises(ConnectionsError, match="rejected the user name"):
            await outcome(connections, "smtp", {**plain, "username": "ann", "password": "wrong-pass"})
        assert box.logins
        assert not box.messages


async def test_other_kinds_check_only_secrets(connections: Connections, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WFTUI_TEST_TOKEN", KEY)
    assert await outcome(connections, "generic", {"secrets": {"a": "env:WFTUI_TEST_TOKEN"}}) == "1 secret found"
    with pytest.raises(ConnectionsError, match="NOT_SET is not set"):
        await outcome(connections, "generic", {"secrets": {"a": "env:WFTUI_TEST_NOT_SET"}})


@pytest.mark.parametrize(
    ("kind", "values", "sentence"),
    [
        ("http", {"baseUrl": "nonsense"}, "not an http or https URL"),
        ("http", {"baseUrl": "{closed}"}, "refused|cannot|No connection|reach"),
        ("http", {"baseUrl": "{url}/broken"}, "returns status 503"),
        ("openai", {"baseUrl": "{closed}"}, "refused|cannot|No connection|reach"),
        ("smtp", {"host": "no-such-host.invalid"}, "Connection to no-such-host.invalid"),
        ("http", {"baseUrl": "{closed}", "auth": "basic"}, 'The connection has no "username"'),
    ],
)
async def test_failures_are_sentences(
    connections: Connections, url: str, kind: str, values: dict[str, Json], sentence: str
) -> None:
    closed = f"http://127.0.0.1:{free_port()}"
    given = {name: value.format(url=url, closed=closed) for name, value in values.items()}
    with pytest.raises(ConnectionsError, match=sentence):
        await outcome(connections, kind, given)


async def test_key_in_a_url_is_not_shown(connections: Connections, url: str) -> None:
    values: dict[str, Json] = {"baseUrl": f"{url}/broken", "auth": "apiKey", "apiKey": KEY, "apiKeyIn": "query"}
    with pytest.raises(ConnectionsError) as caught:
        await asyncio.wait_for(outcome(connections, "http", values), PATIENCE)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("pins", "warned"),
    [(["1234"], "1 secret found, 1 of fewer than 6"), (["a", "b", "long-enough"], "found, 2 of fewer")],
)
async def test_short_secrets_are_warned_of(
    connections: Connections, monkeypatch: pytest.MonkeyPatch, pins: list[str], warned: str
) -> None:
    for number, pin in enumerate(pins):
        monkeypatch.setenv(f"PIN_{number}", pin)
    secrets: Json = {f"s{number}": f"env:PIN_{number}" for number in range(len(pins))}
    assert warned in await outcome(connections, "generic", {"secrets": secrets})
