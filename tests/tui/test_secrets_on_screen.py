"""Secrets in runs, forms and connections: never drawn, never on the clipboard."""

import json
import os
import pty
import random
import select
import signal
import struct
import sys
import termios
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from fcntl import ioctl
from pathlib import Path
from typing import Any

import pytest
from connections.leaky_workflows import FAILING, INPUTS, PRINTING, step
from connections.secret_helpers import PLAIN, Search, random_secrets
from helpers import PATIENCE
from textual import events
from textual.app import App
from textual.widgets import Input, TextArea

from tui.notices import notices
from tui.run_views import shows_end
from tui.start_app import StartApp
from wftui.connections.connections import Connections, StoredConnection
from wftui.tui.screens.connections.connections_screen import ConnectionsScreen
from wftui.tui.screens.dialogs.confirm import ConfirmScreen
from wftui.tui.screens.dialogs.paste import PasteScreen
from wftui.tui.screens.dialogs.prompt import PromptScreen
from wftui.tui.screens.history.history_screen import HistoryScreen
from wftui.tui.screens.runs.monitor_screen import MonitorScreen
from wftui.tui.screens.runs.run_form import RunInputModal
from wftui.tui.screens.runs.value_screen import ValueScreen
from wftui.tui.widgets.source.source_view import SourceView
from wftui.workbench import Settings, Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]
Put = Callable[..., Path]
ALL = "{{ inputs.secrets }}"


class Seen:
    """Collects all that is drawn and copied, and looks for secrets in it."""

    def __init__(self, app: App[Any], text_of: TextOf, secrets: list[str]) -> None:
        self._app = app
        self._text_of = text_of
        self._search = Search(secrets)
        self.copied: set[str] = set()

    def look(self, what: str) -> str:
        text = self._text_of(self._app)
        if self._app.clipboard:
            self.copied.add(self._app.clipboard)
        # What is folded over several lines is looked for as well.
        whole = "".join(line.strip() for line in text.splitlines())
        for part in (text, whole, self._app.clipboard, *notices(self._app)):
            self.search(part, what)
        return text

    def search(self, text: str, what: str) -> None:
        found = self._search.found_in(text)
        assert not found, f"{what}: {found[0][0]!r} is shown\n{text}"


@pytest.fixture
async def workbench(tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Workbench]:
    """A workbench with a running clock and connections."""
    monkeypatch.setenv("WFTUI_CONNECTIONS", str(tmp_path / "private"))
    bench = Workbench(
        Settings(tables=tables, database=tmp_path / "runs.db", user_id="ada"), clock=lambda: datetime.now(UTC)
    )
    yield bench
    await bench.close(cancel=True)


@pytest.fixture
def secrets() -> list[str]:
    return random_secrets(random.Random(20261122), 40)


@pytest.mark.slow
@pytest.mark.parametrize("room", [(120, 40), (200, 60)])
async def test_no_pane_shows_or_copies_a_secret(
    workbench: Workbench,
    put_workflow: Put,
    secrets: list[str],
    tmp_path: Path,
    until: Until,
    text_of: TextOf,
    room: tuple[int, int],
) -> None:
    put_workflow(
        "leaky",
        inputSchema=INPUTS,
        steps=[
            step("made", "set", all=ALL, upper="{{ inputs.token | upper }}"),
            step("print", "python", code=PRINTING, args={"secrets": ALL}),
            step(
                "said",
                "shell",
                script="cat; env",
                stdin="{{ inputs.secrets | join('\\n') }}",
                env={"T": "{{ inputs.token }}"},
            ),
            step("trace", "python", fails=True, code=FAILING, args={"secrets": ALL}),
            step("claim", "assert", fails=True, that=False, message="{{ inputs.secrets[0] }}"),
            step("ask", "approval", prompt="Is it {{ inputs.secrets[0] }}?"),
        ],
        outputs={"all": "{{ steps.made.output }}", "said": "{{ steps.said.output.value }}"},
    )
    token = random_secrets(random.Random(1), 1, PLAIN)[0]
    run_id = await workbench.runs.start("leaky", {"secrets": secrets, "token": token, "folder": str(tmp_path)})
    app = StartApp(workbench, start=lambda app: app.open_monitor(run_id))
    async with app.run_test(size=room) as pilot:
        seen = Seen(app, text_of, [*secrets, token, token.upper()])
        await until(pilot, lambda: "Is it ***?" in text_of(app) and "Reject" in text_of(app))
        seen.look("the question")
        await pilot.press("a")
        await until(pilot, lambda: shows_end(app))
        for pane in "1234":
            await pilot.press(pane)
            for _ in range(3):
                await pilot.pause()
                seen.look(f"pane {pane}")
                await pilot.press("y")
                await pilot.pause()
                seen.look(f"copied from pane {pane}")
                await pilot.press("down")
            await pilot.press("pagedown", "end")
            await pilot.pause()
            seen.look(f"the end of pane {pane}")
        await pilot.press("2", "tab")
        await pilot.press("slash", *secrets[0][:4], "enter")
        await pilot.pause()
        seen.look("the search")
        assert any("***" in each for each in seen.copied), "something was copied in which a secret stood"
        monitor = app.screen
        assert isinstance(monitor, MonitorScreen)
        exports: list[str] = []
        for step_result in monitor.state.record.step_results:
            for value in (step_result.input, step_result.output, step_result.error):
                if value is not None:
                    value = value.to_wire() if hasattr(value, "to_wire") else value
                    app.push_screen(ValueScreen("value", value, monitor.value_text, name="value"))
                    await until(pilot, lambda: isinstance(app.screen, ValueScreen))
                    await pilot.press("end")
                    await pilot.pause()
                    seen.look(f"a value of {step_result.path}")
                    exported = tmp_path / f"export-{len(exports)}"
                    await pilot.press("s")
                    await until(pilot, lambda: isinstance(app.screen, PromptScreen))
                    app.screen.query_one(Input).value = str(exported)
                    await pilot.press("enter")
                    await until(pilot, lambda file=exported: any(str(file) in reported for reported in notices(app)))
                    exports.append(exported.read_text())
                    seen.search(exports[-1], f"the file exported from {step_result.path}")
                    await pilot.press("escape")
                    await until(pilot, lambda: not isinstance(app.screen, ValueScreen))
        assert len(exports) > 8
        assert any("***" in text for text in exports)
        app.open_history()
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen) and "leaky" in text_of(app))
        seen.look("the history")
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, RunInputModal))
        seen.look("the form of a repeated run")


