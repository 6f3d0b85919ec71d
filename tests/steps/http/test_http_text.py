"""Texts of servers: encodings, JSON lines, invalid bodies, repeated headers."""

import json
from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from steps.http.http_server import Handler, serving
from steps.step_helpers import Run
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.http.step import HttpStep

STEP = HttpStep()
NAME = "Müller, 5 €"


class Sender(Handler):
    """Sends given bytes with a given type."""

    def handle_request(self) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        if self.path == "/cookies":
            self.send_response(200)
            for value in ("a=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT", "b=2"):
                self.send_header("Set-Cookie", value)
            self.send_header("Link", "</1>; rel=prev")
            self.send_header("Link", "</2>; rel=next")
            self.send_header("X-Once", "a, b")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self.answer(200, bytes.fromhex(query.get("hex", "")), query.get("type", ""))

    do_GET = handle_request  # noqa: N815


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving(Sender) as url:
        yield url


def sent(server: str, content: bytes, kind: str) -> str:
    return f"{server}/?{urlencode({'hex': content.hex(), 'type': kind})}"


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16", "utf-16-le", "utf-8-sig", "cp1250", "iso8859_15"])
async def test_text_is_decoded_or_fails(run: Run, server: str, encoding: str) -> None:
    content = NAME.encode(encoding)
    assert (await run(STEP, {"url": sent(server, content, f"text/csv; charset={encoding}")}))["body"] == NAME
    assert (await run(STEP, {"url": sent(server, content, "text/csv"), "encoding": encoding}))["body"] == NAME
    document = json.dumps({"name": NAME}, ensure_ascii=False).encode(encoding)
    assert (await run(STEP, {"url": sent(server, document, "application/json"), "encoding": encoding}))["body"] == {
        "name": NAME
    }
    if encoding in ("utf-8", "utf-8-sig", "utf-16"):  # what they are shows in the bytes
        assert (await run(STEP, {"url": sent(server, content, "text/plain")}))["body"] == NAME
    elif encoding != "utf-16-le":
        for kind, parse in [("text/plain", "auto"), ("", "text"), ("image/png", "text"), ("application/json", "auto")]:
            with pytest.raises(WorkflowError, match=r'is not UTF-8 text .* set "encoding"') as caught:
                await run(
                    STEP, {"url": sent(server, content if "json" not in kind else document, kind), "parse": parse}
                )
            assert caught.value.type == "http.body"


@pytest.mark.parametrize(
    ("kind", "encoding", "sentence"),
    [
        ("text/plain; charset=utf-8", None, "not in the charset 'utf-8' that it declares"),
        ("text/plain; charset=klingon", None, "declares the unknown charset 'klingon'"),
        ("text/plain; charset=base64", None, "declares the unknown charset 'base64'"),
        ("text/plain; charset=latin-1", "ascii", 'is not ascii text .*; change "encoding"'),
        ("application/json; charset=klingon", None, "declares the unknown charset 'klingon'"),
        ("application/json", "utf-8", 'is not utf-8 text .*; change "encoding"'),
    ],
)
async def test_undecodable_text_names_the_field(
    run: Run, server: str, kind: str, encoding: str | None, sentence: str
) -> None:
    with pytest.raises(WorkflowError, match=sentence) as caught:
        await run(STEP, {"url": sent(server, b'"M\xfcller"', kind), "encoding": encoding})
    assert caught.value.type == "http.body"
    assert '"encoding"' in str(caught.value)


@pytest.mark.parametrize("name", ["klingon", "base64", "rot13", "", "\x00"])
async def test_an_unknown_encoding_is_refused(run: Run, server: str, name: str) -> None:
    with pytest.raises(ValueError, match="is not a known text encoding"):
        await run(STEP, {"url": server, "encoding": name})


async def test_json_lines(run: Run, server: str) -> None:
    records = [{"a": "x\u2028y\x85\x0c"}, [1], None, "z"]
    text = "\r\n".join(json.dumps(record, ensure_ascii=False) for record in records) + "\n\n"
    url = sent(server, text.encode(), "application/x-ndjson")
    assert (await run(STEP, {"url": url, "parse": "jsonl"}))["body"] == records
    assert (await run(STEP, {"url": sent(server, b"", "text/plain"), "parse": "jsonl"}))["body"] == []
    with pytest.raises(WorkflowError, match=r"is not JSON lines: line 2, 'oops'") as caught:
        await run(STEP, {"url": sent(server, b'{"a": 1}\noops\n', "text/plain"), "parse": "jsonl"})
    assert caught.value.type == "http.body"


async def test_unparsable_body_is_shown(run: Run, server: str) -> None:
    page = b"<html><title>Sign in</title>" + b" word" * 1000
    with pytest.raises(WorkflowError, match="it begins with '<html><title>Sign in</title> word") as caught:
        await run(STEP, {"url": sent(server, page, "application/json")})
    message = str(caught.value)
    assert len(message) < len(page.hex()) + 1000
    assert "…" in message
    assert caught.value.details["body"].startswith("<html>")
    with pytest.raises(WorkflowError, match="it is empty"):
        await run(STEP, {"url": sent(server, b"", "text/plain"), "parse": "json"})


async def test_repeated_headers_are_lists(run: Run, server: str) -> None:
    headers = (await run(STEP, {"url": f"{server}/cookies"}))["headers"]
    assert headers["set-cookie"] == ["a=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT", "b=2"]
    assert headers["x-once"] == "a, b"
    assert headers["link"] == ["</1>; rel=prev", "</2>; rel=next"]
