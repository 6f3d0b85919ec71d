"""The live workers, and their jobs."""

from typing import Any

from wftui.model.workers import WorkerInfo, WorkerJob
from wftui.workers.database import Database
from wftui.workers.tables import LEASE_SECONDS

_WORKERS = """
select name, host, pid, pools, places, version, key, draining, since,
  extract(epoch from now() - seen)::float8 as silent
from workers where seen > now() - make_interval(secs => %s) order by since
"""
_JOBS = "select worker, run, path, type, started from jobs where state = 'running' order by started"


async def list_workers(address: str) -> list[WorkerInfo]:
    """Return the workers, oldest first, with those lost in the last minutes.

    Raises:
        WorkersError: PostgreSQL cannot be used.
    """
    database = Database(address, "wftui workers", size=1)
    await database.open()
    try:
        workers = await database.rows_now(_WORKERS, [LEASE_SECONDS * 50])
        jobs = await database.rows_now(_JOBS)
    finally:
        await database.close()
    return [_info(row, [job for job in jobs if job["worker"] == row["name"]]) for row in workers]


def _info(row: dict[str, Any], jobs: list[dict[str, Any]]) -> WorkerInfo:
    silent = row.pop("silent")
    doing = [
        WorkerJob(
            run=job["run"],
            path=job["path"],
            type=job["type"],
            started=job["started"],
        )
        for job in jobs
    ]
    return WorkerInfo(**row, lost=silent > LEASE_SECONDS, jobs=doing)
