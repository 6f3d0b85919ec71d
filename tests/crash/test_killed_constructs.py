"""`wftui run` is killed inside a loop with `previous`, a race and a catch: a resume goes on where it was."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from helpers import wait_until

from wftui.model.base import Json

pytest_plugins = "started_programs"


def shell(id: str, script: str, **env: str) -> dict[str, Any]:
    """A step that notes its id, and does the rest of the script."""
    return {
        "id": id,
        "type": "shell",
        "input": {"script": f'echo {id} >> "$F/done"\n{script}', "env": {"F": "{{ inputs.folder }}", **env}},
    }


UNTIL_GO = 'touch "$F/here"; until [ -e "$F/go" ]; do sleep 0.02; done'

LOOP = {
    "id": "work",
    "type": "loop",
    "until": "index == 3",
    "maxIterations": 9,
    "steps": [
        shell("add", f'[ "$I" != 2 ] || {{ {UNTIL_GO}; }}', I="{{ index }}"),
        {"id": "sum", "type": "set", "input": {"sum": "{{ (previous.sum if previous else 0) + index }}"}},
    ],
}
CATCH = {
    "id": "work",
    "catch": [{"on": ["exit_code.7"], "steps": [shell("repair", UNTIL_GO + "; echo repaired")]}],
    **{key: value for key, value in shell("work", "exit 7").items() if key != "id"},
}
RACE = {
    "id": "work",
    "type": "race",
    "branches": [
        {"name": "slow", "steps": [shell("late", "exec sleep 600")]},
        {"name": "fast", "steps": [shell("early", f"{UNTIL_GO}; echo quick")]},
    ],
}


@pytest.mark.first_cases(1)
@pytest.mark.parametrize(
    ("step", "output", "ran"),
    [
        pytest.param(LOOP, {"sum": 6}, ["add"] * 5, id="loop"),
        pytest.param(CATCH, "repaired", ["repair", "repair", "work"], id="catch"),
        pytest.param(RACE, "fast", ["early", "early", "late", "late"], id="race"),
    ],
)
def test_it_goes_on_where_it_was(
    step: dict[str, Any], output: Json, ran: list[str], tmp_path: Path, start: Any
) -> None:
    read = {"loop": "", "race": ".branch"}.get(step["type"], ".value")
    workflow = {
        "format": 1,
        "id": "flow",
        "inputSchema": {"type": "object", "properties": {"folder": {"type": "string"}}, "required": ["folder"]},
        "steps": [step],
        "outputs": {"output": f"{{{{ steps.work.output{read} }}}}"},
    }
    folder = tmp_path / "tables" / "workflows" / "flow"
    folder.mkdir(parents=True)
    (folder / "workflow.json").write_text(json.dumps(workflow))
    place = ["--tables", str(tmp_path / "tables"), "--db", str(tmp_path / "runs.db")]
    running = start("-m", "wftui", "run", "flow", "-q", "-i", f"folder={tmp_path}", *place)
    wait_until(lambda: (tmp_path / "here").exists())
    if step["type"] == "race":
        wait_until(lambda: "late" in (tmp_path / "done").read_text())
    running.kill()
    running.wait()
    (tmp_path / "go").touch()
    resumed = subprocess.run(
        [sys.executable, "-m", "wftui", "resume", "last", "--json", *place],
        capture_output=True,
        text=True,
        env=dict(os.environ),
    )
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    record = json.loads(resumed.stdout)
    assert (record["status"], record["outputs"]) == ("completed", {"output": output})
    assert sorted((tmp_path / "done").read_text().split()) == ran