async def test_run_form_hides_typed_secrets(
    workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    secrets = random_secrets(random.Random(2), 4, PLAIN)
    words = {"type": "string", "writeOnly": True}
    put_workflow(
        "ask",
        inputSchema={
            "type": "object",
            "properties": {
                "a": words,
                "b": {"type": "integer", "format": "password"},
                "c": {"writeOnly": True},
                "d": {"oneOf": [{"type": "object", "properties": {"key": words}}, {"type": "array", "items": words}]},
            },
        },
    )
    number = "918273645546"
    app = StartApp(workbench, start=lambda app: app.open_run_form("ask"))
    async with app.run_test(size=(150, 50)) as pilot:
        seen = Seen(app, text_of, [*secrets[:2], number, secrets[3]])
        await until(pilot, lambda: isinstance(app.screen, RunInputModal) and isinstance(app.focused, Input))
        await pilot.press(*secrets[0])
        await pilot.pause()
        seen.look("a text")
        await pilot.press("tab", *number)
        await pilot.pause()
        seen.look("a number")
        await pilot.press("tab", *secrets[1])
        await pilot.pause()
        seen.look("a value of any type")
        await pilot.press("ctrl+g")
        await until(pilot, lambda: "-i a=…" in app.clipboard)
        seen.look("the command")
        await pilot.press("ctrl+t")
        await until(pilot, lambda: "••••••" in seen.look("the JSON"))
        await pilot.press("ctrl+t")
        await pilot.pause()
        app.screen.post_message(events.Paste(json.dumps({"d": {"key": secrets[3]}})))
        await pilot.pause()
        seen.look("a secret inside of something else")
        await pilot.press("ctrl+g")
        await until(pilot, lambda: """-i d='{"key":"…"}'""" in app.clipboard)
        seen.look("its command")


async def test_closed_form_keeps_no_secret(
    workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    sent, left = random_secrets(random.Random(6), 2, PLAIN)
    words = {"type": "string", "writeOnly": True}
    put_workflow("ask", inputSchema={"type": "object", "properties": {"a": words}, "required": ["a"]})
    app = StartApp(workbench, start=lambda app: app.open_run_form("ask"))
    async with app.run_test(size=(150, 50)) as pilot:
        seen = Seen(app, text_of, [sent, left])
        for typed, key in ((left, "escape"), (sent, "enter")):
            await until(pilot, lambda: isinstance(app.screen, RunInputModal) and isinstance(app.focused, Input))
            assert isinstance(app.focused, Input)
            assert app.focused.value == "", "nothing is left of the form before"
            await pilot.press(*typed)
            await pilot.press(key)
            if isinstance(app.screen, ConfirmScreen):
                seen.look("the question")
                await pilot.press("d")
            await until(pilot, lambda: not isinstance(app.screen, RunInputModal))
            seen.look("after the form")
            if key == "escape":
                app.open_run_form("ask")
        await until(pilot, lambda: shows_end(app))
        app.open_run_form("ask")
        await until(pilot, lambda: isinstance(app.screen, RunInputModal) and isinstance(app.focused, Input))
        for key in ("ctrl+g", "ctrl+t", "ctrl+z"):
            await pilot.press(key)
            await pilot.pause()
            seen.look(f"the next form after {key}")


async def test_a_command_pasted_into_the_editor_leaves_no_secret(
    workbench: Workbench, put_workflow: Put, tmp_path: Path, until: Until, text_of: TextOf
) -> None:
    secrets = random_secrets(random.Random(7), 3, PLAIN[:1])
    path = put_workflow("hello")
    app = StartApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test(size=(150, 50)) as pilot:
        seen = Seen(app, text_of, secrets)
        await until(pilot, lambda: app.screen.query(SourceView) and app.screen.query_one(SourceView).text)
        screen = app.screen
        source = screen.query_one(SourceView)
        before = source.text
        await pilot.press("P")
        await until(pilot, lambda: isinstance(app.screen, PasteScreen))
        app.screen.query_one(TextArea).insert(
            f"curl -H 'Authorization: Bearer {secrets[0]}' 'https://x.org/a?access_token={secrets[1]}'"
            f" -d password={secrets[2]}"
        )
        await pilot.press("enter")
        await until(pilot, lambda: source.text != before)
        with_step = source.text
        assert with_step.count("{{ secrets.") == 3
        for key in ("ctrl+z", "ctrl+y", "y", "P", "f2"):
            await pilot.press(key)
            await until(pilot, lambda key=key: key != "P" or isinstance(app.screen, PasteScreen))
            seen.search(source.text, f"the source after {key}")
            seen.look(f"the editor after {key}")
            if isinstance(app.screen, PasteScreen):
                assert app.screen.query_one(TextArea).text == "", "nothing is left of the command before"
                await pilot.press("escape")
        await until(pilot, lambda: path.with_name("workflow.py").exists())
        for file in (tmp_path / "tables").rglob("*"):
            if file.is_file():
                seen.search(file.read_text(), str(file))


async def test_a_connection_shows_where_its_secrets_are(
    workbench: Workbench, tmp_path: Path, until: Until, text_of: TextOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = random_secrets(random.Random(3), 2, PLAIN)
    monkeypatch.setenv("HERE", secrets[0])
    kept = {"auth": "basic", "username": "ann", "password": secrets[1]}
    await workbench.connections.save(StoredConnection(name="site", kind="http", values=kept))
    await workbench.connections.save(
        StoredConnection(name="mail", kind="smtp", values={"host": "h", "password": "env:HERE"})
    )
    app = StartApp(workbench, start=lambda app: app.push_screen(ConnectionsScreen()))
    async with app.run_test(size=(150, 50)) as pilot:
        seen = Seen(app, text_of, secrets)
        await until(pilot, lambda: "env:HERE" in text_of(app))
        await pilot.press("down")
        await until(pilot, lambda: "store:site/password" in text_of(app))
        seen.look("the list")
        await pilot.press("t")
        await pilot.pause()
        seen.look("the test")
        await pilot.press("e")
        await pilot.pause()
        await pilot.pause()
        seen.look("the form")
    assert Connections(tmp_path / "private").resolve("site").values["password"] == secrets[1]
    assert secrets[1].encode() not in b"".join(each.read_bytes() for each in (tmp_path / "private").iterdir())


@pytest.mark.pty
def test_typed_secrets_are_never_sent_to_the_terminal(tables: Path, put_workflow: Put, tmp_path: Path) -> None:
    secret = random_secrets(random.Random(4), 1, PLAIN[:1])[0]
    properties = {"token": {"type": "string", "writeOnly": True}}
    put_workflow(
        "ask",
        inputSchema={"type": "object", "properties": properties, "required": ["token"]},
        steps=[step("say", "shell", script='echo "it is $T"', env={"T": "{{ inputs.token }}"})],
    )
    program = (
        "import asyncio, sys\nfrom pathlib import Path\nfrom wftui.tui.launch import run_app\n"
        "from wftui.workbench import Settings, Workbench\n"
        "bench = Workbench(Settings(tables=Path(sys.argv[1]), database=Path(sys.argv[2]), user_id='ada'))\n"
        "sys.exit(asyncio.run(run_app(bench, start=lambda app: app.open_run_form('ask'))))\n"
    )
    process, terminal = pty.fork()
    if process == 0:
        environment = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        os.execve(sys.executable, [sys.executable, "-c", program, str(tables), str(tmp_path / "runs.db")], environment)
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    reported = b""

    def read_until(text: bytes) -> None:
        nonlocal reported
        while text not in reported:
            assert select.select([terminal], [], [], PATIENCE)[0], reported[-3000:]
            reported += os.read(terminal, 65536)

    try:
        read_until(b"token")
        os.write(terminal, secret.encode())
        read_until("token=…".encode())
        os.write(terminal, b"\r")
        read_until(b"completed")
        os.write(terminal, b"2")  # the logs: a run that is over when its screen opens shows its results
        read_until(b"it is ***")
        assert secret.encode() not in reported
        assert not Search([secret]).found_in(reported)
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(terminal)
