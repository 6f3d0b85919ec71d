"""A process on a database: `store_process.py ACTION DATABASE RUN|WORKFLOW COUNT`.

Prints one number a line: the events acknowledged (write) or received (follow).
"""

import asyncio
import itertools
import sys
from pathlib import Path

from store.store_helpers import completed, created, log, started, step_completed, step_started
from wftui.model.clock import utc_now
from wftui.model.errors import ConflictError, NotFoundError
from wftui.store.execution_store import ExecutionStore


async def write(store: ExecutionStore, run: str, count: int) -> None:
    """A run of some steps, 0 for endless; each line is an acknowledged event."""
    for event in await store.append([created(run, at=utc_now()), started(run)], wait=True):
        print(event.seq, flush=True)
    for number in itertools.islice(itertools.count(), count or None):
        await store.append([step_started(run, step=f"s{number}"), log(run, message="x" * (number % 300))], wait=False)
        value = "big" * 10_000 + str(number) if number % 50 == 7 else number
        (done,) = await store.append([step_completed(run, step=f"s{number}", value=value)], wait=True)
        print(done.seq, flush=True)
        await asyncio.sleep(0)
    (end,) = await store.append([completed(run, at=utc_now())], wait=True)
    print(end.seq, flush=True)


async def follow(store: ExecutionStore, run: str, _count: int) -> None:
    """All events of a run, which may not have begun yet."""
    while True:
        try:
            async for batch in store.follow(run):
                for event in batch:
                    print(event.seq, flush=True)
            return
        except NotFoundError:
            await asyncio.sleep(0.01)


async def cleanup(store: ExecutionStore, workflow: str, count: int) -> None:
    """Remove the finished runs of a workflow, a number of times."""
    for _ in range(count):
        report = await store.cleanup(None, workflow_id=workflow)
        print(report.runs, flush=True)


async def claim(store: ExecutionStore, run: str, _count: int) -> None:
    """Print 1 if this process now owns the run, else 0; wait until the input ends."""
    try:
        await store.claim(run)
    except ConflictError:
        print(0, flush=True)
    else:
        print(1, flush=True)
    await asyncio.to_thread(sys.stdin.read)


async def main(mode: str, database: str, run: str, count: str) -> None:
    store = await ExecutionStore.open(Path(database))
    try:
        await {"write": write, "follow": follow, "cleanup": cleanup, "claim": claim}[mode](store, run, int(count))
    finally:
        await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
