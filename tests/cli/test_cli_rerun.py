"""`wftui rerun`, `resume` and `approve`, in a separate process."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from helpers import PATIENCE, Cli

from cli.run_helpers import HELLO, add, command, wftui
from wftui.workbench import Settings


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
    place = f"--tables {settings.tables} --db {settings.database}"
    answer = f"  wftui approve {run_id} sure {place}\n"
    assert f"  Go on?\n{answer}  wftui approve {run_id} sure --reject {place}  # the step cont" in shown
    assert cli("approve", run_id, "sure")[0] == 0
    code, _, errors = cli("approve", run_id, "sure", "--reject")
    assert code == 1
    assert "error[approval.answered]" in errors
    assert "was already approved by" in errors
    assert json.loads(watching.stdout.readlines()[-1])["outputs"] == {"yes": True}
    assert watching.wait(timeout=PATIENCE) == 0
