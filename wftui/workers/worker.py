"""Worker: takes the jobs of its pools and does them, until a signal."""

import asyncio
import contextlib
import os
from collections import Counter
from collections.abc import Callable
from typing import Any

import psycopg

from wftui import __version__
from wftui.steps.process.scratch import scratch_folder
from wftui.workers.blob_cache import BlobCache
from wftui.workers.database import Database, Row, ended, process_name
from wftui.workers.job_queue import job_queue
from wftui.workers.job_run import JobRun
from wftui.workers.jobs import Job, direct_end
from wftui.workers.lease import Beat, Identity, Lease, boot_seconds
from wftui.workers.leftovers import end_left_by_dead_workers, mark_processes
from wftui.workers.sealing import Seal, WrongKeyError, load_seal
from wftui.workers.tables import BEAT_SECONDS, queue_name
from wftui.workers.worker_run import WorkerRun, own_environment

_UNKNOWN_BEATS = 3
"""A job that the database names as many times without this worker knowing it was never begun."""
_GIVE_BACK_SECONDS = 5.0
"""Time after a second signal for steps to end by force, and to give their jobs back."""
_TAKE = "select * from take_job(%s, %s, %s)"
_MINE = "id = %(id)s and claim = %(claim)s and worker = %(me)s and state"
_SAY = f"""
with mine as (select id, coordinator from jobs where {_MINE} = 'running')
, sent as (insert into messages (job, sealed) select id, unnest(%(messages)s::bytea[]) from mine)
select pg_notify(coordinator, id) from mine
"""
_END = f"""
update jobs set state = 'ended', result = %(result)s, ended = now() where {_MINE} in ('running', 'ended')
returning pg_notify(coordinator, coalesce(%(direct)s, id))
"""
_END_SAYING = f"""
with mine as (
  update jobs set state = 'ended', result = %(result)s, ended = now() where {_MINE} in ('running', 'ended')
  returning id, coordinator
)
, sent as (insert into messages (job, sealed) select id, unnest(%(messages)s::bytea[]) from mine)
select pg_notify(coordinator, coalesce(%(direct)s, id)) from mine
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
        self._queues = [queue_name(pool, __version__, self._seal.id) for pool in pools]
        self._tell = tell
        self._places = asyncio.Semaphore(places)
        self._jobs: dict[str, JobRun] = {}
        self._begun: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._unknown: Counter[tuple[str, int]] = Counter()
        self._taking = 0
        self._runs: dict[str, WorkerRun] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._drained = asyncio.Event()
        self._hurry = asyncio.Event()
        self._was_ready = False
        self._environment = own_environment(os.environ)
        self._loop = asyncio.get_running_loop()
        self._stack = contextlib.ExitStack()
        self._cache = BlobCache(self._database, self._seal, self._stack.enter_context(scratch_folder()))
        self._lease = Lease(
            self._database.conninfo, self._me, lambda: list(self._runs), self._hear_beat, self._hear_trouble
        )

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
            tasks[0].cancel()  # takes no more jobs, but may have taken one in this moment
            await self._until_done(tasks[0])
        finally:
            for task in tasks:
                await ended(task)
            for run in self._runs.values():
                await run.close()
            self._stack.close()
            self._lease.end()
            await asyncio.to_thread(self._lease.join, BEAT_SECONDS * 5)
            await self._database.close()

    async def _until_done(self, taking: asyncio.Task[None]) -> None:
        """Wait for the jobs; after a second signal for a bounded time, PostgreSQL or not."""
        hurry = asyncio.create_task(self._hurry.wait())
        while (left := self._unfinished(taking)) and not hurry.done():
            await asyncio.wait([hurry, *left], return_when=asyncio.FIRST_COMPLETED)
        if left := self._unfinished(taking):
            await asyncio.wait(left, timeout=_GIVE_BACK_SECONDS)
        for task in [hurry, *self._unfinished(taking)]:
            await ended(task)

    def _unfinished(self, taking: asyncio.Task[None]) -> list[asyncio.Task[None]]:
        return [task for task in (taking, *self._begun.values(), *self._closing) if not task.done()]

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
        from procrastinate import exceptions

        while True:
            app = job_queue(self._database, self._take, self._follow)
            try:
                async with app.open_async(self._database.pool):
                    if not self._was_ready:
                        self._was_ready = True
                        ready()
                    await app.run_worker_async(
                        queues=self._queues,
                        name=self._me.name,
                        concurrency=self._me.places,
                        fetch_job_polling_interval=2.0,
                        abort_job_polling_interval=3600.0,
                        shutdown_graceful_timeout=0.0,
                        install_signal_handlers=False,
                        stalled_worker_timeout=3600.0,
                    )
            except (
                psycopg.Error,
                exceptions.ProcrastinateException,
                OSError,
            ):
                pass  # PostgreSQL is away
            await asyncio.sleep(BEAT_SECONDS / 4)

    async def _take(self, engine_worker: int) -> Row | None:
        """Take a job and begin it, once there is a place for it and the lease is held."""
        await self._places.acquire()
        self._taking += 1
        rows: list[Row] = []
        try:
            while not self._lease.holds:  # noqa: ASYNC110  (another thread renews it)
                await asyncio.sleep(BEAT_SECONDS / 20)
            rows = await self._database.rows_now(_TAKE, [self._queues, engine_worker, self.name])
        finally:
            self._taking -= 1
            if not rows:
                self._places.release()
        if not rows:
            return None
        row, key = rows[0], (rows[0]["id"], rows[0]["claim"])
        task = self._begun[key] = asyncio.create_task(self._do(row, boot_seconds()))

        def end(_task: asyncio.Task[None]) -> None:
            del self._begun[key]
            self._places.release()

        task.add_done_callback(end)
        return row

    async def _follow(self, id: str, claim: int) -> None:
        """Wait for a job, which continues when the queue is cancelled.

        A lost connection and a drain cancel it.
        """
        if (task := self._begun.get((id, claim))) is not None:
            await asyncio.shield(task)

    async def _do(self, row: Row, taken: float) -> None:
        if row["claim"] > 1:
            for sentence in await end_left_by_dead_workers():
                self._tell(sentence)
        try:
            job = Job.decode(await self._seal.open_soon(row["job"], f"job {row['id']}"))
            await self._run_job(job, row, taken)
        except WrongKeyError:
            refusal = "worker.key", f"the key {self._seal.id} of worker {self.name} does not open it; copy workers.key"
        except Exception as error:  # noqa: BLE001  (a full disk, a result too big for a row: nobody else says it)
            sentence = f"worker {self.name} could not do it: {type(error).__name__}: {error}"
            refusal = "internal", sentence.partition("\n")[0]
        else:
            return
        self._tell(f"refused {row['path']} of run {row['run']}: {refusal[1]}")
        await self._database.rows(_REFUSE, {**self._mine(row), "refusal": " ".join(refusal)})

    def _mine(self, row: Row) -> dict[str, Any]:
        return {"id": row["id"], "claim": row["claim"], "me": self.name}

    async def _run_job(self, job: Job, row: Row, taken: float) -> None:
        id, claim, mine = row["id"], row["claim"], self._mine(row)
        about = f"message {id}"

        async def say(data: bytes) -> None:
            await self._database.rows(_SAY, {**mine, "messages": [self._seal.seal(data, about)]})

        run = self._runs.get(job.run)
        if run is None:
            run = self._runs[job.run] = WorkerRun()
        run.jobs += 1
        run.add_secrets(job)
        doing = self._jobs[id] = JobRun(job, claim, row["repeatable"], taken, run, self._cache, self._environment, say)
        doing.stop(row["stop"])
        try:
            result = await doing.result()
            if doing.lost:
                wanted = await self._database.rows(_GIVE_BACK, mine)
            else:
                messages = [self._seal.seal(data, about) for data in doing.messages.last]
                sealed = await self._seal.seal_soon(result, f"result {claim} {id}")
                direct = None if doing.messages.spoken else direct_end(row, self.name, sealed, messages)
                end = {**mine, "result": sealed, "messages": messages, "direct": direct}
                wanted = await self._database.rows(_END_SAYING if messages else _END, end)
            if not wanted:
                self._tell(f"the result of {job.path} of run {job.run} is not wanted: another worker has the job")
        finally:
            run.jobs -= 1
            if self._jobs.get(id) is doing:
                del self._jobs[id]

    # --- being told

    def _hear_beat(self, beat: Beat) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._take_note, beat)

    def _hear_trouble(self, sentence: str | None) -> None:
        notice = "PostgreSQL can be used again" if sentence is None else f"PostgreSQL cannot be used: {sentence}"
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell, notice)

    def _take_note(self, beat: Beat) -> None:
        for id, doing in list(self._jobs.items()):
            if doing.taken >= beat.begun:
                continue
            claim, stop = beat.claims.get(id, (0, 0))
            if claim == doing.claim:
                doing.stop(stop)
            elif not doing.lost:
                self._tell(f"{doing.job.path} of run {doing.job.run} was given to another worker, or its run has ended")
                doing.give_up()
        self._give_back_unknown(beat)
        for name in beat.gone:
            run = self._runs.get(name)
            if run is not None and not run.jobs:
                del self._runs[name]
                task = asyncio.create_task(run.close())
                self._closing.add(task)
                task.add_done_callback(self._closing.discard)

    def _give_back_unknown(self, beat: Beat) -> None:
        """Give back jobs that this worker has by the database only.

        A lost connection took the answer to `take_job` with it. While one is awaited, it may be the answer that names
        them: on a busy machine several beats may be heard before it.
        """
        if self._taking:
            return
        unknown = {(id, claim) for id, (claim, _stop) in beat.claims.items()} - self._begun.keys()
        self._unknown = Counter({key: self._unknown[key] + 1 for key in unknown})
        for id, claim in [key for key, beats in self._unknown.items() if beats == _UNKNOWN_BEATS]:
            params = {"id": id, "claim": claim, "me": self.name}
            task = asyncio.create_task(self._give_back(params))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def _give_back(self, params: dict[str, Any]) -> None:
        await self._database.rows(_GIVE_BACK, params)

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
                    # A step that may not run twice is given to nobody else, so it continues.
                    if doing.repeatable and not doing.lost:
                        self._tell(f"no sign of PostgreSQL: stopped {doing.job.path} of run {doing.job.run}")
                        doing.give_up()


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Report an error of a task that nobody awaits.

    That procrastinate cannot end a delivery is none: it was removed when its job was given to another worker.
    """
    from procrastinate import exceptions

    if not isinstance(context.get("exception"), exceptions.ConnectorException):
        loop.default_exception_handler(context)
