"""Remote attempt: one job, from its submission to its result."""

import asyncio
import json
import os
from collections.abc import Mapping
from typing import Any, cast

import psycopg

from wftui import __version__
from wftui.engine.primitives.cancellation import Stopped
from wftui.engine.run.state.leaf_work import LeafAttempt
from wftui.model.base import Json
from wftui.model.run.steps import LogLevel
from wftui.runtime.workflow_errors import WorkflowError
from wftui.workers.coordinator import Coordinator
from wftui.workers.database import Row, sentence_of
from wftui.workers.job_making import make_job
from wftui.workers.jobs import Job, error_of, is_over, job_id
from wftui.workers.sealing import AT_ONCE, WrongKeyError
from wftui.workers.tables import LEASE_SECONDS, TASK

_SUBMIT = """
with delivered as (
  select (procrastinate_defer_jobs_v1(array[row(
    %(queue)s, %(task)s, 0, null, null, jsonb_build_object('job', %(id)s::text, 'claim', 1), null
  )::procrastinate_job_to_defer_v1]))[1] as id
  where exists (select from runs where run = %(run)s) and not exists (select from jobs where id = %(id)s)
)
insert into jobs (id, run, path, number, type, pool, queue, version, coordinator, ticket, repeatable, job, delivery)
select %(id)s, %(run)s, %(path)s, %(number)s, %(type)s, %(pool)s, %(queue)s, %(version)s, %(coordinator)s,
  %(ticket)s, %(repeatable)s, %(job)s, delivered.id
from delivered
on conflict (id) do nothing
returning delivery
"""
_JOIN = """
update jobs set coordinator = %(coordinator)s, ticket = %(ticket)s
where id = %(id)s
returning delivery
"""
_SUBMITTED = "select delivery from jobs where id = %(id)s and ticket = %(ticket)s"
_READ = """
select j.state, j.claim, j.worker, j.queue, j.result, j.refusal,
  (select array_agg(m.sealed order by m.seq) from messages m where m.job = j.id and m.seq > %(after)s) as messages,
  (select max(m.seq) from messages m where m.job = j.id) as last
from jobs j where j.id = %(id)s
"""
_MOVE = """
with lost as (
  select id, claim, delivery from jobs
  where id = %(id)s and claim = %(claim)s
    and (state in ('running', 'lost') or state = 'queued' and queue <> %(queue)s) for update
), gone as (
  delete from procrastinate_jobs using lost where procrastinate_jobs.id = lost.delivery
)
update jobs set claim = lost.claim + 1, state = 'queued', worker = null, queue = %(queue)s, version = %(version)s,
  job = %(job)s, delivery = (procrastinate_defer_jobs_v1(array[row(
    %(queue)s, %(task)s, 0, null, null, jsonb_build_object('job', lost.id, 'claim', lost.claim + 1), null
  )::procrastinate_job_to_defer_v1]))[1]
from lost where jobs.id = lost.id
"""
_GIVE_UP = """
update jobs set state = 'ended', claim = claim + 1, refusal = 'worker.lost'
where id = %(id)s and claim = %(claim)s and state in ('running', 'lost')
returning id
"""
_STOP = """
update jobs set stop = greatest(stop, %(level)s), state = case state when 'queued' then 'ended' else state end
where id = %(id)s
returning state, worker, pg_notify(coalesce(worker, coordinator), id)
"""


_MANY = 200
"""Files with which a job is encoded in a thread."""


