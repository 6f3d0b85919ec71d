"""Runs whose connections take secrets from environment, file, program or store."""

import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from helpers import lives, run_to_end, wait_until
from steps.http.http_server import serving

from wftui.connections import secret_references
from wftui.connections.connection_errors import ConnectionsError
from wftui.connections.connections import Connections, StoredConnection
from wftui.connections.redaction import Redactor
from wftui.connections.secret_references import resolve_reference
from wftui.connections.secret_store import SecretStore
from wftui.engine.connections.run_connections import RunConnections
from wftui.model.errors import UserError
from wftui.runtime.plan import WorkflowPlan
from wftui.workbench import Workbench

SECRET = "tok-en_with/odd+chars=0123"
FETCH = {
    "format": 1,
    "id": "fetch",
    "connections": {"api": {"kind": "http"}},
    "steps": [
        {"id": "get", "type": "http", "connection": "api", "input": {"url": "/echo/x"}},
        {"id": "sent", "type": "assert", "input": {"that": "{{ steps.get.output.status == 200 }}"}},
    ],
}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving() as url:
        yield url


def write(tables: Path, workflow: dict[str, object]) -> None:
    path = tables / "workflows" / str(workflow["id"]) / "workflow.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(workflow))


def connect(url: str, token: str) -> None:
    values = {"baseUrl": url, "auth": "apiKey", "apiKeyName": "X-Length", "apiKey": token}
    Connections().save(StoredConnection(name="api", kind="http", values=values))


def files_with_it(tmp_path: Path, database: Path) -> list[Path]:
    """Files of the history that contain the secret."""
    return [path for path in tmp_path.glob(f"{database.name}*") if SECRET.encode() in path.read_bytes()]


@pytest.mark.parametrize("kind", ["env", "file", "cmd", "store", "clear"])
async def test_a_connections_secret_is_sent_and_not_kept(
    workbench: Workbench,
    tables: Path,
    tmp_path: Path,
    server: str,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    monkeypatch.setenv("WFTUI_TEST_KEY", SECRET)
    (tmp_path / "key").write_text(f"{SECRET}\n")
    (tmp_path / "say.py").write_text(f"print({SECRET!r})\n")
    Connections().store.keep("api_key", SECRET)
    reference = {
        "env": "env:WFTUI_TEST_KEY",
        "file": f"file:{tmp_path / 'key'}",
        "cmd": f"cmd:{sys.executable} {tmp_path / 'say.py'}",
        "store": "store:api_key",
        "clear": SECRET,
    }[kind]
    connect(server, reference)
    write(tables, FETCH)
    record = await run_to_end(workbench, "fetch", {})
    assert record.status == "completed", record.error
    headers = record.step_results[0].output["body"]["headers"]
    assert headers["x-length"] == "***", "it was sent, and is masked where the server tells of it"
    await workbench.close()
    assert not files_with_it(tmp_path, workbench.settings.database)


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ("env:WFTUI_TEST_UNSET", "the environment variable WFTUI_TEST_UNSET is not set"),
        ("file:/nowhere/at/all", "cannot read /nowhere/at/all"),
        ("cmd: ", "the command of a secret is empty"),
        ("cmd:false", "the program false ended with exit code 1"),
        ("store:unheard", "the secret store has no secret unheard"),
    ],
)
async def test_missing_secret_prevents_the_start(
    workbench: Workbench, tables: Path, server: str, reference: str, sentence: str
) -> None:
    connect(server, reference)
    write(tables, FETCH)
    record = await run_to_end(workbench, "fetch", {})
    assert record.started_at is None
    assert record.error is not None
    assert f"get: apiKey of the connection 'api': {sentence}" in record.error.message


async def test_a_stored_secret_is_read_by_its_name(
    workbench: Workbench, tables: Path, tmp_path: Path, server: str
) -> None:
    headers = {"X-Length": "{{ secrets.door }}", "X-Part": "key-{{ secrets.door | upper }}"}
    headers["X-Other"] = "{{ secrets.window | default('no window') }}"
    get = {"id": "get", "type": "http", "input": {"url": f"{server}/echo/x", "headers": headers}}
    write(tables, {"format": 1, "id": "keyed", "steps": [get]})
    Connections().store.keep("door", SECRET)
    record = await run_to_end(workbench, "keyed", {})
    assert record.status == "completed", record.error
    told = record.step_results[0].output["body"]["headers"]
    assert (told["x-length"], SECRET.upper() in told["x-part"]) == ("***", False)
    assert told["x-other"] == "no window", "a secret that the store lacks has a default"
    await workbench.close()
    assert not files_with_it(tmp_path, workbench.settings.database)


def test_expressions_see_the_secrets_of_the_store() -> None:
    Connections().store.keep("door", SECRET)
    plan = WorkflowPlan(id="w", name="w", version="1", description="", source_hash="", compiler="")
    secrets = RunConnections(plan, {}, Redactor()).secrets
    assert (list(secrets), len(secrets), dict(secrets)) == (["door"], 1, {"door": SECRET})
    assert "window" not in secrets


@pytest.mark.parametrize("where", ["when", "outputs", "name"])
async def test_a_secret_has_no_place_where_it_would_be_shown(workbench: Workbench, tables: Path, where: str) -> None:
    step = {"id": "a", "type": "set", "input": {"x": "{{ secrets.door }}" if where == "name" else 1}}
    if where == "when":
        step["when"] = "secrets.door == 'x'"
    outputs = {"outputs": {"o": "{{ secrets.door }}"}} if where == "outputs" else {}
    write(tables, {"format": 1, "id": "bad", "steps": [step], **outputs})
    with pytest.raises(UserError, match="secrets cannot be used here"):
        await workbench.runs.start("bad", {})


def resolved(reference: str, tmp_path: Path) -> str:
    return resolve_reference(reference, SecretStore(tmp_path / "private"))


def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as writer:
        writing = writer.submit(pipe.write_text, f"{SECRET}\r\n")
        assert resolved(f"file:{pipe}", tmp_path) == SECRET
        writing.result()


@pytest.mark.parametrize(
    ("reference", "reported"),
    [
        ("file:/dev/zero", "is larger than 1,048,576 bytes"),
        ("file:PLACE", "cannot read"),
        ("file:PLACE/pipe", "nothing was written into"),
        ("cmd:yes", "printed more than 1,048,576 bytes"),
        ("cmd:sh -c 'sleep 1000; echo x'", "printed no secret within"),
        ("cmd:sh -c 'sleep 1000 & echo $! >PLACE/pid; wait'", "printed no secret within"),
    ],
)
def test_what_never_ends_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reference: str, reported: str
) -> None:
    if reported.endswith(("into", "within")):
        monkeypatch.setattr(secret_references, "COMMAND_SECONDS", 0.4)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConnectionsError, match=reported) as caught:
        resolved(reference.replace("PLACE", str(tmp_path)), tmp_path)
    assert caught.value.code == "connection.reference"
    for left in tmp_path.glob("pid"):
        if pid := left.read_text().strip():  # it may have been killed before it wrote that
            wait_until(lambda pid=pid: not lives(int(pid)))  # type: ignore[misc]


def test_a_program_may_leave_another_one_running(tmp_path: Path) -> None:
    assert resolved(f"cmd:sh -c 'sleep 1000 & echo {SECRET}; echo $! >{tmp_path}/pid'", tmp_path) == SECRET
    psutil.Process(int((tmp_path / "pid").read_text())).kill()
