"""Page and socket of `wftui web`, in this process: access, and policy of the page."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from helpers import patience
from starlette.testclient import TestClient, WebSocketDenialResponse, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from wftui.api.call import ServerState
from wftui.model.user.access import Scope
from wftui.web.app import make_web_app
from wftui.workbench import Settings, Workbench

HERE = "http://localhost:8788"
SOCKET = "ws://localhost:8788/socket"
Add = Callable[..., str]


@pytest.fixture
def workbench(tmp_path: Path) -> Workbench:
    return Workbench(Settings(tables=tmp_path / "tables", database=tmp_path / "runs.db", user_id="ann"))


@pytest.fixture
def add(workbench: Workbench) -> Add:
    """Make a token, by default of the scope admin."""

    def make(name: str = "ann", scope: Scope = "admin", *workflows: str) -> str:
        return asyncio.run(workbench.tokens.add(name, scope, workflows or None)).token

    return make


@pytest.fixture
def client(workbench: Workbench) -> Iterator[TestClient]:
    application = make_web_app(workbench, ServerState(), ["screens.example"])
    with TestClient(application, base_url=HERE, follow_redirects=False) as opened:
        yield opened


def entered(client: TestClient, token: str) -> None:
    """Give the token in the address, as a user does."""
    answer = client.get("/", params={"token": token})
    assert (answer.status_code, answer.headers["location"]) == (303, ".")


def ended(socket: WebSocketTestSession, message: str) -> None:
    """End a tab by a message that is none."""
    socket.send_text(message)
    with pytest.raises(WebSocketDisconnect) as end:
        while True:
            socket.receive_bytes()
    assert end.value.code == 1007


def refused_socket(client: TestClient, **headers: str) -> tuple[int, str]:
    """Status and text of the refusal."""
    with (
        pytest.raises(WebSocketDenialResponse) as refusal,
        client.websocket_connect(SOCKET, headers={"origin": HERE, **headers}),
    ):
        pass
    return refusal.value.status_code, refusal.value.text


def test_the_token_becomes_a_cookie_that_scripts_and_other_sites_do_not_see(client: TestClient, add: Add) -> None:
    token = add()
    answer = client.get("/", params={"token": token})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"wftui-8788={token};")
    assert {"HttpOnly", "SameSite=lax"} <= {part.strip() for part in cookie.split(";")}
    assert "Secure" not in cookie
    assert token not in answer.headers["location"] + answer.text
    page = client.get("/")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert token not in page.text
    safe = client.get("https://screens.example/", params={"token": token})
    assert "Secure" in safe.headers["set-cookie"]


def test_the_page_asks_no_other_host_for_anything(client: TestClient, add: Add) -> None:
    entered(client, add())
    page = client.get("/")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    for path in ("/", "/page.js", "/page.css"):
        text = client.get(path).text
        assert "://" not in text, path
    for path in ("/terminal.js", "/terminal.css", "/font.ttf"):
        file = client.get(path)
        assert (file.status_code, file.headers["x-content-type-options"]) == (200, "nosniff")
    assert client.get("/").headers["content-security-policy"] != policy  # its nonce is used once


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"host": "evil.example"}, 421, "request.host"),
        ({"host": ""}, 421, "request.host"),
        ({"origin": "http://evil.example"}, 403, "request.origin"),
        ({"origin": "null"}, 403, "request.origin"),
        ({"origin": "http://localhost:9999"}, 403, "request.origin"),
        ({"origin": "http://localhost"}, 403, "request.origin"),
        ({"origin": "http://localhost:8788.evil.example"}, 403, "request.origin"),
        ({"origin": "http://127.0.0.1:8788"}, 403, "request.origin"),
        ({"cookie": "wftui-8788=wft_wrong"}, 401, "token.invalid"),
        ({"cookie": "wftui-8788="}, 401, "token.invalid"),
        ({"cookie": "other=1"}, 401, "token.invalid"),
    ],
)
def test_page_and_socket_refuse_strangers(
    client: TestClient, add: Add, headers: dict[str, str], status: int, code: str
) -> None:
    entered(client, add())
    if "cookie" in headers:
        client.cookies.clear()
    for path in ("/", "/page.js", "/terminal.js", "/nothing"):
        answer = client.get(path, headers=headers)
        assert (answer.status_code, f"error[{code}]" in answer.text) == (status, True), path
    refused, text = refused_socket(client, **headers)
    assert (refused, f"error[{code}]" in text) == (status, True)


def test_a_socket_without_an_origin_is_refused(client: TestClient, add: Add) -> None:
    entered(client, add())
    with pytest.raises(WebSocketDenialResponse), client.websocket_connect(SOCKET):
        pass


@pytest.mark.parametrize(
    ("scope", "workflows", "status", "code"),
    [("read", (), 403, "token.scope"), ("run", (), 403, "token.scope"), ("admin", ("greet",), 403, "token.scope")],
)
def test_only_tokens_for_everything_open_the_screen(
    client: TestClient, add: Add, scope: Scope, workflows: tuple[str, ...], status: int, code: str
) -> None:
    token = add("less", scope, *workflows)
    answer = client.get("/", params={"token": token})
    assert (answer.status_code, f"error[{code}]" in answer.text) == (status, True)
    assert "set-cookie" not in answer.headers
    client.cookies.set("wftui-8788", token)
    assert client.get("/").status_code == status
    assert refused_socket(client)[0] == status


@pytest.mark.parametrize("token", ["", "wft_wrong", "%ED%A0%80", "%00", "x" * 5000])
def test_a_wrong_token_sets_no_cookie(client: TestClient, add: Add, token: str) -> None:
    add()
    answer = client.get(f"/?token={token}")
    assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)
    assert "error[token.invalid]" in answer.text


def test_an_unusable_file_of_tokens_is_reported_without_its_path(
    client: TestClient, add: Add, workbench: Workbench
) -> None:
    entered(client, add())
    workbench.tokens.path.write_text("no tokens")
    answer = client.get("/")
    assert (answer.status_code, "error[token.file]" in answer.text) == (503, True)
    assert str(workbench.tokens.path) not in answer.text


@pytest.mark.slow
@pytest.mark.parametrize(
    "message",
    [
        "no json",
        "[]",
        "{}",
        "7",
        '["stdin", 5]',
        '["stdin"]',
        '["resize", {}]',
        '["resize", {"width": "x", "height": 1}]',
        '["resize", {"width": 1e999, "height": 1}]',
        '["resize", null]',
        "[" * 100_000,
    ],
    ids=range(11),
)
def test_an_invalid_message_ends_the_tab(client: TestClient, add: Add, message: str) -> None:
    entered(client, add())
    with client.websocket_connect(SOCKET, headers={"origin": HERE}) as socket:
        ended(socket, message)


def test_a_screen_that_cannot_start_is_reported_in_the_tab(
    workbench: Workbench, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = add()
    monkeypatch.setattr("sys.executable", "/removed/by/an/upgrade/python")
    with TestClient(make_web_app(workbench, ServerState()), base_url=HERE, follow_redirects=False) as client:
        entered(client, token)
        with client.websocket_connect(SOCKET, headers={"origin": HERE}) as socket:
            assert (
                socket.receive_bytes() == b"wftui: error[web.screen] cannot start the screen: no such file or directory"
            )
            with pytest.raises(WebSocketDisconnect) as end:
                socket.receive_bytes()
    assert end.value.code == 1011


@pytest.mark.slow
@pytest.mark.parametrize("query", ["", "?width=0&height=0", "?width=99999&height=x", "?width=-1&height=%00"])
def test_any_size_of_a_window_is_drawn(client: TestClient, add: Add, query: str) -> None:
    entered(client, add())
    with client.websocket_connect(SOCKET + query, headers={"origin": HERE}) as socket:
        socket.send_text(json.dumps(["resize", {"width": -5, "height": 10**9}]))
        socket.send_text(json.dumps(["later", "message"]))
        socket.send_text(json.dumps(["resize", {"width": 90, "height": 30}]))
        seen = b""
        while b"Workflows" not in seen:
            seen += socket.receive_bytes()
        ended(socket, "bye")


async def test_a_tab_draws_takes_keys_and_ends_when_its_token_is_removed(
    client: TestClient, add: Add, workbench: Workbench
) -> None:
    token = await asyncio.to_thread(add)

    def drawn() -> int:
        entered(client, token)
        with client.websocket_connect(f"{SOCKET}?width=100&height=30", headers={"origin": HERE}) as socket:
            seen = b""
            while b"Workflows" not in seen:
                seen += socket.receive_bytes()
            socket.send_text(json.dumps(["ping", "7"]))
            while "text" not in (message := socket.receive()):
                pass
            assert json.loads(message["text"]) == ["pong", "7"]
            asyncio.run(workbench.tokens.remove("ann"))
            socket.send_text(json.dumps(["stdin", "?"]))
            with pytest.raises(WebSocketDisconnect) as end:
                while True:
                    socket.receive_bytes()
            return end.value.code

    async with patience():
        assert await asyncio.to_thread(drawn) == 1008
