"""A real headless Chromium over the DevTools protocol, and a terminal for frames."""

import base64
import itertools
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyte
import pytest
from helpers import PATIENCE, wait_until
from websockets.sync.client import ClientConnection, connect

_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
    "--remote-allow-origins=*",
]
_KEYS = {"Enter": (13, "\r"), "Tab": (9, ""), "Escape": (27, ""), "ArrowDown": (40, "")}
CHROMIUM = shutil.which("chromium")


class Tab:
    """A tab of the browser."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)
        self.requests: list[str] = []
        self.problems: list[str] = []
        self.screen = pyte.Screen(80, 24)
        self._stream = pyte.ByteStream(self.screen)
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._send(f"{domain}.enable")

    def open(self, url: str) -> None:
        self._send("Page.navigate", url=url)

    def evaluate(self, script: str) -> Any:
        """The value of an expression in the page."""
        found = self._send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        return found["result"].get("value")

    def until(self, script: str) -> None:
        wait_until(lambda: bool(self.evaluate(script)))

    def type(self, text: str) -> None:
        """Type characters, as a keyboard does."""
        for character in text:
            self._send("Input.dispatchKeyEvent", type="keyDown", text=character, key=character)
            self._send("Input.dispatchKeyEvent", type="keyUp", key=character)

    def press(self, key: str) -> None:
        code, text = _KEYS[key]
        more = {"text": text} if text else {}
        about = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self._send("Input.dispatchKeyEvent", type="keyDown", **about, **more)
        self._send("Input.dispatchKeyEvent", type="keyUp", **about)

    def size(self, width: int, height: int) -> None:
        """Set the size of the window's content."""
        self._send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._send("Page.captureScreenshot")["data"]))

    def cookies(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._send("Network.getCookies")["cookies"]
        return found

    def text(self) -> str:
        """The text on the terminal of the page."""
        self.evaluate("1")  # frames that have arrived are reported before the answer
        return "\n".join(self.screen.display)

    def shows(self, *texts: str) -> None:
        """Wait until the screen shows all texts."""
        wait_until(lambda: all(text in self.text() for text in texts))

    def _send(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._connection.recv(PATIENCE))
            if message.get("id") == number:
                assert "error" not in message, message
                result: dict[str, Any] = message["result"]
                return result
            self._note(message.get("method"), message.get("params", {}))

    def _note(self, kind: str, about: dict[str, Any]) -> None:
        match kind:
            case "Network.requestWillBeSent":
                self.requests.append(about["request"]["url"])
            case "Network.webSocketCreated":
                self.requests.append(about["url"])
            case "Network.webSocketFrameSent":
                message = json.loads(about["response"]["payloadData"])
                if message[0] == "resize":
                    self.screen.resize(message[1]["height"], message[1]["width"])
            case "Network.webSocketFrameReceived" if about["response"]["opcode"] == 2:
                self._stream.feed(base64.b64decode(about["response"]["payloadData"]))
            case "Runtime.exceptionThrown":
                self.problems.append(json.dumps(about["exceptionDetails"])[:400])
            case "Log.entryAdded" if about["entry"]["level"] in ("error", "warning"):
                self.problems.append(about["entry"]["text"])


@contextmanager
def browser(folder: Path, *flags: str) -> Iterator[Tab]:
    """A browser with one tab."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    profile = folder / "profile"
    process = subprocess.Popen(
        [CHROMIUM, *_FLAGS, *flags, f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        found = profile / "DevToolsActivePort"
        wait_until(lambda: found.exists() and found.read_text().count("\n") == 1)
        port, path = found.read_text().split()
        with connect(
            f"ws://127.0.0.1:{port}{path}", max_size=None, proxy=None, open_timeout=PATIENCE, ping_interval=None
        ) as control:
            control.send(json.dumps({"id": 1, "method": "Target.createTarget", "params": {"url": "about:blank"}}))
            target = json.loads(control.recv(PATIENCE))["result"]["targetId"]
            address = f"ws://127.0.0.1:{port}/devtools/page/{target}"
            with connect(address, max_size=None, proxy=None, open_timeout=PATIENCE, ping_interval=None) as connection:
                yield Tab(connection)
    finally:
        process.kill()
        process.wait()
