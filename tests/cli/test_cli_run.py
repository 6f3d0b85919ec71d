"""`wftui run` and related commands, in a separate process."""

import dataclasses
import json
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import PATIENCE, Cli, lives, obey_permissions

from wftui.workbench import Settings

HELLO = {
    "format": 1,
    "id": "hello",
    "inputSchema": {
        "type": "object",
        "properties": {
            "who": {"type": "string", "default": "world"},
            "times": {"type": "integer", "minimum": 1, "default": 1},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
        "additionalProperties": False,
    },
    "steps": [
        {"id": "greet", "type": "set", "input": {"text": "Hello, {{ inputs.who }}!"}},
        {"id": "shout", "type": "set", "when": "inputs.times > 1", "input": {"text": "{{ inputs.who | upper }}"}},
    ],
    "outputs": {"greeting": "{{ steps.greet.output.text }}", "tags": "{{ inputs.tags | default([]) }}"},
}
FAILS = {
    "format": 1,
    "id": "fails",
    "steps": [{"id": "boom", "type": "shell", "input": {"script": "echo about to fail >&2; exit 7"}}],
}
SLEEPS = {
    "format": 1,
    "id": "sleeps",
    "steps": [{"id": "nap", "type": "shell", "input": {"script": "echo $$; exec sleep 600"}}],
}


def add(settings: Settings, *workflows: dict[str, object]) -> None:
    for workflow in workflows:
        path = settings.tables / "workflows" / str(workflow["id"]) / "workflow.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(workflow, indent=2))


def command(settings: Settings, *arguments: str) -> list[str]:
    places = ["--tables", str(settings.tables), "--db", str(settings.database)]
    return [sys.executable, "-m", "wftui", *arguments, *places]


def wftui(
    settings: Settings, *arguments: str, stdin: str = "", obeying: bool = False
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(settings, *arguments),
        capture_output=True,
        text=True,
        input=stdin,
        timeout=PATIENCE,
        check=False,
        preexec_fn=obey_permissions if obeying else None,
    )


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


def test_rerun_reuses_inputs_and_names_its_parent(settings: Settings, cli: Cli) -> None:
    add(settings, HELLO)
    first = json.loads(cli("run", "hello", "-i", "who=one", "-i", "times=2", "--json")[1])
    second = json.loads(cli("rerun", "last", "-i", "who=two", "--json")[1])
    assert second["parentId"] == first["id"]
    assert second["inputs"] == {"who": "two", "times": 2}
    code, _, errors = cli("rerun", "last", "--connection", "api=work")
    assert code == 1
    assert "the workflow names no connection 'api' that 'work' could replace" in errors


PARTS = {
    "format": 1,
    "id": "parts",
    "inputSchema": {"type": "object", "properties": {"file": {"type": "string"}}, "required": ["file"]},
    "steps": [
        {
            "id": "first",
            "type": "shell",
            "input": {"script": 'echo ran >> "$F.first"', "env": {"F": "{{ inputs.file }}"}},
        },
        {"id": "second", "type": "shell", "input": {"script": 'cat "$F"', "env": {"F": "{{ inputs.file }}"}}},
        {"id": "third", "type": "set", "input": {"text": "{{ steps.second.output.stdout }}"}},
    ],
    "outputs": {"text": "{{ steps.third.output.text }}"},
}


def test_rerun_of_failed_steps_shows_the_plan_first(settings: Settings, cli: Cli, tmp_path: Path) -> None:
    add(settings, PARTS)
    file = tmp_path / "file"
    code, failed, _ = cli("run", "parts", "-i", f"file={file}", "--json")
    assert code == 1
    plan = json.loads(cli("rerun", "last", "--from-failed", "--plan", "--json")[1])
    assert [(each["path"], each["action"]) for each in plan] == [
        ("first", "keep"),
        ("second", "run"),
        ("third", "run"),
    ]
    assert "failed" in cli("rerun", "last", "--from-failed", "--plan")[1]
    file.write_text("hello")
    again = json.loads(cli("rerun", "last", "--from-failed", "--json")[1])
    assert (again["status"], again["outputs"]) == ("completed", {"text": "hello"})
    assert again["parentId"] == json.loads(failed)["id"]
    assert Path(f"{file}.first").read_text() == "ran\n", "the first step ran once"
    whole = json.loads(cli("rerun", "last", "--from", "first", "--json")[1])
    assert whole["status"] == "completed"
    assert Path(f"{file}.first").read_text() == "ran\nran\n"


def test_plan_needs_an_existing_start_step(settings: Settings, cli: Cli) -> None:
    add(settings, HELLO)
    cli("run", "hello", "--quiet")
    assert cli("rerun", "last", "--plan")[0] == 2
    assert cli("rerun", "last", "--from", "nothing", "--plan")[0] == 4


def test_secret_inputs_are_asked_again_and_never_stored(settings: Settings, cli: Cli) -> None:
    schema = {"type": "object", "properties": {"token": {"type": "string", "writeOnly": True}}, "required": ["token"]}
    add(settings, {**HELLO, "inputSchema": schema, "steps": [{"id": "a", "type": "set", "input": {}}], "outputs": {}})
    code, out, errors = cli("run", "hello", "-i", "token=correct-horse-battery", "--json")
    assert code == 0, errors
    assert "correct-horse" not in out
    assert b"correct-horse" not in b"".join(path.read_bytes() for path in settings.database.parent.glob("wftui.db*"))
    code, _, errors = cli("rerun", "last")
    assert code == 2
    assert "give them again: token" in errors
    assert cli("rerun", "last", "-i", "token=staple-battery")[0] == 0


@pytest.mark.slow
def test_killed_run_is_interrupted_and_resumes(settings: Settings, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    script = 'echo begun >> "$F"; while [ ! -e "$F.go" ]; do sleep 0.02; done'
    steps = [
        {
            "id": "before",
            "type": "shell",
            "input": {"script": 'echo ran >> "$F.before"', "env": {"F": "{{ inputs.file }}"}},
        },
        {"id": "wait", "type": "shell", "input": {"script": script, "env": {"F": "{{ inputs.file }}"}}},
    ]
    add(settings, {**PARTS, "steps": steps, "outputs": {}})
    process = subprocess.Popen(
        command(settings, "run", "parts", "-i", f"file={gate}", "--events"), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line)["type"] == "step_started" and json.loads(line)["stepId"] == "wait":
            break
    process.kill()
    process.wait()
    process.stdout.close()
    interrupted = json.loads(wftui(settings, "history", "--json").stdout)["executions"][0]
    assert interrupted["status"] == "interrupted"
    assert re.search(r"wait .*was running when its process ended", wftui(settings, "show", "last").stdout)
    Path(f"{gate}.go").touch()
    resumed = wftui(settings, "resume", "last", "--json")
    assert resumed.returncode == 0, resumed.stderr
    record = json.loads(resumed.stdout)
    assert (record["id"], record["status"]) == (interrupted["id"], "completed")
    assert Path(f"{gate}.before").read_text() == "ran\n"
    assert wftui(settings, "resume", "last").returncode == 1


@pytest.mark.first_cases(1)
@pytest.mark.parametrize(
    ("on_reject", "effect", "code"),
    [("fail", "the step fails with approval.rejected", 1), ("continue", "the step continues with the answer no", 0)],
)
def test_approve_with_reject_prints_its_effect(settings: Settings, on_reject: str, effect: str, code: int) -> None:
    asked = {"prompt": "Go on?", "onReject": on_reject}
    add(settings, {"format": 1, "id": "asks", "steps": [{"id": "sure", "type": "approval", "input": asked}]})
    run_id = wftui(settings, "run", "asks", "--detach").stdout.strip()
    watching = subprocess.Popen(command(settings, "watch", run_id, "--events"), stdout=subprocess.PIPE, text=True)
    assert watching.stdout is not None
    while json.loads(watching.stdout.readline())["type"] != "step_waiting":
        pass
    rejected = wftui(settings, "approve", run_id, "sure", "--reject")
    assert (rejected.returncode, rejected.stdout) == (0, f"rejected sure of {run_id}: {effect}\n")
    watching.stdout.read()
    assert watching.wait(timeout=PATIENCE) == code


def test_approve_answers_a_waiting_step_of_another_process(settings: Settings, cli: Cli) -> None:
    asks = {
        "format": 1,
        "id": "asks",
        "steps": [{"id": "sure", "type": "approval", "input": {"prompt": "Go on?", "onReject": "continue"}}],
        "outputs": {"yes": "{{ steps.sure.output.approved }}"},
    }
    add(settings, asks)
    run_id = wftui(settings, "run", "asks", "--detach").stdout.strip()
    watching = subprocess.Popen(command(settings, "watch", run_id, "--events"), stdout=subprocess.PIPE, text=True)
    assert watching.stdout is not None
    while json.loads(watching.stdout.readline())["type"] != "step_waiting":
        pass
    code, _, errors = cli("approve", run_id, "other")
    assert code == 2
    assert "waiting: sure" in errors
    shown = cli("show", run_id)[1]
    assert re.search(r"sure waits for approval since \d{4}-\d\d-\d\d ", shown)
    assert f"  Go on?\n  wftui approve {run_id} sure\n  wftui approve {run_id} sure --reject  # the step cont" in shown
    assert cli("approve", run_id, "sure")[0] == 0
    code, _, errors = cli("approve", run_id, "sure", "--reject")
    assert code == 1
    assert "error[approval.answered]" in errors
    assert "was already approved by" in errors
    assert json.loads(watching.stdout.readlines()[-1])["outputs"] == {"yes": True}
    assert watching.wait(timeout=PATIENCE) == 0


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
