"""Runs on a disk that fills up, printed as lines: `python full_disk.py FOLDER`.

FOLDER is a file system of a few megabytes of its own.
"""

import asyncio
import contextlib
import errno
import json
import os
import sys
from collections.abc import Awaitable
from pathlib import Path

from helpers import patience

from wftui.model.errors import UserError
from wftui.model.run.events import ExecutionEvent
from wftui.workbench import Settings, Workbench

STEPS = [
    {"id": "first", "type": "set", "input": {"text": "a" * 1000}},
    {"id": "gate", "type": "approval", "input": {"prompt": "Go on?"}},
    {"id": "many", "type": "set", "forEach": {"in": "range(100)"}, "input": {"n": "{{ item }}"}},
]
WORKFLOW = {"format": 1, "id": "w", "steps": STEPS, "outputs": {"count": "{{ steps.many.output | length }}"}}


def fill(ballast: Path) -> None:
    """Leave nothing free."""
    descriptor = os.open(ballast, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with contextlib.suppress(OSError):
        for size in (65536, 4096, 512, 1):
            with contextlib.suppress(OSError):
                while os.write(descriptor, b"x" * size):
                    pass
    os.close(descriptor)


async def refused(what: str, asked: Awaitable[object]) -> None:
    try:
        await asked
        print(f"{what}: done")
    except UserError as error:
        print(f"{what}: {error.code}")


async def main() -> None:
    folder = Path(sys.argv[1])
    source = folder / "tables" / "workflows" / "w" / "workflow.json"
    source.parent.mkdir(parents=True)
    source.write_text(json.dumps(WORKFLOW))
    settings = Settings(tables=folder / "tables", database=folder / "wftui.db", user_id="me")
    workbench = Workbench(settings)
    run_id = await workbench.runs.start("w", {})
    shown: list[ExecutionEvent] = []
    waiting = asyncio.Event()

    async def watch() -> None:
        async for batch in workbench.runs.follow(run_id, despite_full=True):
            shown.extend(batch)
            if any(event.type == "step_waiting" for event in batch):
                waiting.set()

    watching = asyncio.create_task(watch())
    await waiting.wait()
    fill(folder / "ballast")
    try:
        (folder / "probe").write_bytes(b"x" * 4096)
        print("the disk is not full")
    except OSError as error:
        print(errno.errorcode[error.errno or 0])
    ended = asyncio.create_task(workbench.runs.wait(run_id))
    with contextlib.suppress(UserError):
        await workbench.runs.answer(run_id, "gate", approved=True)
    await refused("run", ended)
    await refused("start", workbench.runs.start("w", {}))
    other = Workbench(settings)
    await refused("open beside another", other.runs.history())
    await other.close()
    print("while full:", (await workbench.runs.record(run_id)).status)
    stored = {event.seq: event.type for event in await workbench.runs.events(run_id)}
    print("shown is stored:", all(stored.get(event.seq) == event.type for event in shown))
    (folder / "ballast").unlink()
    (folder / "probe").unlink(missing_ok=True)
    async with patience():
        await watching  # until a process finds that nobody runs it
    print("when there is room:", shown[-1].type, [event.seq for event in shown] == list(range(1, len(shown) + 1)))
    await workbench.runs.resume(run_id, {})
    record = await workbench.runs.wait(run_id)
    print("resumed:", record.status, record.outputs)
    await workbench.close()
    fill(folder / "ballast")
    late = Workbench(settings)
    await refused("open when nobody else has it open", late.runs.history())


if __name__ == "__main__":
    asyncio.run(main())
