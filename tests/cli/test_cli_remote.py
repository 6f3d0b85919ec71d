"""`--remote`: commands over a real server, and those that stay on their machine."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from api.api_server import Server, ended, record, serving, serving_in, start, waits, write_workflows
from helpers import PATIENCE, Cli, free_port, rest_of, wait_until

from wftui.client.remote_records import RemoteRecords
from wftui.model.errors import ExitCode, RunNotFoundError
from wftui.model.run.summary import ExecutionSummary


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving_in(tmp_path_factory.mktemp("remote")) as started:
        yield started


@pytest.fixture
def remote(bare_cli: Cli, server: Server, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Runs commands over the server."""
    monkeypatch.setenv("WFTUI_TOKEN", server.admin)
    return lambda *arguments: bare_cli(*arguments, "--remote", server.url)


def test_a_run_and_what_is_known_of_it(remote: Cli, bare_cli: Cli, server: Server) -> None:
    code, out, _ = remote("list")
    assert (code, "broken  1 error" in out) == (ExitCode.DONE, True)
    code, out, _ = remote("run", "greet", "-i", "who=Ada", "--json")
    run = json.loads(out)
    assert (code, run["outputs"]) == (ExitCode.DONE, {"text": "Hello Ada"})
    assert json.loads(server.wftui("show", run["id"], "--json")) == run
    for words in (
        *(["history", "--workflow", "greet"], ["history", "--json"], ["history", "--format", "csv"]),
        *(["show", "last"], ["show", run["id"][-5:]], ["show", "last", "--events"], ["show", "last", "--logs"]),
        *(["show", "last", "--step", "text", "--json"], ["show", "last", "--failed"]),
        *(["watch", "last", "--events"], ["grep", "Ada", "--json"], ["compare", run["id"], run["id"]]),
    ):
        code, out, errors = remote(*words)
        assert (code, errors) == (ExitCode.DONE, ""), words
        assert bare_cli(*words, *server.places) == (code, out, errors), words
    assert remote("stats", "greet")[0] == remote("stats", "--json")[0] == ExitCode.DONE


def test_exit_codes_are_those_of_this_machine(remote: Cli) -> None:
    code, _out, errors = remote("run", "greet")
    assert (code, "error[validation.inputs]" in errors, "/inputs/who" in errors) == (ExitCode.USAGE, True, True)
    code, _out, errors = remote("run", "broken")
    assert (code, "broken/workflow.json:1:" in errors, "error[step.type]" in errors) == (
        ExitCode.NOT_COMPILED,
        True,
        True,
    )
    code, _out, errors = remote("run", "fails")
    assert (code, "error[stock.empty] nothing left" in errors) == (ExitCode.FAILED, True)
    for words in (
        ["run", "nothing"],
        ["show", "1m8kz5v3g-00000"],
        ["show", "last", "--step", "nothing"],
        # The letter "u" is in no run id.
        ["cancel", "u"],
    ):
        assert remote(*words)[0] == ExitCode.NOT_FOUND, words


def test_an_approval_from_another_machine(remote: Cli, server: Server) -> None:
    code, out, _ = remote("run", "asks", "--detach")
    run_id = out.strip()
    assert code == ExitCode.DONE
    wait_until(lambda: "ok waits for approval" in remote("show", run_id)[1])
    assert f"wftui approve {run_id} ok --remote {server.url}\n" in remote("show", run_id)[1]
    assert remote("approve", run_id, "first")[0] == ExitCode.USAGE
    assert remote("approve", run_id, "ok") == (ExitCode.DONE, f"approved ok of {run_id}\n", "")
    code, out, _ = remote("watch", run_id)
    assert (code, "asks completed" in out) == (ExitCode.DONE, True)
    code, out, _ = remote("rerun", run_id, "--from", "ok", "--plan", "--json")
    assert [(each["path"], each["action"]) for each in json.loads(out)] == [("first", "keep"), ("ok", "run")]
    assert remote("cancel", run_id)[0] == ExitCode.USAGE


def test_an_answer_is_given_whatever_is_known_of_the_process(remote: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    async def unknown(_records: RemoteRecords, run_id: str) -> ExecutionSummary:
        raise RunNotFoundError(run_id)

    run_id = remote("run", "asks", "--detach")[1].strip()
    wait_until(lambda: "ok waits for approval" in remote("show", run_id)[1])
    monkeypatch.setattr(RemoteRecords, "summary", unknown)
    assert remote("approve", run_id, "ok") == (ExitCode.DONE, f"approved ok of {run_id}\n", "")


def test_a_run_is_cancelled_from_another_machine(remote: Cli) -> None:
    _, out, _ = remote("run", "sleeps", "--detach")
    code, message, _ = remote("cancel", out.strip())
    assert (code, f"{out.strip()} cancelled" in message) == (ExitCode.DONE, True)


LOCAL = [
    *(["doctor"], ["connections"], ["connections", "secret", "list"], ["settings"], ["new", "x"], ["compile", "--all"]),
    *(["steps"], ["cleanup"], ["export", "last"], ["serve"], ["serve", "token", "list"], ["mcp", "serve"], ["web"]),
    *(["completion", "bash"], ["history", "import", "x.wfrun"], ["show", "./x.wfrun"], ["compare", "last", "x.wfrun"]),
]


@pytest.mark.parametrize("words", LOCAL, ids=" ".join)
def test_what_stays_on_its_machine_says_so(bare_cli: Cli, words: list[str]) -> None:
    """Before a token is asked for, or the network."""
    code, out, errors = bare_cli(*words, "--remote", "http://127.0.0.1:1")
    assert (code, out) == (ExitCode.USAGE, "")
    assert errors.startswith("wftui: error[remote.local] ")
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["list", "--remote", "http://127.0.0.1:1", "--tables", "x"], "remote.options"),
        (["list", "--remote", "http://127.0.0.1:1", "--db", "x"], "remote.options"),
        (["list", "--token-file", "x"], "remote.options"),
        (["list", "--remote", "nonsense"], "remote.url"),
        (["list", "--remote", "http://127.0.0.1:1"], "remote.token"),
        (["list", "--remote", "http://127.0.0.1:1", "--token-file", "nothing"], "remote.token"),
    ],
)
def test_wrong_options(bare_cli: Cli, words: list[str], error: str) -> None:
    code, out, errors = bare_cli(*words)
    assert (code, out) == (ExitCode.USAGE, "")
    assert f"wftui: error[{error}] " in errors


