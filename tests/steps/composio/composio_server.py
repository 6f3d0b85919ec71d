"""A fake of Composio, from its documented calls: accounts, links, tools."""

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from steps.http.http_server import Handler, serving

MADE_AT = "2026-11-22T19:00:00.000Z"
VERSION = "20250909_00"


@dataclass
class Account:
    """A connected account as the stand-in keeps it."""

    id: str
    toolkit: str = "github"
    user: str = "ada"
    status: str = "ACTIVE"
    reason: str | None = None


@dataclass
class Composio:
    """Data of the fake, and all calls as (method, path with query, body).

    Attributes:
        tools: toolkit of each tool, by slug; other tools are of the toolkit that their name begins with.
        accounts: a link adds one that is `INITIATED`; when it was looked at `looks` times, it is `becomes`.
        auth_configs: (id, toolkit, made at) of what the project can sign in by.
        managed: toolkits for which Composio makes an auth config itself.
        execution: the answer to every execution.
        status: answers everything with this status when it is none of success.
        schemas: of the arguments and of the data of tools, by slug.
        changed: changes the answers to calls, by method and the first word of the path.
        page: most accounts in one answer.
    """

    url: str = ""
    tools: dict[str, str] = field(default_factory=dict)
    public: set[str] = field(default_factory=set)
    accounts: list[Account] = field(default_factory=list)
    auth_configs: list[tuple[str, str, str]] = field(default_factory=lambda: [("ac_1", "github", MADE_AT)])
    managed: set[str] = field(default_factory=set)
    execution: dict[str, Any] = field(default_factory=lambda: {"data": {"ok": 1}, "error": None, "successful": True})
    status: int = 200
    schemas: dict[str, tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=dict)
    changed: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    page: int = 100
    looks: int = 1
    link_expires: str = "2049-01-01T00:00:00.000Z"
    becomes: str = "ACTIVE"
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    keys: set[str | None] = field(default_factory=set)

    @property
    def executed(self) -> list[dict[str, Any]]:
        """The bodies of all executions, in order."""
        return [json.loads(body) for _, path, body in self.calls if "/tools/execute/" in path]

    def paths(self) -> list[str]:
        """Method and path of each call, without its query."""
        return [f"{method} {urlsplit(path).path.removeprefix('/api/v3.1')}" for method, path, _ in self.calls]

    # --- answers, as (status, JSON)

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: str) -> tuple[int, dict[str, Any]]:
        match method, path.removeprefix("/api/v3.1").strip("/").split("/"):
            case "GET", ["tools", slug]:
                return 200, self._tool(slug)
            case "POST", ["tools", "execute", _]:
                return 200, {"log_id": "log_1", **self.execution}
            case "GET", ["connected_accounts"]:
                return 200, self._list(query)
            case "POST", ["connected_accounts", "link"]:
                return 201, self._link(json.loads(body))
            case "GET", ["connected_accounts", account_id]:
                return self._look_at(unquote(account_id))
            case "GET", ["auth_configs"]:
                return 200, _page([_auth_config(each) for each in self._configs_of(query)])
            case "POST", ["auth_configs"]:
                return self._make_config(json.loads(body)["toolkit"]["slug"])
        return 404, {"error": {"message": "no such route"}}

    def _tool(self, slug: str) -> dict[str, Any]:
        toolkit = self.tools.get(slug, slug.partition("_")[0].lower())
        arguments, data = self.schemas.get(slug, ({"type": "object", "properties": {}}, {"type": "object"}))
        answer = {"data": data, "error": {"type": "string"}, "successful": {"type": "boolean"}}
        return {
            "slug": slug,
            "name": slug.title(),
            "description": "A tool.",
            "human_description": "A tool.",
            "toolkit": {"slug": toolkit, "name": toolkit.title(), "logo": ""},
            "version": VERSION,
            "available_versions": [VERSION],
            "no_auth": slug in self.public,
            "input_parameters": arguments,
            "output_parameters": {"type": "object", "properties": answer, "required": ["data", "successful"]},
            "is_deprecated": False,
            "scopes": [],
            "tags": [],
        }

    def _list(self, query: dict[str, list[str]]) -> dict[str, Any]:
        wanted = [
            each
            for each in self.accounts
            if each.user in query.get("user_ids", [each.user])
            and each.toolkit in query.get("toolkit_slugs", [each.toolkit])
            and each.status in query.get("statuses", [each.status])
        ]
        first = int(query.get("cursor", ["0"])[0])
        last = first + self.page
        shown = [_account(each) for each in wanted[first:last]]
        return _page(shown, str(last) if last < len(wanted) else None)

    def _look_at(self, account_id: str) -> tuple[int, dict[str, Any]]:
        found = next((each for each in self.accounts if each.id == account_id), None)
        if found is None:
            return 404, {"error": {"message": "there is no such account"}}
        if found.status == "INITIATED":
            self.looks -= 1
            if self.looks < 0:
                found.status = self.becomes
        return 200, _account(found)

    def _link(self, body: dict[str, Any]) -> dict[str, Any]:
        toolkit = next(toolkit for id_, toolkit, _ in self.auth_configs if id_ == body["auth_config_id"])
        new = Account(f"ca_{len(self.accounts) + 1}", toolkit, body["user_id"], "INITIATED")
        self.accounts.append(new)
        return {
            "connected_account_id": new.id,
            "expires_at": self.link_expires,
            "link_token": "lk_1",
            "redirect_url": f"https://connect.example/{new.id}",
        }

    def _configs_of(self, query: dict[str, list[str]]) -> list[tuple[str, str, str]]:
        return [each for each in self.auth_configs if each[1] in query.get("toolkit_slug", [each[1]])]

    def _make_config(self, toolkit: str) -> tuple[int, dict[str, Any]]:
        if toolkit not in self.managed:
            return 400, {"error": {"message": f"no managed credentials for {toolkit}"}}
        new = f"ac_{len(self.auth_configs) + 1}"
        self.auth_configs.append((new, toolkit, MADE_AT))
        made = {"id": new, "auth_scheme": "OAUTH2", "is_composio_managed": True}
        return 201, {"toolkit": {"slug": toolkit}, "auth_config": made}


