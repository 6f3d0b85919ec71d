"""The few calls of Composio's HTTP interface that wftui needs.

Of our own, because the official package takes seconds to import; method, path and body are those it sends.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wftui.model.base import Json
from wftui.runtime.errors import WorkflowError
from wftui.steps.http_exchange import Exchange, exchange
from wftui.steps.http_reply import retry_after

_API = "/api/v3.1"
_MOST_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ComposioTool:
    """A tool; `needs_account` is false for those that act for nobody."""

    slug: str
    toolkit: str
    version: str
    needs_account: bool


@dataclass(frozen=True, slots=True)
class ConnectedAccount:
    """An account that a user has connected."""

    id: str
    toolkit: str
    status: str


@dataclass(frozen=True, slots=True)
class Execution:
    """What running a tool gave; `error` is None when it was successful."""

    data: Json
    error: str | None
    log_id: str | None


class ComposioClient:
    """Composio at one address with one key.

    Args:
        seconds: bound of each call.

    Raises (all methods):
        WorkflowError: `composio.auth`, `composio.missing`, `composio.limit`, `composio.server`, `composio.protocol`
            and `http.*`.
    """

    def __init__(self, base_url: str, api_key: str, seconds: float) -> None:
        self._base = base_url.rstrip("/") + _API
        self._key = api_key
        self._seconds = seconds

    async def tool(self, slug: str) -> ComposioTool:
        """What a tool is, in its latest version."""
        found = await self._call("GET", f"/tools/{slug}", query=[("toolkit_versions", "latest")])
        toolkit = found.get("toolkit") or {}
        return ComposioTool(slug, toolkit.get("slug") or "", found.get("version") or "", not found.get("no_auth"))

    async def execute(
        self, slug: str, *, user_id: str, version: str, arguments: Mapping[str, Json], account_id: str | None
    ) -> Execution:
        """Run a tool as a user. Called once: whether a call that broke has done its work is not known."""
        body: dict[str, Json] = {"user_id": user_id, "version": version, "arguments": dict(arguments)}
        if account_id is not None:
            body = {"connected_account_id": account_id, **body}
        found = await self._call("POST", f"/tools/execute/{slug}", body=body)
        error = None
        if not found.get("successful"):
            error = str(found.get("error") or "it does not say why")
        return Execution(found.get("data"), error, found.get("log_id"))

    async def accounts(self, user_id: str, toolkit: str) -> list[ConnectedAccount]:
        """The active accounts a user has connected for a toolkit (`github`)."""
        query = [("toolkit_slugs", toolkit), ("statuses", "ACTIVE"), ("user_ids", user_id)]
        items = _list((await self._call("GET", "/connected_accounts", query=query)).get("items"))
        return [
            ConnectedAccount(str(item.get("id")), (item.get("toolkit") or {}).get("slug") or toolkit, "ACTIVE")
            for item in items
        ]

    async def link(self, user_id: str, toolkit: str) -> str:
        """An address at which a user connects an account of a toolkit.

        Raises:
            WorkflowError: `composio.missing` when the project has no way to sign in to that toolkit.
        """
        configured = await self._call("GET", "/auth_configs", query=[("toolkit_slug", toolkit)])
        items = _list(configured.get("items"))
        if not items:
            raise WorkflowError(
                "composio.missing", f"The Composio project has no auth config for {toolkit}; add one on its dashboard."
            )
        body = {"auth_config_id": str(items[0].get("id")), "user_id": user_id}
        address = (await self._call("POST", "/connected_accounts/link", body=body)).get("redirect_url")
        if not isinstance(address, str):
            raise WorkflowError("composio.protocol", "Composio answered without the address of a link.")
        return address

    async def _call(
        self,
        method: str,
        path: str,
        *,
        query: list[tuple[str, str]] | None = None,
        body: dict[str, Json] | None = None,
    ) -> dict[str, Any]:
        reply = await exchange(
            Exchange(
                method=method,
                url=self._base + path,
                headers={"x-api-key": self._key, "Accept": "application/json"},
                query=list(query or []),
                body={} if body is None else {"json": body},
                timeout=self._seconds,
                max_bytes=_MOST_BYTES,
                follow_redirects=False,
            )
        )
        try:
            answer = json.loads(reply.content)
        except ValueError:
            answer = None
        if reply.status >= 400:
            raise _failure(reply.status, answer, path, retry_after(reply.headers.get("retry-after", "")))
        if not isinstance(answer, dict):
            raise WorkflowError("composio.protocol", f"Composio answered {path} with something that is no JSON object.")
        return answer


def _failure(status: int, answer: Json, path: str, waiting: float | None) -> WorkflowError:
    error = answer.get("error") if isinstance(answer, dict) else None
    told = error.get("message") if isinstance(error, dict) else error
    kind = {401: "composio.auth", 403: "composio.auth", 404: "composio.missing", 429: "composio.limit"}.get(
        status, "composio.server" if status >= 500 else "composio.refused"
    )
    reason = f": {str(told).rstrip('.')}" if told else ""
    return WorkflowError(
        kind,
        f"Composio answered {status} to {path}{reason}.",
        recoverable=status == 429,
        details={"status": status, "retryAfter": waiting},
    )


def _list(items: Json) -> list[dict[str, Any]]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
