"""A step that prints without end, in a process of its own whose memory is watched.

At its full size it is ten million lines, and one line of a gigabyte.
"""

import json
import os
import re
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


@pytest.mark.parametrize("share", [40, pytest.param(1, marks=pytest.mark.slow)])
async def test_output_flood_is_bounded_and_truncation_reported(share: int, tmp_path: Path) -> None:
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
    logged: dict[str, list[str]] = {"many": [], "long": []}
    after = 0
    while events := await workbench.runs.events(run_id, after=after):
        after = events[-1].seq
        for event in events:
            if event.type == "log" and event.path:
                logged[event.path] += event.message.split("\n")
    lines = logged["many"]
    left_out = [line for line in lines if "lines omitted" in line]
    said = [int(line.split()[1]) for line in lines if line.startswith("line ")]
    assert (said[0], said[-1]) == (0, number - 1)
    assert len(left_out) == 1
    assert len(said) + int(re.sub(r"\D", "", left_out[0])) == number, "every line is kept or counted"
    assert any(f"stdout was {size // 1000 * 1000:,} bytes; its middle was cut" in line for line in logged["long"])
    await workbench.close()
