"""The connections screen over a real file in a temporary home."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from wftui.connections.connection_kinds import KINDS
from wftui.connections.connections import Connections, StoredConnection
from wftui.tui.app import WftuiApp
from wftui.tui.screens.connections.connection_form import ConnectionForm
from wftui.tui.screens.connections.connections_screen import ConnectionsScreen
from wftui.tui.screens.dialogs.prompt import PromptScreen
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]


@pytest.fixture
def some() -> Connections:
    known = Connections()
    values = {"auth": "bearer", "token": "env:GITHUB_TOKEN", "baseUrl": "https://api.github.com"}
    known.save(StoredConnection(name="github", kind="http", description="Issues and releases", values=values))
    known.save(StoredConnection(name="mail", kind="smtp", values={"host": "mail.example.org"}))
    return known


async def test_connections_look(
    workbench: Workbench,
    some: Connections,
    size: tuple[int, int],
    until: Until,
    matches: Callable[[Pilot[Any]], Awaitable[bool]],
) -> None:
    app = WftuiApp(workbench)
    async with app.run_test(size=size) as pilot:
        await pilot.press("C")
        await until(pilot, lambda: app.screen.query(OptionList) and app.screen.query_one(OptionList).option_count == 2)
        assert await matches(pilot)


async def test_the_form_looks(
    workbench: Workbench,
    some: Connections,
    size: tuple[int, int],
    until: Until,
    matches: Callable[[Pilot[Any]], Awaitable[bool]],
) -> None:
    app = WftuiApp(workbench)
    async with app.run_test(size=size) as pilot:
        await pilot.press("C")
        await until(pilot, lambda: app.screen.query(OptionList) and app.screen.query_one(OptionList).option_count == 2)
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, ConnectionForm) and len(app.screen.query(Input)) > 2)
        assert await matches(pilot)


async def test_connection_is_added_by_keyboard(
    workbench: Workbench, until: Until, text_of: Callable[[App[Any]], str]
) -> None:
    app = WftuiApp(workbench)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("C")
        await until(pilot, lambda: isinstance(app.screen, ConnectionsScreen))
        await pilot.press("n")
        await until(pilot, lambda: not isinstance(app.screen, ConnectionsScreen))
        await pilot.press(*["down"] * list(KINDS).index("smtp"), "enter")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        await pilot.press(*"mail", "enter")
        await until(pilot, lambda: isinstance(app.screen, ConnectionForm) and app.screen.query(Input))
        await pilot.press("enter")
        await until(pilot, lambda: "A value is required." in text_of(app))
        assert Connections().all() == []
        await pilot.press(*"localhost", "enter")
        await until(pilot, lambda: isinstance(app.screen, ConnectionsScreen) and app.screen.selected)
    (kept,) = Connections().all()
    assert (kept.name, kept.kind, kept.values["host"]) == ("mail", "smtp", "localhost")


async def test_a_connection_is_removed_only_after_asking(workbench: Workbench, some: Connections, until: Until) -> None:
    app = WftuiApp(workbench)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("C")
        await until(pilot, lambda: app.screen.query(OptionList) and app.screen.query_one(OptionList).option_count == 2)
        await pilot.press("D")
        await until(pilot, lambda: not isinstance(app.screen, ConnectionsScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ConnectionsScreen))
        assert len(some.all()) == 2
        await pilot.press("D")
        await until(pilot, lambda: not isinstance(app.screen, ConnectionsScreen))
        await pilot.press("r")
        await until(pilot, lambda: len(some.all()) == 1)
        await until(pilot, lambda: isinstance(app.screen, ConnectionsScreen))


async def test_a_secret_is_nowhere_on_the_screen(workbench: Workbench, until: Until) -> None:
    secret = "correct-horse-battery-staple"
    Connections().save(StoredConnection(name="svc", kind="http", values={"token": secret}))
    app = WftuiApp(workbench)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("C")
        await until(pilot, lambda: app.screen.query(OptionList) and app.screen.query_one(OptionList).option_count == 1)
        assert secret not in app.export_screenshot()
        assert secret not in json.dumps([each.to_wire() for each in await workbench.connections.all()])
