"""Job run: one job on a worker, from its parsed input to its result."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from wftui.engine.primitives.cancellation import Stopped, StopScope, supervise
from wftui.engine.primitives.emitter import Emitter
from wftui.engine.primitives.engine_settings import EngineSettings
from wftui.engine.primitives.failures import parse_input, user_traceback
from wftui.engine.run.steps.step_logger import StepLogger
from wftui.model.base import Json
from wftui.model.clock import utc_now
from wftui.model.run.events import ExecutionEvent, Log, LogSegment, StepProgress
from wftui.runtime.json_values import ensure_json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.requirements import Host
from wftui.steps.api.step_type import StepType
from wftui.workers.blob_cache import BlobCache
from wftui.workers.jobs import Job, encode, encode_soon, error_result, output_result, stopped_result, with_big
from wftui.workers.worker_context import WorkerStepContext
from wftui.workers.worker_run import WorkerRun

_LAST_BYTES = 256 * 1024
"""Maximum size of the last lines of a step that are stored with its result."""
_NO_SEGMENT = f"sha256:{'0' * 64}"
"""Of the event that names stored lines; here nobody reads it."""
Say = Callable[[bytes], Awaitable[None]]
"""Gives a message to the process of the run."""


class Messages:
    """Messages of a running job; the sink of its events.

    Attributes:
        last: messages after the end of the step, for the statement that also stores the result.
        spoken: a message was sent before.
    """

    keeps_lines = True

    def __init__(self, say: Say) -> None:
        self._say = say
        self._secrets: list[str] = []
        self._ended = False
        self.spoken = False
        self.last: list[bytes] = []

    async def append(self, events: Sequence[ExecutionEvent], *, wait: bool) -> list[ExecutionEvent]:
        """Send log lines and progress, after the secrets in them."""
        message: dict[str, Json] = {}
        if self._secrets:
            message["secrets"], self._secrets = self._secrets, []
        for event in events:
            match event:
                case Log():
                    message.setdefault("log", []).append([event.level, event.stream, event.message])
                case StepProgress():
                    message["progress"] = [event.progress, event.message]
        if not message:
            return list(events)
        data = encode(message)
        self.last.append(data)
        if not self._ended or sum(map(len, self.last)) > _LAST_BYTES:
            self.spoken = True
            messages_now, self.last = self.last, []
            for each in messages_now:
                await self._say(each)
        return list(events)

    async def keep_lines(self, lines: Sequence[Log]) -> LogSegment | str:
        """Send log lines; the process of the run stores them."""
        await self.append(lines, wait=False)
        if not lines:
            return "there are none"
        place = lines[0]
        return LogSegment(
            run_id=place.run_id,
            timestamp=place.timestamp,
            step_id=place.step_id or "",
            path=place.path or "",
            segment=_NO_SEGMENT,
            bytes=1,
            lines=len(lines),
        )

    def tell_secret(self, secret: str) -> None:
        """Send a secret before anything that may contain it."""
        self._secrets.append(secret)

    async def end(self, logger: StepLogger) -> None:
        """Collect the messages sent after the end of the step."""
        self._ended = True
        await logger.close()
        if self._secrets:
            self.last.insert(0, encode({"secrets": self._secrets}))


class JobRun:
    """A job that runs here.

    Attributes:
        claim: the claim of this worker on the job.
        taken: when the job was taken, by `boot_seconds`.
        lost: the worker gave it up; its result is not wanted.
    """

    def __init__(
        self,
        job: Job,
        claim: int,
        repeatable: bool,
        taken: float,
        run: WorkerRun,
        cache: BlobCache,
        environment: Mapping[str, str],
        say: Say,
    ) -> None:
        self.job = job
        self.claim = claim
        self.repeatable = repeatable
        self.taken = taken
        self.lost = False
        self.messages = Messages(say)
        self._run = run
        self._cache = cache
        self._scope = StopScope()
        emitter = Emitter(job.run, self.messages, run.redactor, utc_now)
        step_id = job.path.rpartition(".")[2].partition("[")[0]
        self._logger = StepLogger(emitter, EngineSettings(), step_id, job.path)
        self._context = WorkerStepContext(job, run, environment, self._logger, self.messages.tell_secret)

    def stop(self, level: int) -> None:
        """Stop the job: with a time of grace, or at once."""
        if level >= 2:
            self._scope.force()
        elif level == 1:
            self._scope.stop()

    def give_up(self) -> None:
        """Stop the job at once; another worker may have it."""
        self.lost = True
        self._scope.force()

    async def result(self) -> bytes:
        """Run the job to its end and return its result."""
        try:
            self._scope.check()
            output = await self._output()
            await ensure_json(output, "output.not_json", "the output")
            found = output_result(output)
        except Stopped as stopped:
            found = stopped_result(stopped.abandoned)
        except WorkflowError as error:
            found = error_result(error)
        except Exception as error:  # noqa: BLE001  (any error of a step is a failure of that step)
            name = type(error).__name__
            message = f"{name}: {error}" if str(error) else name
            found = error_result(WorkflowError("internal", message, stack=user_traceback(error)))
        await self.messages.end(self._logger)
        return await encode_soon(found)

    async def _output(self) -> Json:
        job, context = self.job, self._context
        await self._run.prepare(job, self._cache)
        kind = self._run.step_types.get(job.type)
        if kind is None:
            why = self._run.step_types.why_not(job.type) or "is a plugin missing?"
            raise WorkflowError(
                "validation.type",
                f"there is no step type {job.type!r} on this worker; {why}",
            )
        await self._check(kind)
        whole = await asyncio.to_thread(with_big, job, self._cache.read) if job.big else job.input
        parsed = parse_input(kind.input_model, whole)
        return await supervise(
            lambda: kind.run(parsed, context),
            stop=self._scope,
            signal=context.cancelled,
            limit=job.limit,
            grace=job.grace,
            force=job.force,
        )

    async def _check(self, kind: StepType[Any]) -> None:
        """Check the requirements of the step on this machine."""
        if type(kind).missing.__func__ is StepType.missing.__func__:  # type: ignore[attr-defined]
            return
        host = Host(
            self._context.environment,
            self.job.connection_name is not None,
            self.job.connection,
        )
        for missing in await asyncio.to_thread(kind.missing, host):
            raise missing.error()
