"""The email step with a real mail server on the loopback."""

import asyncio
import email
import ssl
from collections.abc import Mapping
from email import policy
from pathlib import Path

import pydantic
import pytest

from steps.email.mail_server import mail_server
from steps.http.http_server import make_certificate
from steps.step_helpers import RecordingContext, Run
from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.email.step import EmailStep

STEP = EmailStep()
MESSAGE = {"to": "Ann <ann@x.org>", "subject": "Grüße", "text": "Hällo\n"}


def server(port: int) -> dict[str, Json]:
    return {"host": "127.0.0.1", "port": port, "security": "none", "sender": "me@x.org"}


async def test_a_message_arrives_whole(run: Run, context: RecordingContext) -> None:
    (context.working_directory / "data.csv").write_text("a,b\n")
    async with mail_server() as box:
        context.connection = server(box.port)
        output = await run(
            STEP,
            {
                **MESSAGE,
                "html": "<p>Hällo</p>",
                "cc": ["bob@x.org"],
                "bcc": "eve@x.org",
                "replyTo": "all@x.org",
                "attachments": ["data.csv"],
                "headers": {"X-Run": context.run_id},
            },
        )
    assert output["accepted"] == box.recipients == ["ann@x.org", "bob@x.org", "eve@x.org"]
    message = email.message_from_string(box.messages[0], policy=policy.default)
    assert (message["Subject"], message["To"], message["Cc"]) == ("Grüße", "Ann <ann@x.org>", "bob@x.org")
    assert (message["Reply-To"], message["X-Run"]) == ("all@x.org", context.run_id)
    assert message["Message-ID"] == output["messageId"]
    assert "eve@x.org" not in box.messages[0]
    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds == ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/csv"]


async def test_refused_recipient_is_reported(run: Run, context: RecordingContext) -> None:
    async with mail_server() as box:
        context.connection = server(box.port)
        output = await run(STEP, {**MESSAGE, "to": ["ann@x.org", "x@refused.org"]})
        assert output["refused"] == {"x@refused.org": "nobody of that name"}
        with pytest.raises(WorkflowError, match="rejected all recipients: nobody of that name") as caught:
            await run(STEP, {**MESSAGE, "to": "x@refused.org"})
    assert caught.value.type == "email.refused"


async def test_wrong_password_is_reported(run: Run, context: RecordingContext) -> None:
    async with mail_server() as box:
        context.connection = {**server(box.port), "username": "me", "password": "secret-pw"}
        with pytest.raises(WorkflowError, match="user name and password") as caught:
            await run(STEP, MESSAGE)
    assert caught.value.type == "email.auth"
    assert box.logins


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[ssl.SSLContext, Path]:
    """A certificate for a server, and the file with which a client trusts it."""
    certificate, key = make_certificate(tmp_path)
    settings = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    settings.load_cert_chain(certificate, key)
    return settings, certificate


async def test_starttls_and_login(
    run: Run, context: RecordingContext, certificate: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, trusted = certificate
    async with mail_server(settings, "me@x.org:secret-pw") as box:
        context.connection = {
            **server(box.port),
            "security": "starttls",
            "username": "me@x.org",
            "password": "secret-pw",
        }
        with pytest.raises(WorkflowError, match="self-signed certificate") as caught:
            await run(STEP, MESSAGE)
        assert caught.value.type == "email.tls"
        assert box.logins == [], "no password goes to a server that proves nothing"
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        await run(STEP, MESSAGE)
    assert box.secured
    assert len(box.messages) == 1


async def test_a_server_without_starttls_gets_no_password(run: Run, context: RecordingContext) -> None:
    async with mail_server() as box:
        context.connection = {**server(box.port), "security": "starttls", "username": "me", "password": "secret-pw"}
        with pytest.raises(WorkflowError, match="STARTTLS") as caught:
            await run(STEP, MESSAGE)
    assert (caught.value.type, box.logins, box.messages) == ("email.tls", [], [])


@pytest.mark.parametrize(
    ("body", "kind"),
    [({"text": ""}, "text/plain"), ({"html": "<b>"}, "text/html"), ({"text": ".\nQUIT"}, "text/plain")],
)
async def test_body_keeps_its_format(run: Run, context: RecordingContext, body: Mapping[str, Json], kind: str) -> None:
    async with mail_server() as box:
        context.connection = server(box.port)
        await run(STEP, {"to": "ann@x.org", "subject": "s", **body})
    assert email.message_from_string(box.messages[0]).get_content_type() == kind


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"from": "me@x.org\nBcc: x@y.org"}, "email.address"),
        ({"headers": {"X-A\nBcc: x@y.org, X": "1"}}, "email.header"),
        ({"headers": {"X-A": "1\nBcc: x@y.org"}}, "email.address"),
        ({"headers": {"Bcc": "x@y.org"}}, "email.header"),
        ({"headers": {"Content-Type": "text/html"}}, "email.header"),
        ({"attachments": ["."]}, "file.missing"),
        ({"to": "nobody"}, "email.address"),
        ({"from": "nobody"}, "email.address"),
        ({"subject": "a\nBcc: x@y.org"}, "email.address"),
        ({"attachments": ["missing"]}, "file.missing"),
    ],
)
async def test_failures_have_types(run: Run, context: RecordingContext, values: Mapping[str, Json], kind: str) -> None:
    context.connection = server(1)
    with pytest.raises(WorkflowError) as caught:
        await run(STEP, {**MESSAGE, **values})
    assert caught.value.type == kind


async def test_no_server_and_no_connection(run: Run, context: RecordingContext) -> None:
    with pytest.raises(WorkflowError, match="needs an smtp connection"):
        await run(STEP, MESSAGE)
    context.connection = server(1)
    with pytest.raises(WorkflowError, match="Connection to") as caught:
        await run(STEP, MESSAGE)
    assert (caught.value.type, caught.value.recoverable) == ("email.connect", True)
    with pytest.raises(pydantic.ValidationError):
        await run(STEP, {"to": "a@b", "subject": "nothing to say"})


async def test_cancel_breaks_the_connection(run: Run, context: RecordingContext) -> None:
    connected, gone = asyncio.Event(), asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set()
        await reader.read()
        gone.set()
        writer.close()

    listener = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with listener:
        context.connection = server(listener.sockets[0].getsockname()[1])
        task = asyncio.ensure_future(run(STEP, MESSAGE))
        await connected.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await gone.wait()
