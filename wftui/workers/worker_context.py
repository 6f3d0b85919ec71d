"""Step context on a worker: logs and progress go back, questions are refused."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from wftui.engine.run.steps.step_logger import StepLogger
from wftui.model.base import Json
from wftui.model.run.steps import LogLevel
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.child_call import WAITED, ChildCall
from wftui.steps.api.prepare_context import KeptT
from wftui.steps.api.step_model import Answer
from wftui.steps.api.step_type import StepSite
from wftui.steps.process.process_mark import ProcessMark
from wftui.workers.jobs import Job
from wftui.workers.worker_run import WorkerRun

_RECHECK_SECONDS = 5.0  # timers stand still while a machine sleeps


class WorkerStepContext:
    """`StepContext` of one job."""

    def __init__(
        self,
        job: Job,
        run: WorkerRun,
        environment: Mapping[str, str],
        logger: StepLogger,
        tell_secret: Callable[[str], None],
    ) -> None:
        self._job = job
        self._run = run
        self._environment = environment
        self._logger = logger
        self._tell_secret = tell_secret
        self._cancelled = asyncio.Event()

    @property
    def run_id(self) -> str:
        """Id of the run."""
        return self._job.run

    @property
    def execution_id(self) -> str:
        """Name of `run_id` in wftui 0.1."""
        return self._job.run

    @property
    def workflow_id(self) -> str:
        """Id of the workflow."""
        return self._job.workflow

    @property
    def path(self) -> str:
        """Address of this step."""
        return self._job.path

    @property
    def attempt(self) -> int:
        """Number of this attempt, from 1."""
        return self._job.attempt

    @property
    def idempotency_key(self) -> str:
        """Key `run/step`, the same for every attempt, worker and resume."""
        return f"{self._job.run}/{self._job.path}"

    @property
    def working_directory(self) -> Path:
        """Folder of the run on this worker."""
        return self._run.folder

    @property
    def environment(self) -> Mapping[str, str]:
        """Environment of the worker, for child processes."""
        mark = ProcessMark(self._job.run, self._job.path, self._job.attempt)
        return {**self._environment, "WFTUI_USER": self._job.user, **mark.variables()}

    @property
    def connection(self) -> Mapping[str, Json] | None:
        """Connection of this step, as the process of the run resolved it."""
        return self._job.connection

    @property
    def prepared(self) -> Json:
        """Result of `prepare`, which the process of the run has called."""
        return self._job.prepared

    @property
    def site(self) -> StepSite:
        """Position of this step: folder, connection and step types."""
        return StepSite(self._run.workflow, self._job.connection_name, self._run.step_types)

    @property
    def cancelled(self) -> asyncio.Event:
        """Event that is set when this attempt must end."""
        return self._cancelled

    def log(
        self,
        message: str,
        level: LogLevel = "info",
        stream: Literal["stdout", "stderr", "log"] = "log",
    ) -> None:
        """Log one or more lines; never blocks."""
        self._logger.log(message, level, stream)

    async def drain_log(self) -> None:
        """Wait while more is logged than sent."""
        await self._logger.drain()

    def progress(self, fraction: float, message: str | None = None) -> None:
        """Report the progress of the step."""
        self._logger.progress(fraction, message)

    async def sleep_until(self, moment: datetime, *, by_wall_clock: bool = False) -> datetime:
        """Wait until a time and return it."""
        while (left := (moment - self.now()).total_seconds()) > 0:  # noqa: ASYNC110  (it waits for a time, not a state)
            await asyncio.sleep(min(left, _RECHECK_SECONDS))
        return moment

    def now(self) -> datetime:
        """Return the time of the worker's clock, in UTC."""
        return datetime.now(UTC)

    async def ask(
        self,
        prompt: str,
        form: Mapping[str, Any] | None,
        wait: float | None,
        on_timeout: str,
        on_reject: Literal["fail", "continue"] = "continue",
    ) -> Answer:
        """Refuse a question: only steps in the process of the run can ask.

        Raises:
            WorkflowError: `worker.question`.
        """
        raise WorkflowError(
            "worker.question",
            "a step on a worker cannot ask a person; run it without a pool",
        )

    async def run_workflow(self, workflow_id: str, inputs: Mapping[str, Json], call: ChildCall = WAITED) -> Json:
        """Refuse to run a workflow: only steps in the process of the run can.

        Raises:
            WorkflowError: `worker.workflow`.
        """
        raise WorkflowError(
            "worker.workflow",
            "a step on a worker cannot run a workflow; run it without a pool",
        )

    async def connect(self, name: str) -> Mapping[str, Json]:
        """Return another connection of the step, with secrets in clear.

        Raises:
            WorkflowError: the step does not name it.
        """
        found = self._job.connections.get(name)
        if found is None:
            raise WorkflowError("connection.missing", f"there is no connection {name} on this worker")
        return found

    def keep_secret(self, secret: str) -> None:
        """Mask a text from now on, here and in the process of the run."""
        self._run.redactor.add(secret)
        self._tell_secret(secret)

    def redact(self, value: Json) -> Json:
        """Return a value with every secret of the run masked."""
        return self._run.redactor.redact(value)

    def keep(self, key: str, make: Callable[[], KeptT]) -> KeptT:
        """Return the resource of this key, shared by the run's steps on this worker."""
        return self._run.resources.keep(key, make)
