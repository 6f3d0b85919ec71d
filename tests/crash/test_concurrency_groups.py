"""A program whose run holds a concurrency group is killed: the next run of the group starts, in another program."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import PATIENCE, wait_until

from wftui.store.execution_store import ExecutionStore


@pytest.mark.slow
async def test_a_killed_holder_gives_way(tmp_path: Path) -> None:
    folder = tmp_path / "tables" / "workflows" / "one"
    folder.mkdir(parents=True)
    script = f"touch {tmp_path}/begun; until [ -e {tmp_path}/go ]; do sleep 0.02; done"
    steps = [{"id": "hold", "type": "shell", "input": {"script": script}}]
    flow = {"format": 1, "id": "one", "concurrency": {"group": "g"}, "steps": steps}
    (folder / "workflow.json").write_text(json.dumps(flow))
    places = ["--tables", str(tmp_path / "tables"), "--db", str(tmp_path / "wftui.db")]

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "wftui", "run", "one", *places]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    holder = start()
    wait_until((tmp_path / "begun").exists)
    waiting = start()
    assert waiting.stdout is not None
    assert "of group g" in waiting.stdout.readline()
    holder.kill()
    holder.communicate(timeout=PATIENCE)
    (tmp_path / "go").touch()
    output, _ = waiting.communicate(timeout=PATIENCE)
    assert waiting.returncode == 0, output
    store = await ExecutionStore.open(tmp_path / "wftui.db")
    assert [run.status for run in (await store.list()).executions] == ["completed", "interrupted"]
    await store.close()
