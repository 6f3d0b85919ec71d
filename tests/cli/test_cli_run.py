"""`wftui run` and related commands, in a separate process."""

import dataclasses
import json
import re
import shlex
import signal
import subprocess
from pathlib import Path

import pytest
from helpers import PATIENCE, Cli, lives

from cli.run_helpers import FAILS, HELLO, SLEEPS, add, command, wftui
from wftui.workbench import Settings


def test_a_pipe_gets_one_line_a_step_and_the_outputs(settings: Settings) -> None:
    add(settings, HELLO)
    done = wftui(settings, "run", "hello", "-i", "who=you")
    assert done.returncode == 0, done.stderr
    greet, shout, end, greeting, tags = done.stdout.splitlines()
    assert greet.startswith("✓ greet")
    assert shout.startswith("⊘ shout")
    assert shout.endswith("when is false")
    assert end.startswith("✓ hello completed in")
    assert (greeting, tags) == ("greeting: Hello, you!", "tags: []")
    assert "\x1b" not in done.stdout


def test_json_is_the_record(settings: Settings) -> None:
    add(settings, HELLO)
    done = wftui(settings, "run", "hello", "-i", "times=2", "-i", 'tags=["a"]', "--json")
    record = json.loads(done.stdout)
    assert record["status"] == "completed"
    assert record["inputs"] == {"who": "world", "times": 2, "tags": ["a"]}
    assert record["outputs"] == {"greeting": "Hello, world!", "tags": ["a"]}
    assert [step["status"] for step in record["stepResults"]] == ["completed", "completed"]
    shown = wftui(settings, "show", record["id"], "--json")
    assert json.loads(shown.stdout) == record


def test_events_are_printed_as_they_are_stored(settings: Settings) -> None:
    add(settings, HELLO)
    done = wftui(settings, "run", "hello", "--events")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert (events[0]["type"], events[-1]["type"]) == ("created", "completed")
    shown = wftui(settings, "show", "last", "--events", "--json")
    assert json.loads(shown.stdout) == events


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["-i", "times=0"], "times"),
        (["-i", "times=x"], "-i times=x: expected a whole number"),
        (["-i", "wo=x"], "did you mean who?"),
        (["-i", "who"], "expected KEY=VALUE"),
        (["--input", "{"], "--input is not JSON"),
        (["--input", "[]"], "must be a JSON object"),
        (["--input", "@/nowhere.json"], "cannot read /nowhere.json"),
        (["-i", "who=@/nowhere.txt"], "cannot read /nowhere.txt"),
    ],
)
def test_invalid_inputs_exit_2_with_a_message(
    settings: Settings, cli: Cli, arguments: list[str], sentence: str
) -> None:
    add(settings, HELLO)
    code, _, errors = cli("run", "hello", *arguments)
    assert code == 2
    assert sentence in errors


def test_inputs_come_from_files_and_stdin(settings: Settings, tmp_path: Path) -> None:
    add(settings, HELLO)
    (tmp_path / "who.txt").write_text("file")
    done = wftui(settings, "run", "hello", "--input", "-", "--quiet", stdin='{"who": "stdin", "times": 1}')
    assert "Hello, stdin!" in done.stdout
    done = wftui(settings, "run", "hello", "--input", '{"who": "json"}', "-i", f"who=@{tmp_path}/who.txt", "--quiet")
    assert "Hello, file!" in done.stdout


def test_failed_run_exits_1_and_names_the_step(settings: Settings) -> None:
    add(settings, FAILS)
    done = wftui(settings, "run", "fails")
    assert done.returncode == 1
    assert done.stdout.startswith("✗ boom")
    path = settings.tables / "workflows" / "fails" / "workflow.json"
    assert f"{path}:" in done.stderr
    assert "error[exit_code]" in done.stderr


def test_unknown_workflow_exits_4(cli: Cli) -> None:
    code, _, errors = cli("run", "repo_helth")
    assert code == 4
    assert "did you mean repo_health" in errors


def test_broken_workflow_exits_3_with_all_positions(settings: Settings, cli: Cli) -> None:
    add(settings, {**HELLO, "steps": [{"id": "a", "type": "st", "input": {"x": "{{ inputs.no }}"}}]})
    code, _, errors = cli("run", "hello")
    assert code == 3
    path = settings.tables / "workflows" / "hello" / "workflow.json"
    assert f"{path}:" in errors
    assert errors.count("error[") >= 2


