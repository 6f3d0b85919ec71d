"""A run on a worker: its folder, resources and secrets."""

import asyncio
import contextlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wftui.connections.redaction import Redactor
from wftui.engine.run.state.run_resources import RunResources
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_type import StepType
from wftui.steps.process.scratch import scratch_folder
from wftui.steps.registry.plugins import Found, load_source
from wftui.steps.registry.step_registry import StepRegistry
from wftui.workers.blob_cache import BlobCache
from wftui.workers.jobs import Job

_CLOSE_SECONDS = 5.0


class RunStepTypes:
    """Step types of a worker, and those that come with the jobs of a run."""

    def __init__(self, own: StepRegistry) -> None:
        self._own = own
        self._found: dict[str, Found] = {}
        self._loaded: set[bytes] = set()

    def load(self, name: str, data: bytes) -> None:
        """Load the step types of a file that the user of the run trusts."""
        if data not in self._loaded:
            for found in load_source(name, data):
                self._found[found.word or ""] = found
            self._loaded.add(data)

    def get(self, word: str) -> StepType[Any] | None:
        """Return the step type of a word, or None."""
        own = self._own.get(word)
        found = self._found.get(word) if own is None else None
        return found.step_type if found is not None else own

    def types(self) -> list[StepType[Any]]:
        """Return all step types, sorted by word."""
        more = [found.step_type for found in self._found.values() if found.step_type is not None]
        return sorted([*self._own.types(), *more], key=lambda each: each.word)

    def why_not(self, word: str) -> str | None:
        """Return why a word cannot be used, or None if nothing is known about it."""
        found = self._found.get(word) or self._found.get("")
        return f"{found.source}: {found.problem}" if found and found.problem else self._own.why_not(word)


class WorkerRun:
    """A run on a worker.

    Attributes:
        folder: base of relative paths of its steps; removed at its end.
        workflow: folder with the files of the workflow, once a job has brought them.
        jobs: number of its jobs that run here.
    """

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self.root = self._stack.enter_context(scratch_folder())
        self.folder = self.root / "work"
        self.folder.mkdir()
        self.redactor = Redactor()
        self.resources = RunResources()
        self.step_types = RunStepTypes(StepRegistry())
        self.workflow: Path | None = None
        self.jobs = 0
        self._placed: dict[str, tuple[str, int]] = {}
        self._sources: set[str] = set()
        self._placing = asyncio.Lock()
        self._known: set[str] = set()

    def add_secrets(self, job: Job) -> None:
        """Mask the secrets that come with a job."""
        for secret in job.secrets:
            if secret not in self._known:
                self._known.add(secret)
                self.redactor.add(secret)
        for text in job.derived:
            self.redactor.add_derived(text)

    async def prepare(self, job: Job, cache: BlobCache) -> None:
        """Fetch what a job needs: files of the workflow, its step type, big values.

        Raises:
            WorkflowError: `worker.files` when something cannot be had.
        """
        names = {name for name, _ in job.files.values()} | set(job.big.values())
        names.update(name for _, name in job.sources)
        await cache.fetch(job.run, names)
        async with self._placing:
            for file, name in job.sources:
                if name not in self._sources:
                    await asyncio.to_thread(self.step_types.load, file, cache.read(name))
                    self._sources.add(name)
            files = {place: (name, mode) for place, (name, mode) in job.files.items()}
            if files != self._placed:
                await asyncio.to_thread(self._place, self.folder / job.place, files, cache)

    def _place(self, base: Path, files: Mapping[str, tuple[str, int]], cache: BlobCache) -> None:
        """Write changed files of the workflow, and remove those that are gone."""
        self.workflow = base
        for place in self._placed.keys() - files.keys():
            (base / place).unlink(missing_ok=True)
            del self._placed[place]
        for place, (name, mode) in files.items():
            if self._placed.get(place) != (name, mode):
                path = base / place
                if ".." in path.parts or not path.is_relative_to(self.folder):
                    raise WorkflowError("worker.files", f"{place} is not a path of a file in the workflow's folder")
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(cache.path(name), path)
                path.chmod(mode)
                self._placed[place] = name, mode

    async def close(self) -> None:
        """Close the resources and remove the folder."""

        async def nobody(_message: str) -> None:
            """A worker has no log of the run once the run has ended."""

        try:
            await self.resources.close(_CLOSE_SECONDS, nobody)
        finally:
            self._stack.close()


def own_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a worker without its database credentials."""
    return {name: value for name, value in environment.items() if name != "WFTUI_WORKERS" and not name.startswith("PG")}
