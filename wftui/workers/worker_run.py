"""A run on a worker: its folder, resources and secrets."""

import contextlib
from collections.abc import Mapping
from pathlib import Path

from wftui.connections.redaction import Redactor
from wftui.engine.run.state.run_resources import RunResources
from wftui.steps.api.step_type import StepTypes
from wftui.steps.process.scratch import scratch_folder
from wftui.steps.registry.step_registry import StepRegistry
from wftui.workers.jobs import Job

_CLOSE_SECONDS = 5.0


class WorkerRun:
    """A run on a worker.

    Attributes:
        folder: base of relative paths of its steps; removed at its end.
        jobs: number of its jobs that run here.
    """

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self.root = self._stack.enter_context(scratch_folder())
        self.folder = self.root / "work"
        self.folder.mkdir()
        self.redactor = Redactor()
        self.resources = RunResources()
        self.step_types: StepTypes = StepRegistry()
        self.jobs = 0
        self._known: set[str] = set()

    def add_secrets(self, job: Job) -> None:
        """Mask the secrets that come with a job."""
        for secret in job.secrets:
            if secret not in self._known:
                self._known.add(secret)
                self.redactor.add(secret)
        for text in job.derived:
            self.redactor.add_derived(text)

    async def close(self) -> None:
        """Close the resources and remove the folder."""

        async def nobody(_message: str) -> None:
            """A worker has no log of the run once the run has ended."""

        try:
            await self.resources.close(_CLOSE_SECONDS, nobody)
        finally:
            self._stack.close()


def own_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a worker without what opens its database."""
    return {name: value for name, value in environment.items() if name != "WFTUI_WORKERS" and not name.startswith("PG")}


def workflow_folder(run: WorkerRun) -> Path | None:
    """Return the folder with the files of the workflow, if any came with the job."""
    folder = run.root / "workflow"
    return folder if folder.is_dir() else None