def test_tokens(bare_cli: Cli, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "token"
    file.write_text(server.add_token("looks", "read", "greet"))
    file.chmod(0o600)
    options = ["--remote", server.url, "--token-file", str(file)]
    monkeypatch.setenv("WFTUI_TOKEN", "wft_wrong")
    code, out, _ = bare_cli("list", *options, "--json")
    assert [row["id"] for row in json.loads(out)] == ["greet"]
    code, _, errors = bare_cli("run", "greet", "-i", "who=Ada", *options)
    assert (code, "error[token.scope]" in errors) == (ExitCode.USAGE, True)
    assert bare_cli("run", "asks", *options)[0] == ExitCode.NOT_FOUND
    assert "error[request.invalid]" in bare_cli("stats", *options)[2]
    code, _, errors = bare_cli("list", "--remote", server.url)
    assert (code, "error[token.invalid]" in errors, "wft_wrong" in errors) == (ExitCode.USAGE, True, False)
    code, _, errors = bare_cli("list", "--remote", "http://host.invalid")
    assert (code, "unencrypted" in errors, "error[remote.unreachable]" in errors) == (ExitCode.FAILED, True, True)


def test_a_command_starts_no_engine_for_a_server(server: Server) -> None:
    code = (
        "import sys; from wftui.cli.main import main\n"
        f"main(['history', '--remote', {server.url!r}])\n"
        "heavy = ('aiosqlite', 'textual', 'starlette', 'wftui.store.execution_store', 'wftui.engine.host.executor')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    environment = {**os.environ, "WFTUI_TOKEN": server.admin}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.splitlines()[-1] == "[]"


def test_ctrl_c_cancels_a_run_that_was_started_from_here(server: Server) -> None:
    environment = {**os.environ, "WFTUI_TOKEN": server.admin}
    command = [sys.executable, "-m", "wftui", "run", "sleeps", "--events", "--remote", server.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        run_id = next(json.loads(line)["executionId"] for line in process.stdout if '"step_started"' in line)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == ExitCode.CANCELLED
    with server.client() as client:
        assert record(client, run_id)["status"] == "cancelled"


@pytest.mark.slow
def test_a_killed_server_and_the_follower_of_its_run(tmp_path: Path) -> None:
    """It reconnects to the next server and ends with the interrupted run."""
    write_workflows(tmp_path / "tables")
    places, port = (tmp_path / "tables", tmp_path / "runs.db"), free_port()
    with serving(*places, port=port) as first, first.client() as client:
        admin, url, run_id = first.admin, first.url, start(client, "asks")
        waits(client, run_id)
        environment = {**os.environ, "WFTUI_TOKEN": admin}
        command = [sys.executable, "-m", "wftui", "watch", run_id, "--events", "--remote", url]
        watching = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        assert watching.stdout is not None
        seen = []
        for line in watching.stdout:
            seen.append(json.loads(line))
            if seen[-1]["type"] == "step_waiting":
                break
        first.process.kill()
        first.process.wait()
    with serving(*places, port=port) as second:
        out, errors = rest_of(watching)
        seen += [json.loads(line) for line in out.splitlines()]
        assert watching.returncode == ExitCode.FAILED
        assert errors == f"wftui: the connection to {url} is lost; retrying\n"
        assert (seen[-1]["type"], [event["seq"] for event in seen]) == ("interrupted", [*range(1, len(seen) + 1)])
        with second.client(admin) as client:
            path = f"/api/workflows/execute/{run_id}"
            plan = client.get(f"{path}/resume/plan").json()
            assert [(each["path"], each["action"]) for each in plan["steps"]] == [("first", "keep"), ("ok", "run")]
            assert client.post(f"{path}/resume", json={}).status_code == 202
            waits(client, run_id)
            assert client.post(f"{path}/answer", json={"path": "ok", "approved": True}).status_code == 200
            assert ended(client, run_id)["status"] == "completed"
            stored = client.get(f"{path}/events/stored", params={"after": len(seen)}).text.splitlines()
            later = [json.loads(line) for line in stored]
            assert (later[0]["type"], later[0]["by"], later[0]["seq"]) == (
                "resumed",
                record(client, run_id)["userId"],
                len(seen) + 1,
            )
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=PATIENCE, check=False)
        assert done.returncode == ExitCode.DONE
        assert [json.loads(line) for line in done.stdout.splitlines()] == seen + later
