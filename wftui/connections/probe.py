"""Whether a connection can work: its secrets are there, and what it leads to answers."""

import asyncio
import shutil
import socket
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

from wftui.connections.connections import Connections, ResolvedConnection
from wftui.connections.errors import ConnectionsError
from wftui.model.base import Json

PROBE_SECONDS = 10.0
_SMTP_PORTS = {"starttls": 587, "tls": 465, "none": 25}


async def probe(connections: Connections, name: str) -> str:
    """Resolve a connection and reach for its other end, without signing in; what was found, as a sentence.

    Raises:
        NotFoundError: when there is no such connection.
        ConnectionsError: `connection.reference` or `connection.unreachable`.
    """
    connection = await asyncio.to_thread(connections.resolve, name)
    count = len(connection.secrets)
    secrets = f"{count} secret{'' if count == 1 else 's'} found"
    if command := connection.values.get("command"):
        if shutil.which(command[0]) is None:
            raise ConnectionsError(f"the program {command[0]} was not found", code="connection.unreachable")
        return f"{secrets}; the program {command[0]} is there"
    target = _target(connection)
    if target is None:
        return secrets
    host, port, secure = target
    await _reach(host, port, secure)
    return f"{secrets}; {host}:{port} answers{' over TLS' if secure else ''}"


def _target(connection: ResolvedConnection) -> tuple[str, int, bool] | None:
    values: Mapping[str, Json] = connection.values
    if connection.kind == "smtp":
        security = values["security"]
        return values["host"], values.get("port") or _SMTP_PORTS[security], security == "tls"
    address = values.get("baseUrl") or (values.get("url") if connection.kind == "mcp" else None)
    if not address:
        return None
    parts = urlsplit(address)
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConnectionsError(f"{address!r} is no http or https address", code="connection.invalid")
    return parts.hostname, port or (443 if parts.scheme == "https" else 80), parts.scheme == "https"


async def _reach(host: str, port: int, secure: bool) -> None:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            context = await asyncio.to_thread(ssl.create_default_context) if secure else None
            _, writer = await asyncio.open_connection(host, port, ssl=context)
            writer.close()
    except TimeoutError:
        reason = f"no answer within {PROBE_SECONDS:g} s"
    except socket.gaierror:
        reason = "the host was not found"
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", "") or error.reason or str(error)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
    else:
        return
    raise ConnectionsError(f"cannot reach {host}:{port}: {reason}", code="connection.unreachable")
