"""The http step against a real server on the loopback."""

import asyncio
import base64
import json
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pydantic
import pytest
from helpers import free_port, until

from steps.http.http_server import Handler, make_certificate, serving
from steps.step_helpers import RecordingContext, Run
from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.http.input import HttpInput
from wftui.steps.http.step import HttpStep

STEP = HttpStep()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving() as url:
        yield url


@pytest.fixture(scope="module")
def secure_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tls=make_certificate(tmp_path_factory.mktemp("tls"))) as url:
        yield url


async def test_response_has_parsed_json_and_metadata(run: Run, server: str) -> None:
    output = await run(STEP, {"url": f"{server}/echo", "query": {"a": [1, "x y"], "b": True, "c": None}})
    assert output["status"] == 200
    assert output["headers"]["content-type"] == "application/json"
    assert output["url"] == f"{server}/echo?a=1&a=x+y&b=true"
    assert output["body"]["method"] == "GET"
    assert output["body"]["query"] == [["a", "1"], ["a", "x y"], ["b", "true"]]
    assert output["redirects"] == []
    assert output["tls"] is None
    assert output["elapsed"] > 0


async def test_a_query_is_added_to_the_one_there_is(run: Run, server: str) -> None:
    output = await run(STEP, {"url": f"{server}/echo?a=1%2C2&a=x%20y#part", "query": {"b": "ä&"}})
    assert output["body"]["query"] == [["a", "1,2"], ["a", "x y"], ["b", "ä&"]]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"])
async def test_all_methods(run: Run, server: str, method: str) -> None:
    output = await run(STEP, {"url": f"{server}/echo", "method": method})
    assert output["status"] == 200
    assert output["body"] == "" if method == "HEAD" else output["body"]["method"] == method


async def test_headers_are_sent_unchanged(run: Run, server: str) -> None:
    output = await run(STEP, {"url": f"{server}/echo", "headers": {"X-A": " grüße ", "accept": "text/csv"}})
    assert output["body"]["headers"]["x-a"].encode("latin-1").decode() == "grüße"
    assert output["body"]["headers"]["accept"] == "text/csv"


async def test_credentials_stay_with_the_first_server(run: Run, server: str, secure_server: str) -> None:
    private = {"Authorization": "a", "X-API-KEY": "b", "Cookie": "c=d", "X-Fine": "e"}
    step = {"url": f"{server}/to?{secure_server}/echo", "headers": private, "verify": False}
    sent = (await run(STEP, step))["body"]["headers"]
    assert [name for name in sent if name in ("authorization", "x-api-key", "cookie", "x-fine")] == ["x-fine"]
    sent = (await run(STEP, {**step, "url": f"{server}/to?{server}/echo"}))["body"]["headers"]
    assert {"authorization", "x-api-key", "x-fine"} <= sent.keys()


async def test_json_follows_content_type_and_empty_body_is_null(run: Run, server: str) -> None:
    assert (await run(STEP, {"url": f"{server}/latin-json"}))["body"] == {"a": "é"}
    assert (await run(STEP, {"url": f"{server}/nothing", "parse": "json"}))["body"] is None


@pytest.mark.parametrize(
    ("body", "kind", "sent"),
    [
        ({"json": {"a": [1, None]}}, "application/json", '{"a":[1,null]}'),
        ({"json": None}, "application/json", "null"),
        ({"form": {"a": "x y", "b": [1, 2]}}, "application/x-www-form-urlencoded", "a=x+y&b=1&b=2"),
        ({"text": "plain"}, None, "plain"),
        ({"file": "upload.txt"}, None, "from a file"),
    ],
)
async def test_bodies(
    run: Run, context: RecordingContext, server: str, body: Mapping[str, Json], kind: str | None, sent: str
) -> None:
    (context.working_directory / "upload.txt").write_text("from a file")
    echoed = (await run(STEP, {"url": f"{server}/echo", **body}))["body"]
    assert echoed["method"] == "POST"
    assert echoed["body"] == sent
    assert echoed["headers"].get("content-type") == kind
    assert echoed["headers"]["content-length"] == str(len(sent))


async def test_a_multipart_form_carries_files(run: Run, context: RecordingContext, server: str) -> None:
    (context.working_directory / "upload.txt").write_text("from a file")
    output = await run(STEP, {"url": f"{server}/echo", "form": {"a": "1"}, "files": {"doc": "upload.txt"}})
    assert output["body"]["headers"]["content-type"].startswith("multipart/form-data")
    assert 'name="doc"; filename="upload.txt"' in output["body"]["body"]
    assert "from a file" in output["body"]["body"]


async def test_text_in_its_charset_and_binary_as_base64(run: Run, server: str) -> None:
    assert (await run(STEP, {"url": f"{server}/text"}))["body"] == "grüße"
    output = await run(STEP, {"url": f"{server}/binary"})
    assert output["encoding"] == "base64"
    assert base64.b64decode(output["body"]) == b"\x89PNG\xff\x00"


async def test_redirects_are_followed_and_listed(run: Run, server: str) -> None:
    output = await run(STEP, {"url": f"{server}/hop/2"})
    assert output["redirects"] == [f"{server}/hop/2", f"{server}/hop/1"]
    assert output["url"] == f"{server}/text"
    output = await run(STEP, {"url": f"{server}/hop/2", "followRedirects": False})
    assert output["status"] == 302