def test_ctrl_c_cancels_and_ends_the_step_process(settings: Settings) -> None:
    add(settings, SLEEPS)
    process = subprocess.Popen(
        command(settings, "run", "sleeps", "--events"), stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    pid = 0
    for line in process.stdout:
        event = json.loads(line)
        if event["type"] == "log" and event["message"].strip().isdigit():
            pid = int(event["message"])
            process.send_signal(signal.SIGINT)
            break
    rest = [json.loads(line)["type"] for line in process.stdout]
    assert process.wait(timeout=PATIENCE) == 130
    assert rest[-1] == "cancelled"
    assert not lives(pid)


def test_run_continues_after_a_closed_pipe(settings: Settings) -> None:
    workflow = {
        **HELLO,
        "steps": [{"id": f"s{n}", "type": "shell", "input": {"script": "sleep 0.05"}} for n in range(5)],
    }
    workflow["outputs"] = {}
    add(settings, workflow)
    process = subprocess.Popen(command(settings, "run", "hello", "--events"), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=PATIENCE) == 0
    assert json.loads(wftui(settings, "show", "last", "--json").stdout)["status"] == "completed"


@pytest.mark.slow
def test_run_continues_after_a_hangup(settings: Settings) -> None:
    gate = settings.database.parent / "gate"
    waits = {"script": f"until [ -e {shlex.quote(str(gate))} ]; do sleep 0.02; done"}
    add(settings, {**HELLO, "steps": [{"id": "waits", "type": "shell", "input": waits}], "outputs": {}})
    process = subprocess.Popen(command(settings, "run", "hello", "--events"), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    while json.loads(process.stdout.readline())["type"] != "step_started":
        pass
    process.send_signal(signal.SIGHUP)
    gate.touch()
    assert [json.loads(line)["type"] for line in process.stdout][-1] == "completed"
    assert process.wait(timeout=PATIENCE) == 0


@pytest.mark.slow
def test_detached_run_is_watched_and_cancelled_by_another_process(settings: Settings) -> None:
    add(settings, SLEEPS)
    started = wftui(settings, "run", "sleeps", "--detach")
    assert started.returncode == 0, started.stderr
    run_id = started.stdout.strip()
    watching = subprocess.Popen(command(settings, "watch", run_id, "--events"), stdout=subprocess.PIPE, text=True)
    assert watching.stdout is not None
    while json.loads(watching.stdout.readline())["type"] != "step_started":
        pass
    cancelled = wftui(settings, "cancel", run_id)
    assert cancelled.returncode == 0, cancelled.stderr
    assert [json.loads(line)["type"] for line in watching.stdout][-1] == "cancelled"
    assert watching.wait(timeout=PATIENCE) == 130
    again = wftui(settings, "cancel", run_id)
    assert again.returncode == 2
    assert "the run is cancelled" in again.stderr


def test_detached_run_reports_a_failed_start(settings: Settings) -> None:
    done = wftui(settings, "run", "nothing", "--detach")
    assert done.returncode == 4
    assert "there is no workflow nothing" in done.stderr


def test_a_kept_failure_is_shown_as_kept(settings: Settings, cli: Cli) -> None:
    steps = [
        {"id": "bad", "type": "fail", "input": {"type": "stock.empty", "message": "none left"}, "onError": "continue"},
        {"id": "last", "type": "set", "needs": ["bad"], "input": {"v": 1}},
    ]
    add(settings, {"format": 1, "id": "kept", "steps": steps})
    assert cli("run", "kept")[0] == 0
    assert cli("rerun", "last", "--from", "last")[0] == 0
    shown = cli("show", "last")[1]
    assert re.search(r"✗ bad .*kept from \S+: stock.empty: none left", shown)


def test_read_only_workspace_runs_unchanged(settings: Settings) -> None:
    add(settings, HELLO)
    folders = [settings.tables, settings.tables / "workflows", settings.tables / "workflows" / "hello"]
    for folder in folders:
        folder.chmod(0o500)
    before = sorted(settings.tables.rglob("*"))
    try:
        done = wftui(settings, "run", "hello", "--quiet", obeying=True)
        assert (done.returncode, "Hello, world!" in done.stdout) == (0, True), done.stderr
        refused = wftui(settings, "new", "b", obeying=True)
        assert refused.returncode == 1
        assert "permission denied" in refused.stderr
        assert "Traceback" not in done.stderr + refused.stderr
        assert sorted(settings.tables.rglob("*")) == before
    finally:
        for folder in folders:
            folder.chmod(0o700)


def test_unwritable_database_folder_is_a_clear_error(settings: Settings, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    elsewhere = dataclasses.replace(settings, database=closed / "deeper" / "wftui.db")
    done = wftui(elsewhere, "history", obeying=True)
    assert done.returncode == 1
    assert str(closed) in done.stderr
    assert "Traceback" not in done.stderr


def test_damaged_database_is_set_aside_with_a_message(settings: Settings) -> None:
    add(settings, HELLO)
    wftui(settings, "run", "hello", "--quiet")
    content = settings.database.read_bytes()
    settings.database.write_bytes(content[: len(content) // 2])
    done = wftui(settings, "history")
    assert done.returncode == 0
    assert "was damaged and has been set aside as wftui.db.damaged-" in done.stderr
    aside = settings.database.parent.glob("wftui.db.damaged-*")
    assert content[: len(content) // 2] in [path.read_bytes() for path in aside]


@pytest.mark.parametrize("library", [object, OSError], ids=["no mallopt", "none that can be loaded"])
def test_a_run_needs_no_c_library_of_gnu(
    cli: Cli, settings: Settings, monkeypatch: pytest.MonkeyPatch, library: type[object]
) -> None:
    def load(_name: str | None) -> object:
        if issubclass(library, OSError):
            raise library
        return library()

    add(settings, HELLO)
    monkeypatch.setattr("ctypes.CDLL", load)
    code, out, _errors = cli("run", "hello")
    assert (code, "Hello, world!" in out) == (0, True)
