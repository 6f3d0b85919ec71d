"""The http step with a connection and with pages, against a real server."""

import asyncio
import base64
import json
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from steps.http.http_server import Handler, serving
from steps.step_helpers import RecordingContext, Run
from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.http.step import HttpStep

STEP = HttpStep()
ITEMS = [{"id": number} for number in range(1, 8)]


class Service(Handler):
    """Pages in three styles, a token service, and a redirect to a given address."""

    tokens_given = 0
    accepted = 0

    def handle_request(self) -> None:
        address = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        at = int(query.get("page", query.get("cursor", "1")))
        page = ITEMS[(at - 1) * 3 : at * 3]
        last = at * 3 >= len(ITEMS)
        match address.path:
            case "/link":
                link = "" if last else f'</link?page={at + 1}>; rel="next", </link?page=1>; rel=first'
                self.answer_json(page, Link=link)
            case "/cursor":
                self.answer_json({"data": {"items": page}, "meta": {"next": None if last else at + 1}})
            case "/page":
                self.answer_json({"results": page})
            case "/away":
                self.send_response(HTTPStatus.FOUND)
                self.send_header("Location", query["to"])
                self.send_header("Content-Length", "0")
                self.end_headers()
            case "/token":
                sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                type(self).tokens_given += 1
                in_header = "Basic " + base64.b64encode(b"me%2F1:by+header").decode()
                if sent.get("client_secret") == ["right-secret"] or self.headers["Authorization"] == in_header:
                    token = f"access-token-{type(self).tokens_given}"
                    self.answer_json({"access_token": token, "expires_in": 3600})
                else:
                    self.answer(401, b'{"error": "half-a-token"}', "application/json")
            case "/guarded" if self.headers["Authorization"] == f"Bearer access-token-{type(self).accepted}":
                self.answer_json([])
            case "/guarded":
                self.answer(401, b"who are you?")
            case "/redirect":
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.send_response(int(query["status"]))
                self.send_header("Location", query["to"])
                self.send_header("Content-Length", "0")
                self.end_headers()
            case "/token-elsewhere":
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(HTTPStatus.TEMPORARY_REDIRECT)
                self.send_header("Location", query["to"])
                self.send_header("Content-Length", "0")
                self.end_headers()
            case "/circle":
                self.answer_json([at], Link=f'</circle?page={3 - at}>; rel="next"')
            case "/same-cursor":
                self.answer_json({"items": [1], "next": "again"})
            case "/commas":
                self.answer_json(
                    [at], Link="" if "ids" in query else '</commas?ids=1,2;3>; title="a, b"; rel="next last"'
                )
            case "/keyed":
                rest = f"&page={at + 1}" if at < 3 else ""
                self.answer_json([self.path], Link=f'</keyed?key=secret-key{rest}>; rel="next"' if rest else "")
            case "/elsewhere":
                self.answer_json([], Link='<http://127.0.0.1:1/evil>; rel="next"')
            case _:
                super().handle_request()

    do_GET = do_POST = handle_request  # noqa: N815


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving(Service) as url:
        yield url


@pytest.fixture(scope="module")
def other_server() -> Iterator[str]:
    with serving() as url:
        yield url


@pytest.mark.parametrize(
    ("path", "paginate"),
    [
        ("/link", {"by": "link"}),
        ("/cursor", {"by": "cursor", "items": "data.items", "cursor": "meta.next", "param": "cursor"}),
        ("/page", {"by": "page", "items": "results", "param": "page"}),
    ],
)
async def test_all_pages_are_one_list(run: Run, server: str, path: str, paginate: Json) -> None:
    output = await run(STEP, {"url": server + path, "paginate": paginate})
    assert output["body"] == ITEMS
    assert output["truncated"] is False


