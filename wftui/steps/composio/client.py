"""Client for the parts of Composio's HTTP API that wftui needs.

Of our own, because the official package takes seconds to import; method, path and body are those it sends.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from wftui.model.base import Json
from wftui.model.json.incremental import read_json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.http.exchange import Exchange, exchange
from wftui.steps.http.response import retry_after
from wftui.steps.text.foreign import Fields

ACTIVE = "ACTIVE"
"""Status of an account that tools can run through."""
DEAD = frozenset({"FAILED", "EXPIRED", "REVOKED"})
"""Final statuses of an account; the user has to connect it again."""

_API = "/api/v3.1"
_MOST_BYTES = 32 * 1024 * 1024
_MAX_PAGES = 100


@dataclass(frozen=True, slots=True)
class ComposioTool:
    """Tool of Composio; `needs_account` is false if it acts for no user."""

    slug: str
    toolkit: str
    version: str
    needs_account: bool


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """Description and schemas of a tool; `output_schema` is that of its whole answer."""

    description: str | None
    input_schema: Mapping[str, Json]
    output_schema: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class ConnectedAccount:
    """Account that a user has connected or begun to connect."""

    id: str
    toolkit: str
    status: str
    reason: str | None = None
    created_at: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Link to connect an account, with the id that the account will have."""

    address: str
    account_id: str
    expires_at: str | None


@dataclass(frozen=True, slots=True)
class Execution:
    """Result of a tool; `error` is None on success."""

    data: Json
    error: str | None
    log_id: str | None


class ComposioClient:
    """Client for one address and key.

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

    async def check(self) -> None:
        """Check that the key is accepted."""
        await self._call("GET", "/auth_configs", query=[("limit", "1")])

    async def tool(self, slug: str) -> ComposioTool:
        """Return the latest version of a tool."""
        found = await self._tool(slug, "latest")
        toolkit = found.object("toolkit").text("slug")
        return ComposioTool(slug, toolkit, found.text("version"), not found.flag("no_auth"))

    async def definition(self, slug: str, version: str | None) -> ToolDefinition:
        """Return the schemas of a tool, of its latest version unless one is given."""
        found = await self._tool(slug, version or "latest")
        return ToolDefinition(
            found.text_or_none("description"),
            found.object("input_parameters").value,
            found.object("output_parameters").value,
        )

    async def _tool(self, slug: str, version: str) -> Fields:
        return await self._call("GET", f"/tools/{quote(slug, safe='')}", query=[("toolkit_versions", version)])

    async def execute(
        self, slug: str, *, user_id: str, version: str, arguments: Mapping[str, Json], account_id: str | None
    ) -> Execution:
        """Run a tool as a user; never repeated, as a broken call may have succeeded."""
        body: dict[str, Json] = {"user_id": user_id, "version": version, "arguments": dict(arguments)}
        if account_id is not None:
            body = {"connected_account_id": account_id, **body}
        found = await self._call("POST", f"/tools/execute/{slug}", body=body)
        error = None
        if not found.flag("successful"):
            error = _reason(found.value.get("error")) or "no reason given"
        return Execution(found.value.get("data"), error, found.label("log_id") or None)

    async def accounts(
        self, user_id: str, toolkit: str | None = None, *, only_active: bool = True
    ) -> list[ConnectedAccount]:
        """Return the accounts of a user, for one toolkit (`github`) or all.

        Args:
            only_active: leave out those that no tool can run through.
        """
        query: list[tuple[str, str]] = []
        if toolkit is not None:
            query.append(("toolkit_slugs", toolkit))
        if only_active:
            query.append(("statuses", ACTIVE))
        query.append(("user_ids", user_id))
        found: list[ConnectedAccount] = []
        page: list[tuple[str, str]] = []
        for _ in range(_MAX_PAGES):
            answer = await self._call("GET", "/connected_accounts", query=[*query, *page])
            found += [_account(item, toolkit or "") for item in answer.objects("items")]
            following = answer.label("next_cursor")
            if not following:
                break
            page = [("cursor", following)]
        return found

    async def account(self, account_id: str) -> ConnectedAccount:
        """Return an account, whatever its status."""
        return _account(await self._call("GET", f"/connected_accounts/{quote(account_id, safe='')}"), "")

    async def link(self, user_id: str, toolkit: str) -> Link:
        """Create a link to connect an account of a toolkit.

        Signs in by the project's newest way for that toolkit; where it has none, by one that Composio manages.

        Raises:
            WorkflowError: `composio.refused` when Composio manages none for that toolkit.
        """
        body: dict[str, Json] = {"auth_config_id": await self._auth_config(toolkit), "user_id": user_id}
        answer = await self._call("POST", "/connected_accounts/link", body=body)
        address, account_id = answer.text("redirect_url"), answer.text("connected_account_id")
        if not address or not account_id:
            raise WorkflowError("composio.protocol", "Composio returned no link address.")
        return Link(address, account_id, answer.text_or_none("expires_at"))

    async def _auth_config(self, toolkit: str) -> str:
        answer = await self._call("GET", "/auth_configs", query=[("toolkit_slug", toolkit)])
        known = [item for item in answer.objects("items") if item.text("status") != "DISABLED"]
        if known:
            return max(known, key=lambda item: item.label("created_at")).label("id")
        managed = {
            "type": "use_composio_managed_auth",
            "tool_access_config": {"tools_for_connected_account_creation": []},
        }
        body: dict[str, Json] = {"toolkit": {"slug": toolkit}, "auth_config": managed}
        made = (await self._call("POST", "/auth_configs", body=body)).object("auth_config").label("id")
        if not made:
            raise WorkflowError("composio.protocol", "Composio returned no auth config.")
        return made

    async def _call(
        self,
        method: str,
        path: str,
        *,
        query: list[tuple[str, str]] | None = None,
        body: dict[str, Json] | None = None,
    ) -> Fields:
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
            answer = read_json(reply.content)
        except ValueError:
            answer = None
        if reply.status >= 400:
            raise _failure(reply.status, answer, path, retry_after(reply.header("retry-after")))
        if not isinstance(answer, dict):
            raise WorkflowError("composio.protocol", f"The response of Composio to {path} is not a JSON object.")
        return Fields(answer, _odd_answer)


def _odd_answer(sentence: str) -> WorkflowError:
    return WorkflowError("composio.protocol", f"The response of Composio is invalid: {sentence}.")


def _reason(error: Json) -> str:
    """Return the reason in an error, which is a text or an object with a message."""
    told = error.get("message") if isinstance(error, dict) and error.get("message") else error
    return told if isinstance(told, str) else json.dumps(told, ensure_ascii=False) if told else ""


def _failure(status: int, answer: Json, path: str, waiting: float | None) -> WorkflowError:
    error = answer.get("error") if isinstance(answer, dict) else None
    told = _reason(error)
    kind = {401: "composio.auth", 403: "composio.auth", 404: "composio.missing", 429: "composio.limit"}.get(
        status, "composio.server" if status >= 500 else "composio.refused"
    )
    reason = f": {told.rstrip('.')}" if told else ""
    return WorkflowError(
        kind,
        f"Composio returned status {status} for {path}{reason}.",
        recoverable=status == 429,
        details={"status": status, "retryAfter": waiting},
    )


def _account(item: Fields, toolkit: str) -> ConnectedAccount:
    return ConnectedAccount(
        id=item.label("id"),
        toolkit=item.object("toolkit").text("slug") or toolkit,
        status=item.text("status"),
        reason=item.text_or_none("status_reason"),
        created_at=item.text_or_none("created_at"),
    )
