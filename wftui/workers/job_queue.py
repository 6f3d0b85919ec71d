"""Job queue: deliveries of procrastinate, each taken with its job of ours."""

from collections.abc import Awaitable, Callable, Iterable

from procrastinate import App
from procrastinate.jobs import Job, Notification, Status
from procrastinate.manager import JobManager, NotificationCallback

from wftui.workers.database import Database, Row
from wftui.workers.tables import TASK

Take = Callable[[int], Awaitable[Row | None]]
"""Takes a job and begins it; the argument is the id of procrastinate's worker."""
Follow = Callable[[str, int], Awaitable[None]]
"""Waits for the end of a job that was taken: its id and claim."""


class _Deliveries(JobManager):
    """Deliveries of procrastinate, removed with their jobs by the process of the run."""

    def __init__(self, app: App, take: Take) -> None:
        super().__init__(app.connector)
        self._take = take
        self._notified = 0

    async def listen_for_jobs(
        self, *, on_notification: NotificationCallback, queues: Iterable[str] | None = None
    ) -> None:
        """Listen for jobs, and count the notifications."""

        async def hear(*, channel: str, notification: Notification) -> None:
            self._notified += 1
            await on_notification(channel=channel, notification=notification)

        await super().listen_for_jobs(on_notification=hear, queues=queues)

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        """Take a job with its delivery.

        The caller forgets what it has heard meanwhile, so it is asked again here: else a job that comes while an
        earlier question is answered would wait for the next poll.
        """
        heard = -1
        row = None
        while row is None and heard != self._notified:
            heard = self._notified
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
        """Leave the delivery to the process of the run; it is fetched by nobody else."""


def job_queue(database: Database, take: Take, follow: Follow) -> App:
    """Return procrastinate for a worker; it is opened with `open_async(pool)`."""
    from procrastinate import PsycopgConnector

    app = App(connector=PsycopgConnector(conninfo=database.conninfo))
    app.job_manager = _Deliveries(app, take)

    async def work(job: str, claim: int) -> None:
        await follow(job, claim)

    app.task(name=TASK)(work)
    return app
