"""What tests of several floors do with a workbench."""

import asyncio
import ctypes
from collections.abc import Callable
from pathlib import Path

from wftui.model.base import Json
from wftui.model.execution import ExecutionRecord
from wftui.workbench import Workbench

Cli = Callable[..., tuple[int, str, str]]
"""Runs a command in this process; gives its exit code, its output and its errors."""

EXAMPLES = Path(__file__).parents[1] / "tables"
"""The workflows that are shipped."""


async def run_to_end(workbench: Workbench, workflow_id: str, inputs: dict[str, Json]) -> ExecutionRecord:
    """Run a workflow and return its whole record."""
    run_id = await workbench.runs.start(workflow_id, inputs)
    async with asyncio.timeout(60):
        await workbench.runs.wait(run_id)
    return await workbench.runs.record(run_id, whole=True)


def obey_permissions() -> None:
    """For `preexec_fn`: what the child then executes obeys file permissions, even for root."""
    bounding_set_drop, dac_override, dac_read_search = 24, 1, 2
    libc = ctypes.CDLL(None)
    for capability in (dac_override, dac_read_search):
        libc.prctl(bounding_set_drop, capability, 0, 0, 0)