async def test_pages_beyond_the_limit_are_reported(run: Run, context: RecordingContext, server: str) -> None:
    output = await run(STEP, {"url": f"{server}/link", "paginate": {"by": "link", "maxPages": 2}})
    assert (output["body"], output["pages"], output["truncated"]) == (ITEMS[:6], 2, True)
    assert "more than 2 pages" in context.lines()[-1]


@pytest.mark.parametrize(
    ("path", "paginate"),
    [
        ("/circle", {"by": "link"}),
        ("/same-cursor", {"by": "cursor", "items": "items", "cursor": "next", "param": "c"}),
    ],
)
async def test_circular_pages_are_an_error(run: Run, server: str, path: str, paginate: Json) -> None:
    with pytest.raises(WorkflowError, match="a page that was already read") as caught:
        await run(STEP, {"url": server + path, "paginate": paginate})
    assert caught.value.type == "http.pages"


async def test_an_address_may_hold_commas(run: Run, server: str) -> None:
    assert (await run(STEP, {"url": f"{server}/commas", "paginate": {"by": "link"}}))["pages"] == 2


async def test_the_pages_together_are_bounded(run: Run, server: str) -> None:
    with pytest.raises(WorkflowError, match="pages together are larger than 60 bytes") as caught:
        await run(STEP, {"url": f"{server}/link", "maxBytes": 60, "paginate": {"by": "link"}})
    assert caught.value.type == "http.too_big"


async def test_a_page_without_its_list_is_an_error(run: Run, server: str) -> None:
    with pytest.raises(WorkflowError, match="no list at 'nothing") as caught:
        await run(STEP, {"url": f"{server}/page", "paginate": {"by": "page", "items": "nothing.here", "param": "page"}})
    assert caught.value.type == "http.body"


@pytest.mark.parametrize(
    ("connection", "header", "value"),
    [
        ({"auth": "basic", "username": "ann", "password": "pw"}, "authorization", "Basic YW5uOnB3"),
        ({"auth": "bearer", "token": "t0ken"}, "authorization", "Bearer t0ken"),
        ({"auth": "apiKey", "apiKey": "k"}, "x-api-key", "k"),
        ({"auth": "none", "headers": {"X-Team": "a"}}, "x-team", "a"),
    ],
)
async def test_connection_authenticates(
    run: Run, context: RecordingContext, server: str, connection: dict[str, Any], header: str, value: str
) -> None:
    context.connection = {**connection, "baseUrl": server}
    output = await run(STEP, {"url": "/echo"})
    assert output["body"]["headers"][header] == value
    assert context.secrets == ([value.removeprefix("Basic ")] if connection["auth"] == "basic" else [])


async def test_an_api_key_may_go_into_the_query(run: Run, context: RecordingContext, server: str) -> None:
    context.connection = {"auth": "apiKey", "apiKey": "k", "apiKeyName": "key", "apiKeyIn": "query"}
    output = await run(STEP, {"url": f"{server}/echo", "query": {"a": "1"}})
    assert output["body"]["query"] == [["a", "1"], ["key", "k"]]


async def test_client_credentials_get_a_token_once(run: Run, context: RecordingContext, server: str) -> None:
    context.connection = {
        "auth": "clientCredentials",
        "tokenUrl": f"{server}/token",
        "clientId": "me",
        "clientSecret": "right-secret",
    }
    Service.tokens_given = 0
    together = await asyncio.gather(*(run(STEP, {"url": f"{server}/echo"}) for _ in range(3)))
    for output in [*together, await run(STEP, {"url": f"{server}/echo"})]:
        assert output["body"]["headers"]["authorization"] == "Bearer access-token-1"
    assert set(context.secrets) == {"access-token-1"}, "the engine masks what a step was given on its way"
    assert Service.tokens_given == 1
    context.connection = {**context.connection, "clientSecret": "wrong"}
    with pytest.raises(WorkflowError, match="returned status 401 and no access token") as caught:
        await run(STEP, {"url": f"{server}/echo"})
    assert caught.value.type == "http.auth"
    assert "half-a-token" not in json.dumps([str(caught.value), caught.value.details])


