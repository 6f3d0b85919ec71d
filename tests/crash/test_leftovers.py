"""Programs that steps of a killed run started end before any step is repeated."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from helpers import lives

from wftui.model.base import Json
from wftui.model.run.events import Log, StepStarted
from wftui.workbench import Settings, Workbench

ENV: Json = {"F": "{{ inputs.folder }}"}
SERVE = """
setsid sh -c 'echo $$ > "$F/server"; exec sleep 600' > "$F/out" 2>&1 &
until [ -s "$F/server" ]; do sleep 0.01; done
"""
BUSY = """
[ "$WFTUI_ATTEMPT" = 1 ] || exit 0
unset WFTUI_RUN WFTUI_STEP
(setsid sh -c 'echo $$ >> "$F/old"; exec sleep 600' &)
env -i sh -c 'echo $$ >> "$1"; exec sleep 600' sh "$F/old" &
echo $$ >> "$F/old"
wait
"""
COMPUTE = """
import os, subprocess, time
def main(folder):
    if os.environ["WFTUI_ATTEMPT"] == "1":
        away = subprocess.Popen(["sleep", "600"], start_new_session=True)
        print(away.pid, os.getpid(), file=open(folder + "/old", "a"), flush=True)
        time.sleep(600)
"""
STEPS: Json = [
    {"id": "serve", "type": "shell", "input": {"script": SERVE, "env": ENV}},
    {"id": "busy", "type": "shell", "needs": ["serve"], "input": {"script": BUSY, "env": ENV}},
    {
        "id": "compute",
        "type": "python",
        "needs": ["serve"],
        "input": {"code": COMPUTE, "args": {"folder": "{{ inputs.folder }}"}},
    },
]
STARTED = 5


def pids(path: Path) -> list[int]:
    return [int(word) for word in path.read_text().split()] if path.exists() else []


def living(numbers: list[int]) -> list[int]:
    return [pid for pid in numbers if lives(pid)]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The folder of a run killed while its steps had processes running."""
    workflow = {"format": 1, "id": "w", "inputSchema": {"properties": {"folder": {}}}, "steps": STEPS}
    (tmp_path / "tables" / "workflows" / "w").mkdir(parents=True)
    (tmp_path / "tables" / "workflows" / "w" / "workflow.json").write_text(json.dumps(workflow))
    places = ["--tables", str(tmp_path / "tables"), "--db", str(tmp_path / "wftui.db")]
    program = subprocess.Popen(
        [sys.executable, "-m", "wftui", "run", "w", "-i", f"folder={tmp_path}", *places], stdout=subprocess.DEVNULL
    )
    try:
        while len(pids(tmp_path / "old")) < STARTED:
            assert program.poll() is None
            time.sleep(0.01)
        program.kill()
        program.wait()
        assert len(living(pids(tmp_path / "old"))) == STARTED
        yield tmp_path
    finally:
        program.kill()
        for pid in living(pids(tmp_path / "old") + pids(tmp_path / "server")):
            process = psutil.Process(pid)
            process.kill()
            process.wait()  # this process may have adopted it


async def test_orphans_end_before_resume_and_daemons_stay(folder: Path) -> None:
    workbench = Workbench(Settings(tables=folder / "tables", database=folder / "wftui.db"))
    run_id = await workbench.runs.find("last")
    old = pids(folder / "old")
    shown = "\n".join(await workbench.runs.left_running(run_id))
    assert [pid for pid in old if str(pid) not in shown] == []
    await workbench.runs.resume(run_id, {})
    assert (await workbench.runs.wait(run_id)).status == "completed"
    assert living(old) == []
    assert len(living(pids(folder / "server"))) == 1, "the step that started it had ended"
    events = await workbench.runs.events(run_id)
    told = [event for event in events if isinstance(event, Log) and "; ended" in event.message]
    again = [event.seq for event in events if isinstance(event, StepStarted) and event.attempt == 2]
    assert len(again) == 2
    assert max(event.seq for event in told) < min(again)
    assert [str(pid) for pid in old if not any(str(pid) in event.message for event in told)] == []
    await workbench.close()


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("giving_up", [True, False])
async def test_orphans_end_on_cancel_and_rerun(folder: Path, giving_up: bool) -> None:
    workbench = Workbench(Settings(tables=folder / "tables", database=folder / "wftui.db"))
    run_id = await workbench.runs.find("last")
    if giving_up:
        await workbench.runs.cancel(run_id)
        assert (await workbench.runs.record(run_id)).status == "cancelled"
    else:
        new = await workbench.runs.rerun(run_id, {"folder": str(folder / "elsewhere")}, reuse=True, from_step="compute")
        await workbench.runs.cancel(new)
        await workbench.runs.wait(new)
    assert living(pids(folder / "old")) == []
    await workbench.close()
