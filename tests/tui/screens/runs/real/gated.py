"""Runs whose course the tests decide."""

import asyncio
import sys
from pathlib import Path
from typing import Any

from wftui.tui.screens.runs.monitor_screen import MonitorScreen
from wftui.workbench import Workbench


def gated(tmp_path: Path, *names: str) -> list[dict[str, Any]]:
    """Return a chain of shell steps, each of which waits for a file of its name."""
    return [
        {
            "id": name,
            "type": "shell",
            "name": f"Step {name}",
            "needs": list(names[:number][-1:]),
            "input": {
                "script": f"echo {name} begins; until [ -e '{tmp_path}/{name}' ]; do sleep 0.02; done; echo {name} ends"
            },
        }
        for number, name in enumerate(names)
    ]


def status_of(screen: MonitorScreen, path: str) -> str:
    step = screen.state.record.step(path)
    return step.status if step is not None else "unknown"


async def run_elsewhere(workbench: Workbench, workflow_id: str, until_shown: bytes) -> asyncio.subprocess.Process:
    """Run a workflow by the command line in another process, until its log has a line."""
    places = ("--tables", str(workbench.settings.tables), "--db", str(workbench.settings.database))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "wftui", "run", workflow_id, "--events", *places, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    while until_shown not in (line := await process.stdout.readline()):
        assert line
    return process
