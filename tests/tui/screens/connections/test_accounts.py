"""From missing requirements to screens that provide them, with a fake Composio."""

import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from helpers import run_to_end
from steps.composio.composio_server import Account, Composio, composio_server
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from tui.notices import notices
from tui.run_views import shows_end
from wftui.connections.connections import Connections, StoredConnection
from wftui.steps.composio import user_accounts
from wftui.tui.app import WftuiApp
from wftui.tui.screens.connections.accounts_screen import AccountsScreen
from wftui.tui.screens.connections.connection_form import ConnectionForm
from wftui.tui.screens.connections.connections_screen import ConnectionsScreen
from wftui.tui.screens.dialogs.prompt import PromptScreen
from wftui.tui.screens.runs.missing_screen import MissingScreen
from wftui.tui.screens.runs.monitor_screen import MonitorScreen
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Composio]:
    monkeypatch.setenv("COMPOSIO_KEY", "ak_0123456789")
    monkeypatch.setattr(user_accounts, "LOOK_SECONDS", 0.01)
    with composio_server() as state:
        values = {"baseUrl": state.url, "apiKey": "env:COMPOSIO_KEY"}
        Connections().save(StoredConnection(name="tools", kind="composio", values=values))
        yield state


def says(app: App[Any], text: str) -> bool:
    """Return whether a notification contains a text; on screen it may be wrapped."""
    return any(text in message for message in notices(app))


FETCH = {"id": "fetch", "type": "http", "connection": "api", "input": {"url": "/x"}}
POST = {"id": "post", "type": "composio", "connection": "tools", "input": {"tool": "GITHUB_CREATE_ISSUE"}}


def write(workbench: Workbench, *steps: dict[str, Any]) -> None:
    connections = {"api": {"kind": "http"}, "tools": {"kind": "composio"}}
    path = workbench.workspace.source_path("posts")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"format": 1, "id": "posts", "connections": connections, "steps": steps}))


async def test_missing_account_is_one_key_away(
    workbench: Workbench, service: Composio, until: Until, text_of: TextOf
) -> None:
    write(workbench, FETCH, POST)
    record = await run_to_end(workbench, "posts", {})
    service.looks = 10_000  # the link is not used yet
    app = WftuiApp(workbench)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_monitor(record.id)
        await until(pilot, lambda: shows_end(app))
        await until(pilot, lambda: "press m for missing requirements" in text_of(app))
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, MissingScreen) and app.screen.query(OptionList))
        await until(pilot, lambda: "wftui connections add api --kind http" in text_of(app))
        await pilot.press("down")
        await until(pilot, lambda: "wftui connections connect tools github" in text_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, AccountsScreen))
        await until(pilot, lambda: "Press n to connect a github account" in text_of(app))
        await pilot.press("n")
        await until(
            pilot, lambda: isinstance(app.screen, PromptScreen) and app.screen.query_one(Input).value == "github"
        )
        await pilot.press("enter")
        await until(pilot, lambda: "https://connect.example/ca_1" in text_of(app))
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard == "https://connect.example/ca_1")
        service.looks = 0  # now it is
        await until(pilot, lambda: isinstance(app.screen, AccountsScreen) and app.screen.accounts)
        await until(pilot, lambda: "github  active" in text_of(app) and "https://connect.example" not in text_of(app))


async def test_missing_connection_is_prefilled(workbench: Workbench, service: Composio, until: Until) -> None:
    write(workbench, FETCH, POST)
    service.accounts = [Account("ca_1")]
    record = await run_to_end(workbench, "posts", {})
    app = WftuiApp(workbench)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_monitor(record.id)
        await until(pilot, lambda: shows_end(app))
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, MissingScreen) and app.screen.query(OptionList))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        assert app.screen.query_one(Input).value == "api"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConnectionForm) and app.screen.query(Input))
        await pilot.press("f2")
        await until(pilot, lambda: isinstance(app.screen, ConnectionsScreen) and app.screen.selected)
    assert Connections().get("api").kind == "http"


async def test_run_without_missing_requirements_is_reported(
    workbench: Workbench, until: Until, text_of: TextOf
) -> None:
    write(workbench, {"id": "a", "type": "set", "input": {"x": 1}})
    record = await run_to_end(workbench, "posts", {})
    app = WftuiApp(workbench)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_monitor(record.id)
        await until(pilot, lambda: shows_end(app))
        await pilot.press("m")
        await until(pilot, lambda: says(app, "no connection was missing"))
        assert isinstance(app.screen, MonitorScreen)


async def test_the_accounts_of_a_connection_are_one_key_away(
    workbench: Workbench, service: Composio, until: Until, text_of: TextOf
) -> None:
    service.accounts = [Account("ca_1"), Account("ca_2", "slack", status="EXPIRED", reason="Revoked by its owner")]
    Connections().save(StoredConnection(name="mail", kind="smtp", values={"host": "h"}))
    app = WftuiApp(workbench)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("C")
        await until(pilot, lambda: isinstance(app.screen, ConnectionsScreen) and app.screen.selected)
        await pilot.press("a")
        await until(pilot, lambda: says(app, "a connection of kind smtp has no accounts"))
        await pilot.press("down", "a")
        await until(pilot, lambda: isinstance(app.screen, AccountsScreen) and len(app.screen.accounts) == 2)
        await until(pilot, lambda: "Revoked by its owner" in text_of(app))
        service.status = 500
        await pilot.press("r")
        await until(pilot, lambda: says(app, "told why"))
        service.status = 200
        service.looks, service.becomes = 0, "FAILED"
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        await pilot.press(*"github", "enter")
        await until(pilot, lambda: says(app, "account was not connected: it is failed"))


async def test_accounts_look(
    workbench: Workbench,
    service: Composio,
    size: tuple[int, int],
    until: Until,
    matches: Callable[[Pilot[Any]], Awaitable[bool]],
) -> None:
    service.accounts = [Account("ca_1"), Account("ca_2", "slack", status="EXPIRED", reason="Revoked by its owner")]
    service.looks = 10_000
    app = WftuiApp(workbench)
    async with app.run_test(size=size) as pilot:
        app.push_screen(AccountsScreen("tools", "gmail"))
        service.managed.add("gmail")
        await until(pilot, lambda: isinstance(app.screen, AccountsScreen) and len(app.screen.accounts) == 2)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, AccountsScreen) and app.screen.link)
        assert await matches(pilot)


async def test_rerun_uses_the_chosen_connections(workbench: Workbench, service: Composio, until: Until) -> None:
    service.accounts = [Account("ca_1")]
    Connections().save(StoredConnection(name="work", kind="composio", values=Connections().get("tools").values))
    write(workbench, POST)
    run_id = await workbench.runs.start("posts", {}, connections={"tools": "work"})
    await workbench.runs.wait(run_id)
    app = WftuiApp(workbench)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_monitor(run_id)
        await until(pilot, lambda: shows_end(app))
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen) and app.screen.run_id != run_id)
        new = app.screen.run_id if isinstance(app.screen, MonitorScreen) else ""
        assert (await workbench.runs.wait(new)).connections == {"tools": "work"}
