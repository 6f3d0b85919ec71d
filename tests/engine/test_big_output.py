"""A step that prints without end, in a process of its own whose memory is watched.

At its full size it is ten million lines, and one line of a gigabyte.
"""

import json
import os
import sys
from pathlib import Path

import pytest

from wftui.workbench import Settings, Workbench


def peak_of(settings: Settings, workflow_id: str) -> int:
    """The most memory that a run of a workflow took, in bytes."""
    places = ["--tables", str(settings.tables), "--db", str(settings.database)]
    pid = os.posix_spawn(
        sys.executable, [sys.executable, "-m", "wftui", "run", workflow_id, "--quiet", *places], os.environ
    )
    _, status, usage = os.wait4(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


@pytest.mark.parametrize("share", [100, pytest.param(1, marks=pytest.mark.slow)])
async def test_output_flood_is_stored_whole_in_bounded_memory(share: int, tmp_path: Path) -> None:
    number, size = 10_000_000 // share, 1_000_000_000 // share
    settings = Settings(tables=tmp_path / "tables", database=tmp_path / "wftui.db", user_id="me")
    many = f"import sys\nfor n in range({number}): sys.stdout.write(f'line {{n}} ' + '.' * 40 + chr(10))"
    long = f"import sys\nfor n in range({size} // 1000): sys.stdout.write('x' * 1000)"
    flood = [
        {"id": "many", "type": "shell", "input": {"argv": [sys.executable, "-c", many]}},
        {"id": "long", "type": "shell", "input": {"argv": [sys.executable, "-c", long]}},
    ]
    drop = [{"id": "one", "type": "shell", "input": {"argv": [sys.executable, "-c", "print(1)"]}}]
    for workflow_id, steps in (("flood", flood), ("drop", drop)):
        folder = settings.tables / "workflows" / workflow_id
        folder.mkdir(parents=True)
        (folder / "workflow.json").write_text(json.dumps({"format": 1, "id": workflow_id, "steps": steps}))
    usual = peak_of(settings, "drop")
    assert peak_of(settings, "flood") < usual + 60_000_000

    workbench = Workbench(settings)
    run_id = await workbench.runs.find("last")
    logged: list[str] = []
    following = 0
    async for page in workbench.records.logs(run_id):
        for event in page:
            lines = event.message.split("\n")
            if event.path == "many" and event.stream == "stdout":
                assert [int(line.split()[1]) for line in lines] == [*range(following, following + len(lines))]
                following += len(lines)
            elif event.path == "long":
                logged += lines
    assert following == number, "no line is lost"
    assert any(f"stdout was {size // 1000 * 1000:,} bytes; its middle was cut" in line for line in logged)
    await workbench.close()