class RemoteAttempt:
    """The job of one attempt, as a member of the scope that may stop it."""

    def __init__(self, coordinator: Coordinator, attempt: LeafAttempt) -> None:
        self._coordinator = coordinator
        self._database = coordinator.database
        self._attempt = attempt
        self._context = attempt.context
        self._ticket = os.urandom(8).hex()
        self._sealed = b""
        self.pool = attempt.step.pool or ""
        self._woken = asyncio.Event()
        self._read_to = 0
        self._worker: str | None = None
        self._claim = 1
        self._placed: tuple[str, int] | None = None
        self._lost = False
        self._unfit: str | None = None
        self._waiting: str | None = None
        self._ended: Row | None = None
        self._delivered: int | None = None
        self._stop_level = 0
        self._stop_sent = 0
        self._patience = asyncio.timeout(None)
        self.id = job_id(self._context.run_id, self._context.path, attempt.number)

    async def result(self) -> Json:
        """Do the attempt on a worker and return its output.

        Raises:
            Stopped: a stop ended it.
            WorkflowError: it failed, or its worker was lost and it may not run twice.
        """
        self._coordinator.runs.add(self._context.run_id)
        try:
            async with self._patience:
                return await self._done()
        except TimeoutError:
            if not self._patience.expired():
                raise
            worker = f"worker {self._worker}" if self._worker else "the worker"
            self._context.log(f"{worker} did not report the end of the step, which may still run", "warn")
            raise Stopped(abandoned=True) from None
        except psycopg.Error as error:
            raise WorkflowError(
                "workers.database", f"the PostgreSQL of the workers cannot be used: {sentence_of(error)}"
            ) from None

    async def _done(self) -> Json:
        self._coordinator.enter(self)
        self._attempt.stop.enter(self)
        try:
            job = await make_job(self._attempt, self._coordinator.files)
            if self._stop_level:
                raise Stopped
            await self._submit(job)
            return await self._follow()
        finally:
            self._attempt.stop.leave(self)
            self._coordinator.leave(self, self._ticket)

    # --- called by the scope and the coordinator

    def stop(self) -> None:
        """Stop the attempt, with a time of grace."""
        self._set_stop(1, self._attempt.settings.grace + self._attempt.settings.force)

    def force(self) -> None:
        """Stop the attempt at once."""
        self._set_stop(2, self._attempt.settings.force)

    def wake(self) -> None:
        """Read the job and its messages."""
        self._woken.set()

    def hear_end(self, row: Row) -> None:
        """Take the end of the job from a notification that has all of it."""
        self._ended = row
        self._woken.set()

    def hear_trouble(self, sentence: str | None) -> None:
        """Log that PostgreSQL cannot be used, or can be used again."""
        if sentence is None:
            self._context.log("the PostgreSQL of the workers can be used again", "info")
        else:
            self._context.log(f"the PostgreSQL of the workers cannot be used: {sentence}; waiting for it", "warn")

    def look(self, row: Row, *, unfit: str | None, lost: bool) -> None:
        """Take note of the state of the job."""
        state = row["state"]
        self._lost = state == "lost" or (state == "running" and lost)
        self._unfit = unfit if state == "queued" else None
        changed = (row["claim"], row["worker"]) != (self._claim, self._worker)
        changed |= (row["last_message"] or 0) > self._read_to
        if self._lost or changed or state == "ended" or (self._unfit is not None and self._unfit != self._waiting):
            self._woken.set()

    def _set_stop(self, level: int, seconds: float) -> None:
        if level <= self._stop_level:
            return
        self._stop_level = level
        # A worker that was lost in this moment is noticed first.
        self._patience.reschedule(asyncio.get_running_loop().time() + seconds + LEASE_SECONDS)
        self._woken.set()

    # --- the job

    async def _submit(self, job: Job) -> None:
        big = is_over(job.input, AT_ONCE) or len(job.files) > _MANY
        data = await asyncio.to_thread(job.encode) if big else job.encode()
        self._sealed = await self._coordinator.seal.seal_soon(data, f"job {self.id}")
        params = {
            **self._delivery(),
            "id": self.id,
            "run": job.run,
            "path": job.path,
            "number": job.number,
            "type": job.type,
            "pool": self.pool,
            "coordinator": self._coordinator.name,
            "ticket": self._ticket,
            "repeatable": self._attempt.step.idempotent,
        }
        await self._coordinator.files.enter_run(job.run)
        while not (found := await self._database.rows(_SUBMIT, params)):
            if self._attempt.again and (found := await self._join()):
                break
            # Of an earlier attempt of a container, or repeated by a lost connection.
            if found := await self._database.rows(_SUBMITTED, params):
                break
            await self._database.rows("delete from jobs where id = %(id)s returning id", params)
            await self._coordinator.files.enter_run(job.run, again=True)
        self._delivered = found[0]["delivery"]

    def _delivery(self) -> dict[str, Any]:
        return {"queue": self._coordinator.queue(self.pool), "version": __version__, "job": self._sealed, "task": TASK}

    async def _join(self) -> list[Row]:
        """Join the job that an earlier process has submitted, if there is one."""
        params = {
            "id": self.id,
            "ticket": self._ticket,
            "coordinator": self._coordinator.name,
        }
        found = await self._database.rows(_JOIN, params)
        if found:
            self._woken.set()
        return found

    async def _follow(self) -> Json:
        while True:
            await self._woken.wait()
            self._woken.clear()
            if self._stop_level > self._stop_sent:
                await self._send_stop()
            row, self._ended = self._ended, None
            if row is not None and row["delivery"] == self._delivered and self._opens(row):
                await self._hear_all(row)
            else:
                row = await self._read()
            await self._place(row)
            if row["state"] == "ended":
                return self._end(row)
            if self._lost or row["state"] == "lost":
                await self._move(row)
            elif row["state"] == "queued" and row["queue"] != self._coordinator.queue(self.pool):
                await self._move(row)  # joined, from before an update of wftui
            elif self._unfit is not None and self._unfit != self._waiting:
                self._waiting = self._unfit
                await self._context.wait_for_worker(self.pool, self._unfit or None)

    async def _send_stop(self) -> None:
        self._stop_sent = self._stop_level
        found = await self._database.rows(_STOP, {"id": self.id, "level": self._stop_level})
        if not found or (found[0]["state"] == "ended" and found[0]["worker"] is None):
            raise Stopped

    async def _read(self) -> Row:
        found = await self._database.rows(_READ, {"id": self.id, "after": self._read_to})
        if not found:
            raise WorkflowError(
                "worker.lost",
                "the job of this step was removed from the database of the workers",
            )
        row = found[0]
        self._read_to = row["last"] or self._read_to
        await self._hear_all(row)
        return row

    async def _hear_all(self, row: Row) -> None:
        for sealed in row["messages"] or []:
            self._hear(self._opened(sealed, "message"))
            await self._context.drain_log()

    def _hear(self, message: Mapping[str, Any]) -> None:
        for secret in message.get("secrets", ()):
            self._context.keep_secret(secret)
        for level, stream, text in message.get("log", ()):
            self._context.log(text, cast("LogLevel", level), stream)
        if (progress := message.get("progress")) is not None:
            self._context.progress(progress[0], progress[1])

    async def _place(self, row: Row) -> None:
        """Record the worker that has taken the job."""
        worker = row["worker"]
        if worker is not None and (worker, row["claim"]) != self._placed:  # the same one may have got it again
            await self._context.taken_by(worker, self._worker, at_once=row["state"] == "ended")
            self._placed, self._worker, self._waiting = (worker, row["claim"]), worker, None
        self._claim = row["claim"]

    async def _move(self, row: Row) -> None:
        """Give the job of a lost worker to another one.

        Raises:
            WorkflowError: the step may not run twice.
        """
        self._lost = False
        params = {"id": self.id, "claim": row["claim"], **self._delivery()}
        if self._stop_level:
            if await self._database.rows(_GIVE_UP, params):
                raise Stopped(abandoned=True)
        elif self._attempt.step.idempotent or row["state"] == "queued":
            await self._database.rows(_MOVE, params)
        elif await self._database.rows(_GIVE_UP, params):
            raise WorkflowError(
                "worker.lost",
                f"worker {row['worker']} was lost while it ran this step, which may not run twice",
            )

    def _end(self, row: Row) -> Json:
        if row["refusal"] is not None:
            code, _, message = row["refusal"].partition(" ")
            raise WorkflowError(code, message)
        if row["result"] is None:
            raise Stopped
        result = self._opened(row["result"], f"result {row['claim']}")
        if "stopped" in result:
            raise Stopped(abandoned=result["stopped"])
        if (error := error_of(result)) is not None:
            raise error
        return result["output"]

    def _opens(self, row: Row) -> bool:
        """Return whether a notification comes from a worker.

        Every user of the database can send one.
        """
        try:
            for sealed, what in [(row["result"], "result 1"), *((each, "message") for each in row["messages"])]:
                self._coordinator.seal.open(sealed, f"{what} {self.id}")
        except WrongKeyError:
            return False
        return True

    def _opened(self, sealed: bytes, what: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self._coordinator.seal.open(sealed, f"{what} {self.id}"))
        except WrongKeyError:
            raise WorkflowError(
                "worker.key",
                "what the worker says does not open with the key here; both need the same workers.key",
            ) from None
        return found
