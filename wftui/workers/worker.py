"""Worker: takes the jobs of its pools and does them, until a signal."""

import asyncio
import contextlib
import os
from collections.abc import Callable
from typing import Any

import psycopg

from wftui import __version__
from wftui.steps.process.scratch import scratch_folder
from wftui.workers.blob_cache import BlobCache
from wftui.workers.database import Database, Row, ended, process_name
from wftui.workers.job_run import JobRun
from wftui.workers.jobs import Job
from wftui.workers.lease import Beat, Identity, Lease, boot_seconds
from wftui.workers.leftovers import end_left_by_dead_workers, mark_processes
from wftui.workers.sealing import Seal, WrongKeyError, load_seal
from wftui.workers.tables import BEAT_SECONDS, TASK
from wftui.workers.worker_run import WorkerRun, own_environment

_GIVE_BACK_SECONDS = 5.0
"""Time after a second signal for steps to end by force, and to give their jobs back."""
_TAKE = """
update jobs set state = 'running', worker = %(me)s, started = now()
where id = %(id)s and claim = %(claim)s and (state = 'queued' or (state = 'running' and worker = %(me)s))
returning run, path, version, key, repeatable, stop, job
"""
_MINE = "id = %(id)s and claim = %(claim)s and worker = %(me)s and state"
_SAY = f"""
with mine as (select id, coordinator from jobs where {_MINE} = 'running')
, said as (insert into messages (job, sealed) select id, unnest(%(said)s::bytea[]) from mine)
select pg_notify(coordinator, id) from mine
"""
_END = f"""
with mine as (
  update jobs set state = 'ended', result = %(result)s, ended = now() where {_MINE} in ('running', 'ended')
  returning id, coordinator
)
, said as (insert into messages (job, sealed) select id, unnest(%(said)s::bytea[]) from mine)
select pg_notify(coordinator, id) from mine
"""
_REFUSE = f"""
update jobs set state = 'ended', refusal = %(refusal)s, ended = now() where {_MINE} = 'running'
returning pg_notify(coordinator, id)
"""
_GIVE_BACK = f"update jobs set state = 'lost' where {_MINE} = 'running' returning pg_notify(coordinator, id)"
_STOP_OF = "select stop from jobs where id = %s and worker = %s and state = 'running'"


