"""Connection tests: resolve the secrets and ask the other end, read-only."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from pydantic import ValidationError

from wftui.connections.connection_errors import ConnectionsError
from wftui.connections.connection_kinds import (
    AnthropicConnection,
    ComposioConnection,
    DatabaseConnection,
    HttpConnection,
    McpConnection,
    OpenAIConnection,
    SmtpConnection,
)
from wftui.connections.connections import Connections
from wftui.connections.redaction import Redactor
from wftui.connections.secret_forms import MINIMUM_LENGTH
from wftui.model.base import Json
from wftui.model.json.incremental import read_json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.workspace.locate import current_folder

PROBE_SECONDS = 15.0
START_SECONDS = 60.0
"""Time for an MCP server to start: some are downloaded first."""
_MOST_BYTES = 8 * 1024 * 1024
_SHOWN_TOOLS = 5

Values = Mapping[str, Json]


async def probe(connections: Connections, name: str) -> str:
    """Test a connection and return the result as a sentence.

    Raises:
        NotFoundError: when there is no such connection.
        ConnectionsError: `connection.reference` when a secret is not there, or what the other end's trouble is called.
    """
    connection = await asyncio.to_thread(connections.resolve, name)
    count = len(connection.secrets)
    secrets = f"{count} secret{'' if count == 1 else 's'} found"
    if short := sum(0 < len(secret) < MINIMUM_LENGTH for secret in connection.secrets):
        secrets += f", {short} of fewer than {MINIMUM_LENGTH} characters, which cannot be masked as part of a word"
    ask = _PROBES.get(connection.kind)
    if ask is None:
        return secrets
    try:
        found = await ask(connection.values)
    except WorkflowError as error:
        message = Redactor(connection.secrets).redact_text(error.message)
        raise ConnectionsError(message, code=error.type) from None
    return f"{secrets}; {found}" if found else secrets


async def _http(values: Values) -> str:
    from wftui.steps.http.auth import credentials

    who = await credentials(values, PROBE_SECONDS)
    signed = "; an access token was issued" if values.get("auth") == "clientCredentials" else ""
    if who.base_url is None:
        return f"no base URL to test{signed}"
    status, _ = await _get(who.base_url, who.headers, query=who.query)
    return f"{who.base_url} returns status {status}{signed}"


async def _openai(values: Values) -> str:
    from wftui.steps.llm.openai import OpenAIProtocol

    service = OpenAIConnection.model_validate(dict(values))
    headers = {**service.headers, **OpenAIProtocol(service.base_url).headers(service.api_key)}
    return await _models(f"{service.base_url.rstrip('/')}/models", headers, service.model)


async def _anthropic(values: Values) -> str:
    from wftui.steps.llm.anthropic import AnthropicProtocol

    service = AnthropicConnection.model_validate(dict(values))
    protocol = AnthropicProtocol()
    address = protocol.address(service.base_url).removesuffix("/messages") + "/models"
    return await _models(address, protocol.headers(service.api_key), service.model)


async def _composio(values: Values) -> str:
    from wftui.steps.composio.client import ComposioClient

    service = ComposioConnection.model_validate(dict(values))
    await ComposioClient(service.base_url, service.api_key, PROBE_SECONDS).check()
    return f"{service.base_url} accepts the key"


async def _mcp(values: Values) -> str:
    from wftui.steps.mcp.locking import Quiet
    from wftui.steps.mcp.server import McpServer, server_problem
    from wftui.steps.mcp.sessions import load_session_class

    try:
        server = McpServer.model_validate(dict(values)).absolute(current_folder())
    except ValidationError as error:
        raise WorkflowError("mcp.server", f"the connection is not an MCP server: {error.errors()[0]['msg']}") from None
    if (detail := server_problem(server.model_dump(exclude_none=True))) is not None:
        raise WorkflowError("mcp.server", detail)
    session = (await load_session_class())(server)
    try:
        await session.started(Quiet(lambda _line: None), START_SECONDS)
        tools = sorted(session.tools)
        name = " ".join(filter(None, [session.info.get("name"), session.info.get("version")])) or server.label
    finally:
        await session.aclose()
    shown = ", ".join(tools[:_SHOWN_TOOLS]) + (", …" if len(tools) > _SHOWN_TOOLS else "")
    return f"{name} has {len(tools)} tool{'' if len(tools) == 1 else 's'}{f': {shown}' if shown else ''}"


async def _database(values: Values) -> str:
    from wftui.steps.api.threads import run_stoppable
    from wftui.steps.sql.sqlalchemy_job import SqlAlchemyJob

    url = DatabaseConnection.model_validate(dict(values)).url
    job = SqlAlchemyJob(url, read_only=False, max_rows=1, wait=PROBE_SECONDS)
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            await run_stoppable(lambda: job.query("SELECT 1", []), job.stop)
    except TimeoutError:
        raise WorkflowError("sql.open", f"the database did not respond within {PROBE_SECONDS:g} s") from None
    return "the database responds"


async def _smtp(values: Values) -> str:
    from wftui.steps.api.threads import run_stoppable
    from wftui.steps.email.delivery import Delivery

    server = SmtpConnection.model_validate(dict(values))
    delivery = Delivery(server, PROBE_SECONDS)
    await run_stoppable(delivery.sign_in, delivery.stop)
    return f"{server.host} responds{f' and accepts {server.username}' if server.username else ''}"


async def _models(address: str, headers: Mapping[str, str], model: str | None) -> str:
    status, body = await _get(address, headers)
    listed = body.get("data") if isinstance(body, dict) else None
    if status != 200 or not isinstance(listed, list):
        return f"{address} returns status {status} and no list of models"
    names = [str(each.get("id")) for each in listed if isinstance(each, dict)]
    known = "" if model is None or model in names else f", but not {model}"
    return f"{address} lists {len(names)} model{'' if len(names) == 1 else 's'}{known}"


async def _get(url: str, headers: Mapping[str, str], query: list[tuple[str, str]] | None = None) -> tuple[int, Json]:
    """Return status and JSON of a response that does not reject the credentials.

    Raises:
        WorkflowError: `http.401`, `http.403`, `http.5xx`, or what kept an answer from coming.
    """
    from wftui.steps.http.exchange import Exchange, exchange
    from wftui.steps.http.redirects import SecretGuard

    reply = await exchange(
        Exchange(
            method="GET",
            url=url,
            headers=dict(headers),
            guard=SecretGuard(frozenset(headers)),
            query=list(query or []),
            timeout=PROBE_SECONDS,
            max_bytes=_MOST_BYTES,
        )
    )
    if reply.status in (401, 403):
        raise WorkflowError(f"http.{reply.status}", f"{url} rejects the credentials with status {reply.status}")
    if reply.status >= 500:
        raise WorkflowError("http.5xx", f"{url} returns status {reply.status}")
    try:
        return reply.status, read_json(reply.content)
    except ValueError:
        return reply.status, None


_PROBES: dict[str, Callable[[Values], Awaitable[str]]] = {
    AnthropicConnection.word: _anthropic,
    ComposioConnection.word: _composio,
    DatabaseConnection.word: _database,
    HttpConnection.word: _http,
    McpConnection.word: _mcp,
    OpenAIConnection.word: _openai,
    SmtpConnection.word: _smtp,
}
"""Tests by kind of connection; for other kinds only the secrets are resolved."""