def _page(items: list[dict[str, Any]], following: str | None = None) -> dict[str, Any]:
    count = len(items)
    return {"items": items, "next_cursor": following, "total_items": count, "total_pages": 1, "current_page": 1}


def _account(account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "toolkit": {"slug": account.toolkit},
        "user_id": account.user,
        "status": account.status,
        "status_reason": account.reason,
        "created_at": MADE_AT,
        "updated_at": MADE_AT,
        "is_disabled": False,
        "data": {"access_token": "gho_of_the_account"},
        "params": {},
        "state": {"authScheme": "OAUTH2", "val": {"status": account.status, "access_token": "gho_of_the_account"}},
        "auth_config": {"id": "ac_1", "auth_scheme": "OAUTH2", "is_composio_managed": True, "is_disabled": False},
    }


def _auth_config(config: tuple[str, str, str]) -> dict[str, Any]:
    id_, toolkit, made_at = config
    return {
        "id": id_,
        "uuid": id_,
        "type": "default",
        "name": toolkit,
        "toolkit": {"slug": toolkit, "logo": ""},
        "status": "ENABLED",
        "created_at": made_at,
        "no_of_connections": 0,
        "tool_access_config": {},
    }


@contextlib.contextmanager
def composio_server() -> Iterator[Composio]:
    """Serve the stand-in; a real server on the loopback."""
    state = Composio()

    class Routes(Handler):
        def handle_request(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            state.calls.append((self.command, self.path, sent))
            state.keys.add(self.headers.get("x-api-key"))
            address = urlsplit(self.path)
            status, value = state.status, {"error": {"message": "told why"}}
            if status == 200:
                status, value = state.answer(self.command, address.path, parse_qs(address.query), sent)
            waiting = {"Retry_After": "9"} if status >= 400 else {}
            change = state.changed.get(f"{self.command} {address.path.removeprefix('/api/v3.1').split('/')[1]}")
            value = change(value) if change is not None else value
            self.answer(status, json.dumps(value).encode(), "application/json", **waiting)

        do_GET = do_POST = handle_request  # noqa: N815

    with serving(Routes) as url:
        state.url = url
        yield state