class Worker:
    """A worker for some pools.

    Args:
        places: number of jobs that it does at once.
        tell: gets a sentence about what its operator should know.
    """

    def __init__(self, address: str, pools: list[str], places: int, tell: Callable[[str], None]) -> None:
        self._database = Database(address, "wftui worker", size=4)
        self._seal: Seal = load_seal()
        self._me = Identity(process_name(), pools, places, self._seal.id)
        self._tell = tell
        self._places = asyncio.Semaphore(places)
        self._jobs: dict[str, JobRun] = {}
        self._taken: dict[str, float] = {}
        self._runs: dict[str, WorkerRun] = {}
        self._doing: set[asyncio.Task[None]] = set()
        self._drained = asyncio.Event()
        self._hurry = asyncio.Event()
        self._was_ready = False
        self._environment = own_environment(os.environ)
        self._loop = asyncio.get_running_loop()
        self._stack = contextlib.ExitStack()
        self._cache = BlobCache(self._database, self._seal, self._stack.enter_context(scratch_folder()))
        self._lease = Lease(self._database.conninfo, self._me, lambda: list(self._runs), self._hear_beat)

    @property
    def name(self) -> str:
        """Name among the workers."""
        return self._me.name

    @property
    def doing(self) -> int:
        """Number of jobs that run."""
        return len(self._jobs)

    async def run(self, ready: Callable[[], None]) -> None:
        """Work until `drain` has been called and all jobs have ended.

        Args:
            ready: called once jobs can be taken.

        Raises:
            WorkersError: PostgreSQL cannot be used, at the start.
        """
        self._loop.set_exception_handler(_report)
        await self._database.open()
        mark_processes()
        for sentence in await end_left_by_dead_workers():
            self._tell(sentence)
        self._lease.start()
        tasks = [asyncio.create_task(work) for work in (self._take_jobs(ready), self._listen(), self._guard())]
        try:
            draining = asyncio.create_task(self._drained.wait())
            await asyncio.wait([draining, *tasks], return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():  # by an error of the program: without one of them, the worker is none
                    task.result()
            tasks[0].cancel()  # takes no more jobs
            await self._until_done()
        finally:
            for task in tasks:
                await ended(task)
            for run in self._runs.values():
                await run.close()
            self._stack.close()
            self._lease.end()
            await asyncio.to_thread(self._lease.join, BEAT_SECONDS * 5)
            await self._database.close()

    async def _until_done(self) -> None:
        """Wait for the jobs; after a second signal for a bounded time, PostgreSQL or not."""
        hurry = asyncio.create_task(self._hurry.wait())
        while self._doing and not hurry.done():
            await asyncio.wait([hurry, *self._doing], return_when=asyncio.FIRST_COMPLETED)
        if self._doing:
            await asyncio.wait(self._doing, timeout=_GIVE_BACK_SECONDS)
        for task in [hurry, *self._doing]:
            await ended(task)

    def drain(self) -> None:
        """Take no more jobs and end after those that run; a second call gives these back."""
        if self._drained.is_set():
            self._hurry.set()
            for job in self._jobs.values():
                job.give_up()
        self._me.draining = True
        self._drained.set()

    # --- taking jobs

    async def _take_jobs(self, ready: Callable[[], None]) -> None:
        from procrastinate.exceptions import ProcrastinateException

        while True:
            app = self._database.queue()

            async def take(job: str, claim: int) -> None:
                task = asyncio.create_task(self._do(job, claim))
                self._doing.add(task)
                task.add_done_callback(self._doing.discard)
                # When the queue is cancelled, by a lost connection or a drain, jobs go on.
                await asyncio.shield(task)

            app.task(name=TASK)(take)
            try:
                async with app.open_async(self._database.pool):
                    if not self._was_ready:
                        self._was_ready = True
                        ready()
                    await app.run_worker_async(
                        queues=self._me.pools,
                        name=self._me.name,
                        concurrency=self._me.places,
                        fetch_job_polling_interval=2.0,
                        abort_job_polling_interval=3600.0,
                        shutdown_graceful_timeout=0.0,
                        delete_jobs="always",
                        install_signal_handlers=False,
                        stalled_worker_timeout=3600.0,
                    )
            except (
                psycopg.Error,
                ProcrastinateException,
                OSError,
            ):
                pass  # PostgreSQL is away
            await asyncio.sleep(BEAT_SECONDS / 4)

    async def _do(self, id: str, claim: int) -> None:
        async with self._places:
            while not self._lease.holds:  # noqa: ASYNC110  (another thread renews it)
                await asyncio.sleep(BEAT_SECONDS / 20)
            params = {"id": id, "claim": claim, "me": self.name}
            rows = await self._database.rows(_TAKE, params)
            if not rows:
                return  # it has been stopped, or given to another worker
            taken = boot_seconds()
            if claim > 1:
                for sentence in await end_left_by_dead_workers():
                    self._tell(sentence)
            row = rows[0]
            refusal = self._refusal(row)
            if refusal is None:
                try:
                    job = await asyncio.to_thread(lambda: Job.decode(self._seal.open(row["job"], f"job {id}")))
                    await self._run_job(id, job, claim, row, taken)
                except WrongKeyError:
                    refusal = self._wrong_key(row)
                except Exception as error:  # noqa: BLE001  (a full disk, a result too big for a row: nobody else says it)
                    sentence = f"worker {self.name} could not do it: {type(error).__name__}: {error}"
                    refusal = "internal", sentence.partition("\n")[0]
            if refusal is not None:
                self._tell(f"refused {row['path']} of run {row['run']}: {refusal[1]}")
                await self._database.rows(_REFUSE, {**params, "refusal": " ".join(refusal)})

    async def _run_job(self, id: str, job: Job, claim: int, row: Row, taken: float) -> None:
        params = {"id": id, "claim": claim, "me": self.name}
        about = f"message {id}"

        async def say(data: bytes) -> None:
            await self._database.rows(_SAY, {**params, "said": [self._seal.seal(data, about)]})

        run = self._runs.get(job.run)
        if run is None:
            run = self._runs[job.run] = WorkerRun()
        run.jobs += 1
        run.add_secrets(job)
        doing = self._jobs[id] = JobRun(job, claim, row["repeatable"], run, self._cache, self._environment, say)
        self._taken[id] = taken
        doing.stop(row["stop"])
        try:
            result = await doing.result()
            said = [self._seal.seal(data, about) for data in doing.messages.last]
            if doing.lost:
                wanted = await self._database.rows(_GIVE_BACK, params)
            else:
                sealed = await asyncio.to_thread(self._seal.seal, result, f"result {claim} {id}")
                wanted = await self._database.rows(_END, {**params, "result": sealed, "said": said})
            if not wanted:
                self._tell(f"the result of {job.path} of run {job.run} is not wanted: another worker has the job")
        finally:
            run.jobs -= 1
            if self._jobs.get(id) is doing:
                del self._jobs[id]

    def _refusal(self, row: Row) -> tuple[str, str] | None:
        if row["version"] != __version__:
            mine = f"worker {self.name} has wftui {__version__}"
            return "worker.version", f"the run has wftui {row['version']}, {mine}; both need the same"
        return self._wrong_key(row) if row["key"] != self._seal.id else None

    def _wrong_key(self, row: Row) -> tuple[str, str]:
        sentence = f"the run has the key {row['key']}, worker {self.name} {self._seal.id}; copy workers.key"
        return "worker.key", sentence

    # --- being told

    def _hear_beat(self, beat: Beat) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._take_note, beat)

    def _take_note(self, beat: Beat) -> None:
        for id, doing in list(self._jobs.items()):
            if self._taken[id] >= beat.begun:
                continue  # taken since
            claim, stop = beat.claims.get(id, (0, 0))
            if claim == doing.claim:
                doing.stop(stop)
            elif not doing.lost:
                self._tell(f"{doing.job.path} of run {doing.job.run} was given to another worker, or its run has ended")
                doing.give_up()
        for name in beat.gone:
            run = self._runs.get(name)
            if run is not None and not run.jobs:
                del self._runs[name]
                task = asyncio.create_task(run.close())
                self._doing.add(task)
                task.add_done_callback(self._doing.discard)

    async def _listen(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._database.conninfo, autocommit=True
                ) as connection:
                    await connection.execute(psycopg.sql.SQL("listen {}").format(psycopg.sql.Identifier(self.name)))
                    async for notification in connection.notifies():
                        await self._look_at(notification.payload)
            except psycopg.Error:
                await asyncio.sleep(BEAT_SECONDS / 4)

    async def _look_at(self, id: str) -> None:
        """Stop a job as far as it is to be stopped."""
        doing = self._jobs.get(id)
        if doing is not None:
            for row in await self._database.rows_now(_STOP_OF, [id, self.name]):
                doing.stop(row["stop"])

    async def _guard(self) -> None:
        """Stop what others may have, once the lease is lost."""
        while True:
            await asyncio.sleep(BEAT_SECONDS / 4)
            if not self._lease.holds:
                for doing in self._jobs.values():
                    # A step that may not run twice is given to nobody else, so it goes on.
                    if doing.repeatable and not doing.lost:
                        self._tell(f"no sign of PostgreSQL: stopped {doing.job.path} of run {doing.job.run}")
                        doing.give_up()


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Report an error of a task that nobody awaits.

    That procrastinate cannot end a delivery is none: it was removed when its job was given to another worker.
    """
    from procrastinate.exceptions import ConnectorException

    if not isinstance(context.get("exception"), ConnectorException):
        loop.default_exception_handler(context)
