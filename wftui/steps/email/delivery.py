"""E-mail messages and their delivery over SMTP; blocking, for a thread."""

import contextlib
import mimetypes
import re
import smtplib
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import formatdate, getaddresses, make_msgid, parseaddr
from pathlib import Path
from typing import Any, TypeVar

from wftui.connections.connection_kinds import SmtpConnection
from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.email.input import Addresses, EmailInput
from wftui.workspace.regular import read_regular

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_MADE_HERE = frozenset({"from", "to", "cc", "bcc", "reply-to", "subject", "date", "message-id", "mime-version"})
T = TypeVar("T")
_PORTS = {"starttls": 587, "tls": 465, "none": 25}


def build_message(step: EmailInput, server: SmtpConnection, attachments: list[Path]) -> tuple[EmailMessage, list[str]]:
    """Build the message and the list of its recipients.

    Raises:
        WorkflowError: `email.address`, `email.header`, `file.missing`.
    """
    sender = step.from_ or server.sender or server.username
    if sender is None or "@" not in parseaddr(sender)[1]:
        raise WorkflowError(
            "email.address", f'{sender!r} is not a valid sender; set "from", or the sender of the connection.'
        )
    message = EmailMessage()
    try:
        message["From"] = sender
        for name, addresses in (("To", step.to), ("Cc", step.cc), ("Reply-To", step.reply_to)):
            if addresses:
                message[name] = ", ".join(_list(addresses))
        message["Subject"] = step.subject
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=parseaddr(sender)[1].rpartition("@")[2])
        for name, value in step.headers.items():
            _check_name(name)
            message[name] = value
    except (ValueError, MessageError) as error:
        raise WorkflowError("email.address", f"A header of the message is invalid: {error}.") from None
    message.set_content(
        step.text if step.text is not None else step.html or "",
        subtype="plain" if step.text is not None else "html",
    )
    if step.text is not None and step.html is not None:
        message.add_alternative(step.html, subtype="html")
    for path in attachments:
        _attach(message, path)
    everybody = [*_list(step.to), *_list(step.cc or []), *_list(step.bcc or [])]
    recipients = [address for _, address in getaddresses(everybody)]
    if not recipients or not all("@" in address for address in recipients):
        raise WorkflowError("email.address", "A recipient is not a valid e-mail address.")
    return message, recipients


def _check_name(name: str) -> None:
    if not _HEADER_NAME.fullmatch(name):
        raise WorkflowError("email.header", f"{name!r} is not a valid header name.")
    if name.lower() in _MADE_HERE or name.lower().startswith("content-"):
        raise WorkflowError("email.header", f'The header {name} is set by other fields, such as "bcc" or "html".')


class Delivery:
    """Delivery of one message; `stop` breaks the connection from any thread."""

    def __init__(self, server: SmtpConnection, seconds: float) -> None:
        self._server = server
        self._seconds = seconds
        self._client: smtplib.SMTP | None = None
        self._stopped = False

    def stop(self) -> None:
        """Cancel the delivery."""
        self._stopped = True
        connection = self._client.sock if self._client is not None else None
        if connection is not None:
            with contextlib.suppress(OSError):  # it is closed already
                connection.shutdown(socket.SHUT_RDWR)

    def send(self, message: tuple[EmailMessage, list[str]]) -> Json:
        """Send the message.

        Raises:
            WorkflowError: `email.auth`, `email.tls`, `email.refused`, `email.connect`.
        """
        content, recipients = message
        try:
            refused = _explained(lambda: self._deliver(content, recipients), self._server.host)
        finally:
            if self._client is not None:
                self._client.close()
        return {
            "messageId": str(content["Message-ID"]),
            "accepted": [address for address in recipients if address not in refused],
            "refused": {address: text.decode("utf-8", "replace") for address, (_, text) in refused.items()},
        }

    def sign_in(self) -> None:
        """Connect to the mail server and sign in without sending anything.

        Raises:
            WorkflowError: as `send`.
        """
        try:
            _explained(self._only_sign_in, self._server.host)
        finally:
            if self._client is not None:
                self._client.close()

    def _only_sign_in(self) -> None:
        with self._signed_in() as client:
            client.noop()

    def _deliver(self, content: EmailMessage, recipients: list[str]) -> dict[str, tuple[int, bytes]]:
        with self._signed_in() as client:
            return client.send_message(content, to_addrs=recipients)

    @contextlib.contextmanager
    def _signed_in(self) -> Iterator[smtplib.SMTP]:
        server = self._server
        port = server.port or _PORTS[server.security]
        delivery = self

        class Plain(smtplib.SMTP):
            def connect(self, *place: Any, **options: Any) -> tuple[int, bytes]:
                delivery._client = self
                return super().connect(*place, **options)

            def getreply(self) -> tuple[int, bytes]:
                if delivery._stopped:  # before there was a connection that `stop` could have broken
                    raise ConnectionAbortedError("stopped")
                return super().getreply()

        class Secure(Plain, smtplib.SMTP_SSL):
            pass

        if server.security == "tls":
            made: smtplib.SMTP = Secure(server.host, port, timeout=self._seconds, context=ssl.create_default_context())
        else:
            made = Plain(server.host, port, timeout=self._seconds)
        with made as client:
            if server.security == "starttls":
                client.starttls(context=ssl.create_default_context())
            if server.username:
                client.login(server.username, server.password or "")
            yield client


def _explained(deliver: Callable[[], T], host: str) -> T:
    try:
        return deliver()
    except smtplib.SMTPAuthenticationError as error:
        raise WorkflowError("email.auth", f"{host} rejected the user name and password.") from error
    except smtplib.SMTPNotSupportedError as error:
        kind = "email.address" if "SMTPUTF8" in str(error) else "email.auth" if "AUTH" in str(error) else "email.tls"
        raise WorkflowError(kind, f"{host} does not support this: {str(error).rstrip('.')}.") from error
    except smtplib.SMTPRecipientsRefused as error:
        texts = {text.decode("utf-8", "replace") for _, text in error.recipients.values()}
        raise WorkflowError("email.refused", f"{host} rejected all recipients: {'; '.join(sorted(texts))}.") from error
    except smtplib.SMTPResponseException as error:
        detail = error.smtp_error if isinstance(error.smtp_error, str) else error.smtp_error.decode("utf-8", "replace")
        passing = 400 <= error.smtp_code < 500
        raise WorkflowError(
            "email.refused", f"{host} responded: {error.smtp_code} {detail}.", recoverable=passing
        ) from error
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", "") or error.reason or str(error)
        raise WorkflowError("email.tls", f"TLS connection to {host} failed: {reason}.") from error
    except (OSError, smtplib.SMTPException) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise WorkflowError("email.connect", f"Connection to {host} failed: {reason}.", recoverable=True) from error


def _attach(message: EmailMessage, path: Path) -> None:
    try:
        data = read_regular(path, sys.maxsize)
    except OSError as error:
        raise WorkflowError("file.missing", f"{str(path)!r} cannot be read: {error.strerror or error}.") from None
    main, _, sub = (mimetypes.guess_type(path.name)[0] or "application/octet-stream").partition("/")
    message.add_attachment(data, maintype=main, subtype=sub, filename=path.name)


def _list(addresses: Addresses) -> list[str]:
    return [addresses] if isinstance(addresses, str) else addresses
