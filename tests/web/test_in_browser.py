"""`wftui web` in a real headless Chromium."""

import signal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from helpers import has_ended, wait_until, write_workflow

from web.browser import browser
from web.web_server import WebServer, serving_web

pytestmark = pytest.mark.slow

SCHEMA = {
    "type": "object",
    "properties": {"who": {"type": "string", "minLength": 1}},
    "required": ["who"],
    "additionalProperties": False,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    script = f'echo "hello $WHO"; until [ -e {tmp_path}/go ]; do sleep 0.05; done'
    step = {"id": "greet", "type": "shell", "input": {"script": script, "env": {"WHO": "{{ inputs.who }}"}}}
    write_workflow(tmp_path / "tables", "waits", step, inputSchema=SCHEMA)
    return tmp_path


def status(server: WebServer) -> str:
    [run] = server.runs()
    return str(run["status"])


def test_a_workflow_is_run_and_watched_in_a_browser(folder: Path) -> None:
    with serving_web(folder) as server, browser(folder) as tab:
        tab.size(1000, 600)
        tab.open(server.page)
        tab.shows("Workflows", "never run", "Quit")
        tab.until("document.activeElement.className == 'xterm-helper-textarea'")
        assert tab.evaluate("location.href") == server.address
        assert tab.evaluate("document.cookie") == ""
        columns, lines = tab.screen.columns, tab.screen.lines
        tab.size(1400, 900)  # the terminal follows
        tab.shows("Workflows", "Quit")
        wait_until(lambda: tab.text() != "" and (tab.screen.columns > columns and tab.screen.lines > lines))
        tab.type("r")
        tab.shows("who")
        tab.type("Zo\u00eb")
        tab.shows("Zo\u00eb")
        tab.press("Enter")
        tab.shows("hello Zo\u00eb")
        wait_until(lambda: status(server) == "running")
        (folder / "go").touch()
        tab.shows("completed")
        assert status(server) == "completed"
        tab.picture(folder / "picture.png")
        assert len((folder / "picture.png").read_bytes()) > 10_000  # an empty page has 3,000
        assert {urlsplit(url).netloc for url in tab.requests if not url.startswith("data:")} == {
            urlsplit(server.page).netloc
        }
        # Headless Chromium draws WebGL by software.
        assert [problem for problem in tab.problems if "WebGL" not in problem] == []


def test_a_closed_tab_ends_its_process_and_leaves_its_run(folder: Path) -> None:
    with serving_web(folder) as server, browser(folder) as tab:
        tab.open(server.page)
        tab.shows("never run")
        tab.type("r")
        tab.shows("who")
        tab.type("Bo")
        tab.shows("Bo")
        tab.press("Enter")
        wait_until(lambda: server.runs() and status(server) == "running")
        [screen] = server.screens()
        tab.open("about:blank")
        with browser(folder / "second") as other:
            other.open(server.page)
            other.shows("waits", "running")
            assert len(server.screens()) == 2
        (folder / "go").touch()
        wait_until(lambda: has_ended(screen))
        assert status(server) == "completed"
        wait_until(lambda: server.screens() == [])


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_end_of_the_server_ends_its_screens(folder: Path, number: signal.Signals) -> None:
    with serving_web(folder) as server, browser(folder) as tab:
        tab.open(server.page)
        tab.shows("never run")
        [screen] = server.screens()
        server.process.send_signal(number)
        wait_until(lambda: has_ended(screen))
        assert server.process.wait() == (-number if number == signal.SIGKILL else 0)
        tab.until("document.body.classList.contains('-closed')")
        assert tab.evaluate("getComputedStyle(document.querySelector('footer')).display") == "flex"


def test_a_screen_that_quits_is_reported_in_the_page(folder: Path) -> None:
    with serving_web(folder) as server, browser(folder) as tab:
        tab.open(server.page)
        tab.shows("never run")
        tab.type("q")
        tab.until("document.body.classList.contains('-closed')")
        wait_until(lambda: server.screens() == [])
        tab.evaluate("document.getElementById('again').click()")
        wait_until(lambda: len(server.screens()) == 1)


def test_a_page_of_another_origin_gets_neither_page_nor_socket(folder: Path) -> None:
    with serving_web(folder) as server, browser(folder) as tab:
        tab.open(server.page)
        tab.shows("never run")
        other = server.address.replace("127.0.0.1", "localhost")  # the same server, another origin
        tab.open(other)
        tab.until("document.body.innerText.includes('token.invalid')")
        socket = server.address.replace("http:", "ws:") + "socket"
        opened = f"new Promise(done => {{ const s = new WebSocket('{socket}'); s.onopen = () => done('open');"
        assert tab.evaluate(opened + " s.onerror = () => done('refused'); })") == "refused"
        with browser(folder / "stranger") as stranger:
            stranger.open(server.address)
            stranger.until("document.body.innerText.includes('token.invalid')")
            stranger.open(f"{server.address}?token=wft_wrong")
            stranger.until("document.body.innerText.includes('that token is not valid')")
        assert len(server.screens()) == 0
