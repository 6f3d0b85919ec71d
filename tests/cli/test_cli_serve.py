"""`wftui serve`: tokens, the unit, and the ways it ends."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from api.api_server import Server, record, serving, start, waits
from helpers import Cli, wait_until, write_workflow

from wftui.model.errors import ExitCode
from wftui.workbench import Settings

ASK = {"id": "ok", "type": "approval", "input": {"prompt": "Go on?"}}


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    write_workflow(settings.tables, "asks", ASK)
    nap = {"id": "nap", "type": "shell", "input": {"script": f"while [ ! -e {tmp_path}/go ]; do sleep 0.02; done"}}
    write_workflow(settings.tables, "naps", nap)
    return tmp_path


def status(settings: Settings, run_id: str) -> str:
    command = [sys.executable, "-m", "wftui", "show", run_id, "--json"]
    places = ["--tables", str(settings.tables), "--db", str(settings.database)]
    done = subprocess.run([*command, *places], capture_output=True, text=True, check=True)
    return str(json.loads(done.stdout)["status"])


def test_tokens_are_added_listed_and_removed(cli: Cli, settings: Settings) -> None:
    code, out, errors = cli("serve", "token", "add", "ci", "--scope", "run", "--workflow", "asks", "naps")
    assert (code, "shown once" in errors) == (ExitCode.DONE, True)
    assert out.startswith("wft_")
    assert cli("serve", "token", "add", "ops", "--scope", "admin", "--json")[0] == ExitCode.DONE
    code, out, _ = cli("serve", "token", "list", "--json")
    assert [(each["name"], each["scope"], each.get("workflows")) for each in json.loads(out)] == [
        ("ci", "run", ["asks", "naps"]),
        ("ops", "admin", None),
    ]
    assert "asks, naps" in cli("serve", "token")[1]
    again = cli("serve", "token", "add", "ci", "--scope", "read")
    assert (again[0], "error[token.exists]" in again[2]) == (ExitCode.FAILED, True)
    odd = cli("serve", "token", "add", "a b", "--scope", "read")
    assert (odd[0], "error[token.name]" in odd[2]) == (ExitCode.USAGE, True)
    assert json.loads(cli("serve", "token", "remove", "ci", "--json")[1]) == {"removed": "ci"}
    gone = cli("serve", "token", "remove", "ci")
    assert (gone[0], "error[token.not_found]" in gone[2]) == (ExitCode.NOT_FOUND, True)


def test_a_tokens_file_that_others_may_read_is_refused(cli: Cli, settings: Settings) -> None:
    cli("serve", "token", "add", "ci", "--scope", "run")
    file = settings.database.with_name(f"{settings.database.name}.tokens")
    file.chmod(0o644)
    code, _, errors = cli("serve", "token", "list")
    assert (code, "chmod 600" in errors) == (ExitCode.FAILED, True)
    file.chmod(0o600)
    file.write_text("tokens")
    assert "error[token.file]" in cli("serve", "token", "list")[2]


def test_without_the_extra_it_says_how_to_get_it(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    code, _, errors = cli("serve")
    assert code == ExitCode.USAGE
    assert "error[serve.missing]" in errors
    assert "wftui[serve]" in errors


def test_the_unit_starts_the_same_command(cli: Cli, settings: Settings) -> None:
    code, unit, _ = cli("serve", "--print-unit", "--port", "9000", "--on-stop", "cancel", "--allow-host", "wf.example")
    assert code == ExitCode.DONE
    [start_line] = [line for line in unit.splitlines() if line.startswith("ExecStart=")]
    assert start_line.endswith(
        f"serve --tables {settings.tables} --db {settings.database} --host 127.0.0.1 --port 9000 --on-stop cancel"
        " --allow-host wf.example"
    )
    assert "KillMode=mixed" in unit


def test_an_address_in_use_is_refused(cli: Cli, settings: Settings, folder: Path) -> None:
    with serving(settings.tables, settings.database) as server:
        code, _, errors = cli("serve", "--port", str(server.port))
    assert (code, "error[serve.address] cannot listen on 127.0.0.1 port" in errors) == (ExitCode.USAGE, True)


@pytest.mark.parametrize("words", [["--port", "99999"], ["--port", "-1"], ["--host", "nowhere.invalid"]])
def test_an_impossible_address_is_refused(cli: Cli, words: list[str]) -> None:
    code, _, errors = cli("serve", *words)
    assert (code, "error[serve.address]" in errors) == (ExitCode.USAGE, True)


def test_the_first_start_alone_makes_a_token(settings: Settings, folder: Path) -> None:
    with serving(settings.tables, settings.database) as first:
        assert first.admin
        assert first.stop() == 0
    with serving(settings.tables, settings.database) as second:
        assert not second.admin
        assert second.client(first.admin).get("/api/workflows").status_code == 200


def test_other_addresses_are_warned_of(settings: Settings, folder: Path) -> None:
    with serving(settings.tables, settings.database, "--host", "0.0.0.0") as server:
        wait_until(lambda: server.errors)
        assert "can be reached from other machines" in server.errors[0]


def begun(server: Server, workflow_id: str) -> str:
    with server.client() as client:
        run_id = start(client, workflow_id)
        if workflow_id == "asks":
            waits(client, run_id)
        else:
            wait_until(lambda: record(client, run_id)["status"] == "running")
        return run_id


def test_on_stop_finish_serves_until_its_runs_have_ended(settings: Settings, folder: Path) -> None:
    with serving(settings.tables, settings.database, "--on-stop", "finish") as server:
        run_id = begun(server, "naps")
        server.process.send_signal(signal.SIGTERM)
        with server.client() as client:
            wait_until(lambda: client.get("/health").json()["status"] == "stopping")
            refused = client.post("/api/workflows/execute", json={"workflowId": "asks"})
            assert (refused.status_code, refused.json()["code"]) == (503, "serve.stopping")
            assert record(client, run_id)["status"] == "running"
        (folder / "go").touch()
        assert server.process.wait() == 0
    assert status(settings, run_id) == "completed"


def test_on_stop_cancel_ends_its_runs(settings: Settings, folder: Path) -> None:
    with serving(settings.tables, settings.database, "--on-stop", "cancel") as server:
        run_id = begun(server, "asks")
        assert server.stop() == 0
    assert status(settings, run_id) == "cancelled"


@pytest.mark.first_cases(1)
@pytest.mark.parametrize(("how", "number"), [("leave", signal.SIGTERM), ("finish", signal.SIGHUP)])
def test_on_stop_leave_continues_without_the_server(
    settings: Settings, folder: Path, how: str, number: signal.Signals
) -> None:
    with serving(settings.tables, settings.database, "--on-stop", how) as server:
        run_id = begun(server, "naps")
        server.process.send_signal(number)
        wait_until(lambda: any("without the server" in line for line in server.errors))
        with serving(settings.tables, settings.database, port=server.port) as second:
            with second.client(server.admin) as client:
                assert record(client, run_id)["status"] == "running"
            (folder / "go").touch()
            assert server.process.wait() == 0
    assert status(settings, run_id) == "completed"
