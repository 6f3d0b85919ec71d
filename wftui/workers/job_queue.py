"""Job queue: procrastinate's worker, which takes a job of ours with each of its deliveries."""

from collections.abc import Awaitable, Callable, Iterable

from procrastinate import App
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from wftui.workers.database import Database, Row
from wftui.workers.tables import TASK

Take = Callable[[int], Awaitable[Row | None]]
"""Takes a job and begins it; the argument is the id of procrastinate's worker."""
Follow = Callable[[str, int], Awaitable[None]]
"""Waits for the end of a job that was taken: its id and claim."""


class _Deliveries(JobManager):
    """Deliveries of procrastinate; the process of the run removes each with its job, many at once."""

    def __init__(self, app: App, take: Take) -> None:
        super().__init__(app.connector)
        self._take = take

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        """Take a job with its delivery."""
        row = await self._take(worker_id)
        if row is None:
            return None
        return Job(
            id=row["delivery"],
            queue="",
            lock=None,
            queueing_lock=None,
            task_name=TASK,
            task_kwargs={"job": row["id"], "claim": row["claim"]},
        )

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        """Leave the delivery, which nobody fetches again, to the process of the run."""


def job_queue(database: Database, take: Take, follow: Follow) -> App:
    """Return procrastinate for a worker; it is opened with `open_async(pool)`."""
    from procrastinate import PsycopgConnector

    app = App(connector=PsycopgConnector(conninfo=database.conninfo))
    app.job_manager = _Deliveries(app, take)

    async def work(job: str, claim: int) -> None:
        await follow(job, claim)

    app.task(name=TASK)(work)
    return app
