"""A small real mail server on the loopback."""

import asyncio
import base64
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field


@dataclass
class Mailbox:
    """The mail that a server has received."""

    port: int = 0
    recipients: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    secured: bool = False


@contextlib.asynccontextmanager
async def mail_server(tls: ssl.SSLContext | None = None, login: str | None = None) -> AsyncIterator[Mailbox]:
    """Serve; refuses recipients at `refused.org`.

    Args:
        tls: offers STARTTLS with this, and takes no login or message without.
        login: the only `user:password` that is accepted; None refuses every one.
    """
    box = Mailbox()
    accepted = login and base64.b64encode("\0".join(["", *login.split(":")]).encode()).decode()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(text: str) -> None:
            writer.write(f"{text}\r\n".encode())

        say("220 ready")
        while line := (await reader.readline()).decode().rstrip():
            word = line.split()[0].upper()
            secure = tls is None or box.secured
            if word == "EHLO":
                say("250-here")
                say("250 AUTH PLAIN" if secure else "250 STARTTLS")
            elif word == "STARTTLS" and tls is not None:
                say("220 go on")
                await writer.start_tls(tls)
                box.secured = True
            elif word == "AUTH" and secure:
                box.logins.append(line)
                say("235 welcome" if line.split()[-1] == accepted else "535 no")
            elif word == "MAIL" and not secure:
                say("530 not without TLS")
            elif word == "RCPT" and "refused.org" in line:
                say("550 nobody of that name")
            elif word == "RCPT":
                box.recipients.append(line.partition("<")[2].rstrip(">"))
                say("250 ok")
            elif word == "DATA":
                say("354 go on")
                data = await reader.readuntil(b"\r\n.\r\n")
                box.messages.append(data.decode())
                say("250 taken")
            elif word == "QUIT":
                say("221 bye")
                break
            else:
                say("250 ok")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    async with server:
        yield box
