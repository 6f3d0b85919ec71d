"""The secrets screen over a real encrypted store in a temporary home."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import platformdirs
from textual import events
from textual.app import App
from textual.widgets import Input, OptionList

from tui.notices import notices
from tui.run_views import shows_end
from wftui.connections.connections import Connections, StoredConnection
from wftui.tui.app import WftuiApp
from wftui.tui.screens.connections.connection_form import ConnectionForm
from wftui.tui.screens.connections.connections_screen import ConnectionsScreen
from wftui.tui.screens.connections.secrets_screen import SecretForm, SecretsScreen
from wftui.tui.screens.runs.missing_screen import MissingScreen
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]


def burst(app: App[Any], keys: str) -> None:
    """Press keys all at once, as over a slow line."""
    for key in keys:
        app.post_message(events.Key("tab", "\t") if key == "\t" else events.Key(key, key))


async def test_a_secret_is_kept_replaced_and_forgotten_unseen(
    workbench: Workbench, until: Until, text_of: TextOf
) -> None:
    Connections().save(StoredConnection(name="api", kind="http", values={"token": "of-the-connection"}))
    app = WftuiApp(workbench)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("C")
        await until(pilot, lambda: isinstance(app.screen, ConnectionsScreen) and app.screen.selected)
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, SecretsScreen) and app.screen.selected == "api/token")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SecretsScreen) and app.screen.selected and notices(app))
        assert notices(app) == ["Replace: it belongs to the connection api; edit it there"]
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, SecretForm) and isinstance(app.focused, Input))
        burst(app, "door\topensesame")
        await until(pilot, lambda: "••••" in text_of(app) or "****" in text_of(app))
        assert "opensesame" not in text_of(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SecretsScreen) and app.screen.selected == "door")
        assert Connections().store.get("door") == "opensesame"
        await pilot.press("D")
        await until(pilot, lambda: not isinstance(app.screen, SecretsScreen))
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, SecretsScreen) and app.screen.selected == "api/token")
        assert Connections().store.names() == ["api/token"]


async def test_missing_secret_is_asked_by_name_and_marked_once_it_is_there(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until, text_of: TextOf
) -> None:
    fetch = {"id": "k", "type": "shell", "input": {"argv": ["printenv", "K"], "env": {"K": "{{ secrets.door }}"}}}
    put_workflow("keyed", steps=[fetch])
    run_id = await workbench.runs.start("keyed", {})
    await workbench.runs.wait(run_id)
    app = WftuiApp(workbench)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_monitor(run_id)
        await until(pilot, lambda: shows_end(app))
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, MissingScreen) and app.screen.query(OptionList))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SecretForm) and isinstance(app.focused, Input))
        assert app.screen.query(Input).first().value == "door"
        await pilot.press("tab", *"opensesame", "enter")
        await until(pilot, lambda: isinstance(app.screen, SecretsScreen) and app.screen.selected == "door")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, MissingScreen) and "✓ k: " in text_of(app))
        await workbench.connections.remove_secret("door")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SecretForm))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SecretsScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, MissingScreen) and "✓ k: " not in text_of(app))
        assert "k: " in text_of(app)


async def test_failed_save_keeps_the_form(workbench: Workbench, until: Until, text_of: TextOf) -> None:
    Connections().save(StoredConnection(name="mail", kind="smtp", values={"host": "mail.example.org"}))
    folder = platformdirs.user_config_path("wftui", appauthor=False)
    app = WftuiApp(workbench)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("C")
        await until(pilot, lambda: isinstance(app.screen, ConnectionsScreen) and app.screen.selected)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConnectionForm) and isinstance(app.focused, Input))
        folder.rename(folder.with_name("away"))
        folder.touch()
        await pilot.press("end", *".net", "enter")
        await until(pilot, lambda: "✗" in text_of(app))
        assert "mail.example.org.net" in text_of(app)
        folder.unlink()
        folder.with_name("away").rename(folder)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConnectionsScreen))
    assert Connections().get("mail").values["host"] == "mail.example.org.net"