async def test_client_credentials_in_the_header(run: Run, context: RecordingContext, server: str) -> None:
    context.connection = {
        "auth": "clientCredentials",
        "tokenUrl": f"{server}/token",
        "clientId": "me/1",
        "clientSecret": "by header",
    }
    Service.tokens_given = 0
    output = await run(STEP, {"url": f"{server}/echo"})
    assert output["body"]["headers"]["authorization"] == "Bearer access-token-2"


async def test_rejected_token_is_renewed_once(run: Run, context: RecordingContext, server: str) -> None:
    context.connection = {
        "auth": "clientCredentials",
        "tokenUrl": f"{server}/token",
        "clientId": "someone",
        "clientSecret": "right-secret",
    }
    Service.tokens_given = 0
    for Service.accepted in (1, 2):
        await run(STEP, {"url": f"{server}/guarded"})
    assert Service.tokens_given == 2
    Service.accepted = 99
    with pytest.raises(WorkflowError) as caught:
        await run(STEP, {"url": f"{server}/guarded"})
    assert (caught.value.type, Service.tokens_given) == ("http.4xx", 3)


async def test_the_client_secret_follows_no_redirect(
    run: Run, context: RecordingContext, server: str, other_server: str
) -> None:
    context.connection = {
        "auth": "clientCredentials",
        "tokenUrl": f"{server}/token-elsewhere?to={other_server}/echo",
        "clientId": "me",
        "clientSecret": "right-secret",
    }
    with pytest.raises(WorkflowError, match="returned status 307 and no access token"):
        await run(STEP, {"url": f"{server}/echo"})


async def test_step_headers_override_connection_headers(run: Run, context: RecordingContext, server: str) -> None:
    context.connection = {"auth": "bearer", "token": "t0ken", "headers": {"X-Team": "a"}}
    output = await run(STEP, {"url": f"{server}/echo", "headers": {"authorization": "own", "x-team": "b"}})
    sent = output["body"]["headers"]
    assert (sent["authorization"], sent["x-team"]) == ("own", "b")


async def test_credentials_stay_with_their_server(
    run: Run, context: RecordingContext, server: str, other_server: str
) -> None:
    context.connection = {"baseUrl": server, "auth": "apiKey", "apiKey": "secret-key"}
    output = await run(STEP, {"url": f"/away?to={other_server}/echo"})
    assert "x-api-key" not in output["body"]["headers"]
    with pytest.raises(WorkflowError, match="its credentials are not sent"):
        await run(STEP, {"url": f"{other_server}/echo"})
    with pytest.raises(WorkflowError, match="on another server"):
        await run(STEP, {"url": "/elsewhere", "paginate": {"by": "link"}})
    context.connection = {"auth": "apiKey", "apiKey": "secret-key", "apiKeyName": "key", "apiKeyIn": "query"}
    with pytest.raises(WorkflowError, match="on another server"):
        await run(STEP, {"url": f"{server}/elsewhere", "paginate": {"by": "link"}})
    context.connection = None
    with pytest.raises(WorkflowError, match="on another server"):
        headers = {"Authorization": "Bearer secret-key"}
        await run(STEP, {"url": f"{server}/elsewhere", "headers": headers, "paginate": {"by": "link"}})


async def test_query_key_is_sent_once_per_page(run: Run, context: RecordingContext, server: str) -> None:
    context.connection = {"auth": "apiKey", "apiKey": "secret-key", "apiKeyName": "key", "apiKeyIn": "query"}
    output = await run(STEP, {"url": f"{server}/keyed", "paginate": {"by": "link"}})
    assert output["body"] == ["/keyed?key=secret-key", *(f"/keyed?key=secret-key&page={page}" for page in (2, 3))]


