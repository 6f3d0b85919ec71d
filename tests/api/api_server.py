"""A real server in a process of its own, and clients of it."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import httpx
from helpers import PATIENCE, wait_until, write_workflow

from wftui.model.base import Json

Event = tuple[int | None, str, dict[str, Json]]
"""Id, type and data of a server-sent event."""

GREET_SCHEMA = {
    "type": "object",
    "properties": {
        "who": {"type": "string", "minLength": 1},
        "times": {"type": "integer", "minimum": 1, "default": 1},
        "pin": {"type": "string", "format": "secret", "writeOnly": True},
    },
    "required": ["who"],
    "additionalProperties": False,
}
GREET = {"id": "text", "type": "set", "input": {"text": "Hello {{ inputs.who }}"}}
ASK = {"id": "ok", "type": "approval", "input": {"prompt": "Go on?"}}
BIG = {"id": "big", "type": "python", "input": {"code": "def main():\n    return ['ä' * 100] * 1000"}}


def each_of(count: int, text: str) -> dict[str, Json]:
    """A step of many iterations, each of which logs nothing and returns a text."""
    work = {"id": "work", "type": "set", "input": {"text": text}}
    return {"id": "each", "type": "group", "forEach": {"in": f"range({count})", "maxItems": count}, "steps": [work]}


def write_workflows(tables: Path) -> None:
    """Write one workflow of each kind that the tests need."""
    write_workflow(tables, "greet", GREET, inputSchema=GREET_SCHEMA, outputs={"text": "{{ steps.text.output.text }}"})
    write_workflow(tables, "asks", {"id": "first", "type": "set", "input": {"x": 1}}, ASK)
    write_workflow(tables, "big", BIG)
    nap = {"id": "nap", "type": "shell", "input": {"script": "echo begun; sleep 600"}}
    write_workflow(tables, "sleeps", nap)
    child = {"id": "child", "type": "workflow", "input": {"workflow": "asks"}}
    write_workflow(tables, "parent", child)
    write_workflow(tables, "broken", {"id": "x", "type": "no-such-type"})
    fails = {"id": "boom", "type": "fail", "input": {"type": "stock.empty", "message": "nothing left"}}
    write_workflow(tables, "fails", GREET | {"input": {"text": "kept"}}, fails)
    code = "def main():\n    for number in range(400):\n        print('line', number)\n    return 400"
    write_workflow(tables, "talks", {"id": "talk", "type": "python", "input": {"code": code}}, each_of(150, "x"), ASK)


class Server:
    """`wftui serve` in a process of its own.

    Attributes:
        COMMAND: the command, for servers of another kind.
    """

    COMMAND: ClassVar[tuple[str, ...]] = ("serve",)

    def __init__(self, tables: Path, database: Path, *arguments: str, port: int = 0) -> None:
        self.tables = tables
        self.database = database
        self.places = ["--tables", str(tables), "--db", str(database)]
        command = [sys.executable, "-m", "wftui", *self.COMMAND, "--port", str(port), *arguments, *self.places]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.errors: list[str] = []
        threading.Thread(target=self._read_errors, daemon=True).start()
        self.admin, self.url = "", ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("token "):
                self.admin = line.split()[-1]
            if " at http://" in line:
                self.url = line.split()[-1]
                break
        assert self.url, "".join(self.errors)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.errors.append(line)

    def wftui(self, *arguments: str) -> str:
        """Run another command on the same workspace and database."""
        done = subprocess.run(
            [sys.executable, "-m", "wftui", *arguments, *self.places], capture_output=True, text=True, timeout=PATIENCE
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def add_token(self, name: str, scope: str, *workflows: str) -> str:
        more = ["--workflow", *workflows] if workflows else []
        made: str = json.loads(self.wftui("serve", "token", "add", name, "--scope", scope, *more, "--json"))["token"]
        return made

    def client(self, token: str | None = None, **headers: str) -> httpx.Client:
        """A client with a token; by default that of the first start."""
        if token != "":
            headers["Authorization"] = f"Bearer {token or self.admin}"
        return httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        """End the server, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@contextmanager
def serving(tables: Path, database: Path, *arguments: str, port: int = 0) -> Iterator[Server]:
    server = Server(tables, database, *arguments, port=port)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def serving_in(folder: Path) -> Iterator[Server]:
    """A server over a new workspace in a folder, with the workflows of these tests."""
    write_workflows(folder / "tables")
    with serving(folder / "tables", folder / "runs.db") as server:
        yield server


def start(client: httpx.Client, workflow_id: str, inputs: Mapping[str, Json] | None = None) -> str:
    """Start a run and return its id."""
    answer = client.post("/api/workflows/execute", json={"workflowId": workflow_id, "inputs": inputs or {}})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def record(client: httpx.Client, run_id: str) -> dict[str, Any]:
    answer = client.get(f"/api/workflows/execute/{run_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ended(client: httpx.Client, run_id: str) -> dict[str, Any]:
    """The record of a run once it has ended."""
    wait_until(lambda: record(client, run_id)["status"] in ("completed", "failed", "cancelled"))
    return record(client, run_id)


def waits(client: httpx.Client, run_id: str) -> None:
    """Wait until a run waits for an approval."""

    def asks() -> bool:
        found = record(client, run_id)
        assert found["status"] in ("pending", "running"), found
        return any("waiting" in step for step in found["stepResults"])

    wait_until(asks)


def parsed(lines: Iterator[str]) -> Iterator[Event]:
    """The events of a stream as an EventSource reads them; comments have the type `:`."""
    number: int | None = None
    kind, data = "message", list[str]()
    for line in lines:
        name, _, text = line.partition(":")
        text = text.removeprefix(" ")
        if not line:
            if data:
                yield number, kind, json.loads("\n".join(data))
            kind = "message"
            data.clear()
        elif not name:
            yield None, ":", {}
        elif name == "id":
            number = int(text)
        elif name == "event":
            kind = text
        elif name == "data":
            data.append(text)


@contextmanager
def following(
    client: httpx.Client, run_id: str, after: int = 0, last_id: int | None = None
) -> Iterator[Iterator[Event]]:
    """The event stream of a run."""
    path = f"/api/workflows/execute/{run_id}/events"
    headers = {} if last_id is None else {"Last-Event-ID": str(last_id)}
    with client.stream("GET", path, params={"after": after} if after else {}, headers=headers) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield parsed(answer.iter_lines())


def all_events(client: httpx.Client, run_id: str, after: int = 0, last_id: int | None = None) -> list[Event]:
    """The events of a run until its stream ends."""
    with following(client, run_id, after, last_id) as stream:
        return [event for event in stream if event[1] != ":"]