async def test_a_file_is_saved_whole_or_not_at_all(run: Run, context: RecordingContext, server: str) -> None:
    output = await run(STEP, {"url": f"{server}/big", "saveTo": "sub/big.bin"})
    saved = context.working_directory / "sub" / "big.bin"
    assert saved.read_bytes() == b"x" * 3_000_000
    assert (output["file"], output["bytes"], output["body"]) == (str(saved), 3_000_000, None)
    assert context.fractions[-1][0] == 1.0
    with pytest.raises(WorkflowError, match="increase maxBytes"):
        await run(STEP, {"url": f"{server}/big", "saveTo": "sub/big.bin", "maxBytes": 1000})
    assert [path.name for path in saved.parent.iterdir()] == ["big.bin"]
    assert saved.stat().st_size == 3_000_000


@pytest.mark.parametrize(
    ("values", "kind", "recoverable"),
    [
        ({"url": "/status/404"}, "http.4xx", False),
        ({"url": "/status/429"}, "http.4xx", True),
        ({"url": "/status/503"}, "http.5xx", True),
        ({"url": "/text", "expect": [204]}, "http.status", False),
        ({"url": "/broken"}, "http.body", False),
        ({"url": "/text", "parse": "json"}, "http.body", False),
        ({"url": "/bomb"}, "http.too_big", False),
        ({"url": "/drip", "timeout": "200ms"}, "http.timeout", True),
        ({"url": "/hop/99"}, "http.redirects", False),
        ({"url": "/hang-up"}, "http.protocol", True),
        ({"url": "/deep"}, "http.body", False),
        ({"url": "/encoded"}, "http.protocol", False),
        ({"url": "/to?ftp://x/y"}, "http.redirects", False),
        ({"url": "/echo", "headers": {"X-A": "a\r\nX-B: c"}}, "http.header", False),
        ({"url": "/echo", "headers": {"X-A: b\r\nX-B": "c"}}, "http.header", False),
        ({"url": "/echo", "headers": {"X A": "b"}}, "http.header", False),
        ({"url": "/echo", "file": "missing"}, "file.missing", False),
        ({"url": "/big", "saveTo": "/proc/none/x"}, "file.write", False),
    ],
)
async def test_failures_have_types(run: Run, server: str, values: dict[str, Any], kind: str, recoverable: bool) -> None:
    with pytest.raises(WorkflowError) as caught:
        await run(STEP, {**values, "url": server + values["url"]})
    assert (caught.value.type, caught.value.recoverable) == (kind, recoverable)
    assert str(caught.value).endswith((".", "saveTo."))


async def test_error_status_keeps_the_response(run: Run, server: str) -> None:
    with pytest.raises(WorkflowError) as caught:
        await run(STEP, {"url": f"{server}/status/503"})
    assert caught.value.details == {
        "status": 503,
        "url": f"{server}/status/503",
        "headers": caught.value.details["headers"],
        "body": "answer 503",
        "encoding": None,
        "retryAfter": 7.0,
    }
    assert caught.value.details["headers"]["retry-after"] == "7"
    jsonschema.validate(caught.value.details, dict(STEP.error_details))
    assert (await run(STEP, {"url": f"{server}/status/503", "expect": ["5xx"]}))["status"] == 503


async def test_connection_errors_are_sentences(run: Run) -> None:
    port = free_port()
    with pytest.raises(WorkflowError, match=f"Connection to 127.0.0.1:{port} failed: connection refused.") as caught:
        await run(STEP, {"url": f"http://127.0.0.1:{port}/"})
    assert caught.value.type == "http.connect"
    for url in ("http://", "http://x:99999/", "ftp://x/y", "http://[::1", "nonsense"):
        with pytest.raises(WorkflowError) as caught:
            await run(STEP, {"url": url})
        assert caught.value.type == "http.url", url


async def test_tls_tells_the_certificate(run: Run, secure_server: str) -> None:
    output = await run(STEP, {"url": f"{secure_server}/text", "verify": False})
    assert output["tls"]["expiresAt"] == "2049-06-01T12:00:00.000Z"
    assert output["tls"]["subject"] == output["tls"]["issuer"] == "CN=localhost, O=Tést"
    with pytest.raises(WorkflowError, match="self-signed certificate") as caught:
        await run(STEP, {"url": f"{secure_server}/text"})
    assert caught.value.type == "http.tls"


async def test_a_cancel_reaches_a_slow_response(run: Run) -> None:
    begun = threading.Event()

    class Slow(Handler):
        def handle_request(self) -> None:
            begun.set()
            super().handle_request()

        do_GET = handle_request  # noqa: N815

    with serving(Slow) as url:
        task = asyncio.ensure_future(run(STEP, {"url": f"{url}/drip"}))
        await until(begun.is_set)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.parametrize(
    "values",
    [
        {"url": "http://x", "json": 1, "text": "2"},
        {"url": "http://x", "files": {"a": "b"}, "json": 1},
        {"url": "http://x", "expect": ["ok"]},
        {"url": "http://x", "method": "get"},
        {"url": "http://x", "nonsense": 1},
    ],
)
def test_bad_input_is_refused(values: Mapping[str, Json]) -> None:
    with pytest.raises(pydantic.ValidationError):
        HttpInput.model_validate(values)


def test_the_schema_is_json_and_needs_no_http_library(tmp_path: Path) -> None:
    schema = json.dumps(STEP.input_schema())
    assert '"saveTo"' in schema
    assert [field for field, _ in STEP.check({"url": "example.org", "json": 1, "text": ""})] == ["text", "url"]
    assert STEP.check({"url": "{{ inputs.url }}"}) == []
