"""Steps from curl commands, and curl commands from steps."""

import json
from collections.abc import Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from textual.widgets import TextArea

from tui.notices import notices
from tui.run_views import shows_end
from wftui.connections.connections import Connections
from wftui.tui.app import WftuiApp
from wftui.tui.canvas.step_list import StepList
from wftui.tui.screens.dialogs.paste import PasteScreen
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.tui.screens.runs.monitor_screen import MonitorScreen
from wftui.tui.widgets.source.compilation_status import CompilationStatus
from wftui.tui.widgets.source.source_view import SourceView
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]

STEPS: list[dict[str, Any]] = [
    {"id": "request", "type": "set", "input": {"a": 1}},
    {"id": "both", "type": "group", "steps": [{"id": "inner", "type": "set", "input": {}}]},
    {"id": "last", "type": "set", "input": {}},
]


class Echo(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Suppress the request log."""


@pytest.fixture
def server() -> Iterator[str]:
    serving = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{serving.server_port}"
    serving.shutdown()
    thread.join()
    serving.server_close()


async def test_pasted_curl_becomes_a_step_and_is_copied_back(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until, server: str
) -> None:
    put_workflow("hello", steps=STEPS)
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        app.open_editor("hello")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.query(CompilationStatus))
        screen = app.screen
        source = screen.query_one(SourceView)
        await until(pilot, lambda: screen.query_one(CompilationStatus).result and screen.query_one(StepList).nodes)
        screen.query_one(StepList).focus_step("both")
        await pilot.press("P")
        await until(pilot, lambda: isinstance(app.screen, PasteScreen))
        area = app.screen.query_one(TextArea)
        area.insert(f"curl -L {server}/things \\")
        await pilot.press("enter")
        assert isinstance(app.screen, PasteScreen), "a command goes on after a backslash"
        area.insert("""-H 'Authorization: Bearer abcdefgh' -d '{"b": [1]}' -H 'Content-Type: application/json'""")
        await pilot.press("enter")
        await until(pilot, lambda: '"request_2"' in source.text)
        steps = json.loads(source.text)["steps"]
        assert [step["id"] for step in steps] == ["request", "both", "request_2", "last"]
        assert steps[2]["input"]["json"] == {"b": [1]}
        assert steps[2]["input"]["headers"] == {"Authorization": "Bearer {{ secrets.token }}"}, "and not the token"
        Connections().store.put("token", "abcdefgh")

        await until(pilot, lambda: screen.query_one(StepList).cursor == "request_2")
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard)
        assert app.clipboard == (f"""curl -L -H 'Authorization: ***' --json '{{"b": [1]}}' {server}/things"""), (
            "what authorises is masked"
        )

        await pilot.press("f5")
        await until(pilot, lambda: shows_end(app))
        monitor = app.screen
        assert isinstance(monitor, MonitorScreen)
        assert monitor.state.record.status == "completed"
        app.copy_to_clipboard("")
        await pilot.press("1", "home", "down", "down", "down")
        await until(pilot, lambda: getattr(monitor.panes.timeline.selected, "path", None) == "request_2")
        await pilot.press("C")
        await until(pilot, lambda: app.clipboard)
        assert app.clipboard.startswith("curl -L -H 'Authorization: ***' --json")
        app.copy_to_clipboard("")
        await pilot.press("home", "C")
        await pilot.pause()
        assert app.clipboard == "", "a step that sets values is nothing that a command does"


async def test_pasting_other_text_changes_nothing(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until
) -> None:
    put_workflow("hello", steps=STEPS)
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        app.open_editor("hello")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.query(CompilationStatus))
        source = app.screen.query_one(SourceView)
        await until(pilot, lambda: source.text)
        before = source.text
        await pilot.press("P")
        await until(pilot, lambda: isinstance(app.screen, PasteScreen))
        app.screen.query_one(TextArea).insert("wget http://x")
        await pilot.press("enter")
        await until(pilot, lambda: any("paste a curl command" in message for message in notices(app)))
        assert source.text == before
