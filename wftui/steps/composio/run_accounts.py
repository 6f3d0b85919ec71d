"""Tools and accounts of a run, each looked up once."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.composio.client import ACTIVE, ComposioClient, ComposioTool, ConnectedAccount

T = TypeVar("T")
K = TypeVar("K")
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class ToolAccount:
    """Account and version for a tool; `account_id` is None if it needs none."""

    account_id: str | None
    version: str


class Accounts:
    """Tools and accounts of one connection; caches results, not failures.

    Attributes:
        client: how Composio is asked.
    """

    def __init__(self, base_url: str, api_key: str, seconds: float) -> None:
        self.client = ComposioClient(base_url, api_key, seconds)
        self._tools: dict[str, asyncio.Task[ComposioTool]] = {}
        self._accounts: dict[tuple[str, str], asyncio.Task[list[ConnectedAccount]]] = {}
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def for_tool(
        self, slug: str, user: str, account_id: str | None, version: str | None, connection: str | None
    ) -> ToolAccount:
        """Return the account and version that a tool runs with.

        Args:
            account_id: the account, where the step says which.
            version: the version, where the step says which.
            connection: what the user calls the connection, for the command that helps.

        Raises:
            WorkflowError: `composio.account` when the account is missing, not active, or one of several.
        """
        if account_id is not None:
            await self._check(account_id, connection)
            return ToolAccount(account_id, version or (await self._tool(slug)).version)
        tool = await self._tool(slug)
        if tool.needs_account:
            account_id = await self._only(user, tool.toolkit, connection)
        return ToolAccount(account_id, version or tool.version)

    async def aclose(self) -> None:
        """Cancel pending requests."""
        tasks = [*self._tools.values(), *self._accounts.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _tool(self, slug: str) -> ComposioTool:
        return await self._once(self._tools, slug, lambda: self.client.tool(slug))

    async def _check(self, account_id: str, connection: str | None) -> None:
        async with self._turn:
            account = await self.client.account(account_id)
        if account.status != ACTIVE:
            why = f": {account.reason.rstrip('.')}" if account.reason else ""
            raise _missing(
                f"The {account.toolkit} account {account_id} is {account.status.lower()}{why}.",
                connection,
                account.toolkit,
            )

    async def _only(self, user: str, toolkit: str, connection: str | None) -> str:
        found = await self._once(self._accounts, (user, toolkit), lambda: self.client.accounts(user, toolkit))
        if not found:
            raise _missing(f"{user} has not connected an account for {toolkit}.", connection, toolkit, user)
        if len(found) > 1:
            ids = [each.id for each in found]
            raise WorkflowError(
                "composio.account",
                f"{user} has {len(ids)} accounts for {toolkit}; choose one with accountId: {', '.join(ids)}.",
                details={"userId": user, "toolkit": toolkit, "accountIds": ids},
            )
        return found[0].id

    async def _once(self, known: dict[K, asyncio.Task[T]], key: K, ask: Callable[[], Awaitable[T]]) -> T:
        """Return a cached or pending result, or request it."""

        async def in_turn() -> T:
            async with self._turn:
                return await ask()

        task = known.get(key)
        if task is None:
            task = known[key] = asyncio.create_task(in_turn())
        try:
            return await asyncio.shield(task)
        except WorkflowError:
            if known.get(key) is task:
                del known[key]
            raise


def _missing(message: str, connection: str | None, toolkit: str, user: str | None = None) -> WorkflowError:
    details = {"connection": connection, "toolkit": toolkit, "userId": user}
    known = {name: value for name, value in details.items() if value is not None}
    command = {"command": f"wftui connections connect {connection} {toolkit}"} if connection is not None else {}
    return WorkflowError("composio.account", message, details={**known, **command})
