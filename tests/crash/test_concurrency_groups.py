"""Programs that hold or wait for a concurrency group are killed or cancelled."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from helpers import PATIENCE, wait_until

from wftui.store.execution_store import ExecutionStore

pytest_plugins = "started_programs"


@pytest.fixture
def places(tmp_path: Path) -> list[str]:
    """Options for a workspace whose workflow holds the group until a file `go` exists."""
    folder = tmp_path / "tables" / "workflows" / "one"
    folder.mkdir(parents=True)
    script = f"echo >> {tmp_path}/begun; until [ -e {tmp_path}/go ]; do sleep 0.02; done"
    steps = [{"id": "hold", "type": "shell", "input": {"script": script}}]
    flow = {"format": 1, "id": "one", "concurrency": {"group": "g"}, "steps": steps}
    (folder / "workflow.json").write_text(json.dumps(flow))
    return ["--tables", str(tmp_path / "tables"), "--db", str(tmp_path / "wftui.db")]


def queued(program: "subprocess.Popen[str]") -> None:
    """Wait until a program says that its run waits for the group."""
    assert program.stderr is not None
    assert program.stdout is not None
    line = program.stdout.readline()
    assert "of group g" in line, line + program.stderr.read()


def two_runs(tmp_path: Path, places: list[str], start: Any) -> tuple["subprocess.Popen[str]", "subprocess.Popen[str]"]:
    """Start a program whose run holds the group, and one whose run waits for it."""
    holder = start("-m", "wftui", "run", "one", *places)
    wait_until((tmp_path / "begun").exists)
    waiting = start("-m", "wftui", "run", "one", *places)
    queued(waiting)
    return holder, waiting


async def statuses(tmp_path: Path) -> list[str]:
    """Statuses of all runs, the newest first."""
    store = await ExecutionStore.open(tmp_path / "wftui.db")
    found = [run.status for run in (await store.list()).executions]
    await store.close()
    return found


@pytest.mark.slow
async def test_a_killed_holder_gives_way(tmp_path: Path, places: list[str], start: Any) -> None:
    holder, waiting = two_runs(tmp_path, places, start)
    holder.kill()
    holder.communicate(timeout=PATIENCE)
    (tmp_path / "go").touch()
    output, errors = waiting.communicate(timeout=PATIENCE)
    assert waiting.returncode == 0, output + errors
    assert await statuses(tmp_path) == ["completed", "interrupted"]


@pytest.mark.slow
async def test_a_run_killed_in_the_queue_waits_again_after_a_resume(
    tmp_path: Path, places: list[str], start: Any
) -> None:
    holder, waiting = two_runs(tmp_path, places, start)
    waiting.kill()
    waiting.communicate(timeout=PATIENCE)
    resumed = start("-m", "wftui", "resume", "last", *places)
    queued(resumed)
    assert (tmp_path / "begun").read_text() == "\n"
    (tmp_path / "go").touch()
    for program in (holder, resumed):
        output, errors = program.communicate(timeout=PATIENCE)
        assert program.returncode == 0, output + errors
    assert await statuses(tmp_path) == ["completed", "completed"]
    assert (tmp_path / "begun").read_text() == "\n\n"


@pytest.mark.slow
async def test_a_run_in_the_queue_is_cancelled_from_another_program(
    tmp_path: Path, places: list[str], start: Any
) -> None:
    holder, waiting = two_runs(tmp_path, places, start)
    cancel = start("-m", "wftui", "cancel", "last", *places)
    output, errors = cancel.communicate(timeout=PATIENCE)
    assert cancel.returncode == 0, output + errors
    waiting.communicate(timeout=PATIENCE)
    assert await statuses(tmp_path) == ["cancelled", "running"]
    (tmp_path / "go").touch()
    holder.communicate(timeout=PATIENCE)
    assert holder.returncode == 0
    assert (tmp_path / "begun").read_text() == "\n"
