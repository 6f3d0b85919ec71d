"""Completed steps with secret outputs, after a kill: recomputed, or confirmed."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import wait_until

from wftui.model.base import Json

SECRET = "sesame-open-please"
TOKEN: Json = {
    "type": "object",
    "properties": {"token": {"type": "string", "writeOnly": True}, "folder": {"type": "string"}},
}
PUBLISH: Json = {
    "id": "publish",
    "type": "shell",
    "input": {
        "script": 'echo x >> "$F/published"; echo "published with $TOKEN"',
        "env": {"TOKEN": "{{ inputs.token }}", "F": "{{ inputs.folder }}"},
    },
}
DERIVED: Json = [
    {"id": "header", "type": "set", "input": {"value": "Bearer {{ inputs.token }}"}},
    {"id": "page", "type": "template", "input": {"template": "<[[ t ]]>", "values": {"t": "{{ inputs.token }}"}}},
]
WAIT: Json = {
    "id": "wait",
    "type": "shell",
    "input": {
        "script": 'echo > "$F/waits"; until [ -e "$F/go" ]; do sleep 0.02; done',
        "env": {"F": "{{ inputs.folder }}"},
    },
}
USE: Json = {
    "id": "use",
    "type": "python",
    "input": {
        "code": "def main(texts):\n    return [len(text) for text in texts]\n",
        "args": {"texts": ["{{ steps.header.output.value }}", "{{ steps.page.output.text }}"]},
    },
}


def killed(tmp_path: Path, steps: Json) -> list[str]:
    """Run these steps, kill the program during `wait`; return the path arguments."""
    folder = tmp_path / "tables" / "workflows" / "flow"
    folder.mkdir(parents=True)
    flow = {"format": 1, "id": "flow", "inputSchema": TOKEN, "steps": steps}
    (folder / "workflow.json").write_text(json.dumps(flow))
    places = ["--tables", str(tmp_path / "tables"), "--db", str(tmp_path / "wftui.db")]
    given = ["-i", "token=env:TOKEN", "-i", f"folder={tmp_path}"]
    program = subprocess.Popen(
        [sys.executable, "-m", "wftui", "run", "flow", *given, *places],
        env={**os.environ, "TOKEN": SECRET},
        stdout=subprocess.DEVNULL,
    )
    wait_until((tmp_path / "waits").exists)
    program.send_signal(signal.SIGKILL)
    program.wait()
    (tmp_path / "go").touch()
    return places


def resume(places: list[str], *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "wftui", "resume", "last", *words, *places]
    return subprocess.run(command, env={**os.environ, "TOKEN": SECRET}, capture_output=True, text=True)


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("nested", [False, True])
def test_set_and_template_outputs_are_recomputed_from_secrets(tmp_path: Path, nested: bool) -> None:
    steps = [*DERIVED, WAIT, USE]
    if nested:
        steps = [{"id": "inside", "type": "group", "steps": steps}]
    places = killed(tmp_path, steps)
    plan = {each["path"]: each for each in json.loads(resume(places, "--plan", "--json").stdout)}
    prefix = "inside." if nested else ""
    assert plan[f"{prefix}header"]["why"] == "its output held a secret, which is not stored: derived again"
    asked = resume(places)
    assert asked.returncode == 2
    assert "inputs.secret" in asked.stderr
    done = resume(places, "-i", "token=env:TOKEN", "--json")
    assert done.returncode == 0, done.stderr
    outputs = {step["path"]: step.get("output") for step in json.loads(done.stdout)["stepResults"]}
    assert outputs[f"{prefix}use"] == [len(f"Bearer {SECRET}"), len(f"<{SECRET}>")], "the whole values, not their masks"
    assert SECRET not in done.stdout


def test_other_steps_rerun_only_when_confirmed(tmp_path: Path) -> None:
    places = killed(tmp_path, [PUBLISH, *DERIVED, WAIT, USE])
    plan = {each["path"]: each for each in json.loads(resume(places, "--plan", "--json").stdout)}
    assert plan["publish"] == {
        "path": "publish",
        "action": "run",
        "why": "its output held a secret, which is not stored: runs again if confirmed",
    }
    asked = resume(places, "-i", "token=env:TOKEN")
    assert asked.returncode == 1
    assert "error[resume.confirm] publish: completed, but the output held a secret" in asked.stderr
    assert asked.stderr.rstrip().endswith("confirm to repeat it: --confirmed")
    assert "header" not in asked.stderr
    assert (tmp_path / "published").read_text() == "x\n", "nothing was repeated"
    done = resume(places, "-i", "token=env:TOKEN", "--confirmed")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "published").read_text() == "x\nx\n"


@pytest.mark.slow
def test_for_each_items_are_listed_individually(tmp_path: Path) -> None:
    each = {**PUBLISH, "forEach": {"in": "[1, 2]", "as": "n", "maxParallel": 1}}
    each["input"] = {
        "script": 'echo x >> "$F/published"; [ "$N" = 1 ] || echo "$TOKEN"',
        "env": {**PUBLISH["input"]["env"], "N": "{{ n }}"},
    }
    places = killed(tmp_path, [each, *DERIVED, WAIT, USE])
    asked = resume(places, "-i", "token=env:TOKEN")
    assert "publish[1]: completed, but" in asked.stderr
    assert "publish[0]" not in asked.stderr
    done = resume(places, "-i", "token=env:TOKEN", "--confirmed")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "published").read_text() == "x\nx\nx\n", "the other item is kept"
