"""A resume after killing `wftui run` in a loop, forEach, race, catch or `finally`."""

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


FOREVER = "while true; do sleep 0.02; done"
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
ITEMS = {
    **shell(
        "work",
        f'[ "$I" != 2 ] || {{ {UNTIL_GO}; }}; echo $((P + I))',
        I="{{ n }}",
        P="{{ previous.value if previous else 0 }}",
    ),
    "forEach": {"in": "[1, 2, 3]", "as": "n"},
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
# The loser stops the program, which would kill it after two seconds.
LOSERS_END = {
    "id": "work",
    "type": "race",
    "branches": [
        {
            "name": "slow",
            "steps": [shell("late", f"trap 'kill -STOP $PPID; {UNTIL_GO}; exit' TERM\ntouch \"$F/late\"\n{FOREVER}")],
        },
        {"name": "fast", "steps": [shell("early", 'until [ -e "$F/late" ]; do sleep 0.02; done; echo quick')]},
    ],
}


@pytest.mark.first_cases(2)
@pytest.mark.parametrize(
    ("step", "output", "ran"),
    [
        pytest.param(LOOP, {"sum": 6}, ["add"] * 5, id="loop"),
        pytest.param(CATCH, "repaired", ["repair", "repair", "work"], id="catch"),
        pytest.param(ITEMS, ["1", "3", "6"], ["work"] * 4, id="forEach"),
        pytest.param(LOSERS_END, "fast", ["early", "late"], id="losers_end"),
        pytest.param(RACE, "fast", ["early", "early", "late", "late"], id="race"),
    ],
)
def test_it_continues_where_it_was(
    step: dict[str, Any], output: Json, ran: list[str], tmp_path: Path, start: Any
) -> None:
    read = {"loop": "", "race": ".branch"}.get(step["type"], ".value")
    read = " | map(attribute='value')" if "forEach" in step else read
    outputs = {"output": f"{{{{ steps.work.output{read} }}}}"}
    code, record = killed_and_resumed({"steps": [step], "outputs": outputs}, tmp_path, start)
    assert (code, record["status"], record["outputs"]) == (0, "completed", {"output": output})
    assert sorted((tmp_path / "done").read_text().split()) == ran


def test_finally_continues_with_the_error_of_the_run(tmp_path: Path, start: Any) -> None:
    told = shell("told", f"{UNTIL_GO}; echo $E", E="{{ run.error.type }} {{ run.status }}")
    tidy = [shell("before", "true"), {**told, "needs": ["before"]}]
    code, record = killed_and_resumed({"steps": [shell("work", "exit 7")], "finally": tidy}, tmp_path, start)
    assert (code, record["status"], record["error"]["type"]) == (1, "failed", "exit_code")
    ended = {step["stepId"]: step for step in record["stepResults"]}
    assert ended["told"]["output"]["value"] == "exit_code failed"
    assert (tmp_path / "done").read_text().split() == ["work", "before", "told", "told"]


def killed_and_resumed(fields: dict[str, Any], tmp_path: Path, start: Any) -> tuple[int, dict[str, Any]]:
    """Kill a run where it waits for `go`; return exit code and record of its resume."""
    workflow = {
        "format": 1,
        "id": "flow",
        "inputSchema": {"type": "object", "properties": {"folder": {"type": "string"}}, "required": ["folder"]},
        **fields,
    }
    folder = tmp_path / "tables" / "workflows" / "flow"
    folder.mkdir(parents=True)
    (folder / "workflow.json").write_text(json.dumps(workflow))
    place = ["--tables", str(tmp_path / "tables"), "--db", str(tmp_path / "runs.db")]
    running = start("-m", "wftui", "run", "flow", "-q", "-i", f"folder={tmp_path}", *place)
    wait_until(lambda: (tmp_path / "here").exists())
    if fields["steps"][0]["type"] == "race":
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
    assert resumed.stdout, resumed.stderr
    return resumed.returncode, json.loads(resumed.stdout)