async def test_a_short_address_needs_a_connection(run: Run) -> None:
    with pytest.raises(WorkflowError, match="needs a connection"):
        await run(STEP, {"url": "/echo"})


async def test_incomplete_connection(run: Run, context: RecordingContext, server: str) -> None:
    context.connection = {"auth": "bearer"}
    with pytest.raises(WorkflowError, match='no "token"') as caught:
        await run(STEP, {"url": f"{server}/echo"})
    assert caught.value.type == "http.auth"


SECRET = "hvs.CAESIJlVnQ-geheim"
REDIRECTS = ("301", "302", "303", "307", "308")


@pytest.mark.first_cases(25)
@pytest.mark.parametrize("status", REDIRECTS)
@pytest.mark.parametrize("header", ["X-Vault-Token", "PRIVATE-TOKEN", "Api-Key", "X-Anything", "Accept"])
@pytest.mark.parametrize(
    "form", [SECRET, f"Bearer {SECRET}", base64.b64encode(SECRET.encode()).decode(), quote(SECRET)]
)
async def test_secret_header_stays_with_its_server(
    run: Run, context: RecordingContext, server: str, other_server: str, status: str, header: str, form: str
) -> None:
    context.secrets.append(SECRET)
    address = f"{server}/redirect?status={status}&to="
    given = {"headers": {header: form, "X-Trace": "plain"}}
    output = await run(STEP, {"url": f"{address}{other_server}/echo", **given})
    sent = output["body"]["headers"]
    assert form not in sent.values()
    assert sent["x-trace"] == "plain"
    assert any(f"{header.lower()} is not sent to" in line.lower() for _, _, line in context.logs), "and it is said"
    output = await run(STEP, {"url": f"{address}{server}/echo", **given})
    assert output["body"]["headers"][header.lower()] == form, "the same server gets it"


@pytest.mark.parametrize("status", REDIRECTS)
@pytest.mark.parametrize("kind", ["json", "form", "text", "file", "files"])
async def test_secret_body_stays_with_its_server(
    run: Run, context: RecordingContext, tmp_path: Path, server: str, other_server: str, status: str, kind: str
) -> None:
    context.secrets.append(SECRET)
    (tmp_path / "plain").write_text("plain")
    (tmp_path / "secret").write_text("x" * 1_048_570 + SECRET)

    def body(name: str) -> dict[str, Json]:
        text = SECRET if name == "secret" else "plain"
        values: dict[str, Json] = {"json": {"deep": [text]}, "form": {"a": text}, "text": f"it is {text}"}
        return {kind: values.get(kind, str(tmp_path / name) if kind == "file" else {"a": str(tmp_path / name)})}

    address = f"{server}/redirect?status={status}&to="
    elsewhere = {"url": f"{address}{other_server}/echo"}
    if status in ("307", "308"):
        with pytest.raises(WorkflowError, match="the body holds a secret") as caught:
            await run(STEP, {**elsewhere, **body("secret")})
        assert caught.value.type == "http.redirect_secret"
        output = await run(STEP, {**elsewhere, **body("plain")})
        assert "plain" in output["body"]["body"]
        output = await run(STEP, {"url": f"{address}{server}/echo", **body("secret")})
        assert SECRET in output["body"]["body"], "the same server gets it"
    else:
        output = await run(STEP, {**elsewhere, **body("secret")})
        assert (output["body"]["method"], output["body"]["body"]) == ("GET", "")


@pytest.mark.parametrize("given", [{"headers": {"X-Any": SECRET}}, {"query": {"q": SECRET}}])
async def test_secrets_are_not_sent_to_pages_of_other_servers(
    run: Run, context: RecordingContext, server: str, given: dict[str, Json]
) -> None:
    context.secrets.append(SECRET)
    with pytest.raises(WorkflowError, match="on another server"):
        await run(STEP, {"url": f"{server}/elsewhere", "paginate": {"by": "link"}, **given})
