"""Making of a job: everything that a worker needs for an attempt."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wftui.engine.run.state.leaf_work import LeafAttempt
from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_type import StepType
from wftui.steps.registry.plugins import source_of_type
from wftui.workers.job_files import JobFiles
from wftui.workers.jobs import Job, encode, is_over

_BIG = 16 * 1024
"""Fields of an input beyond this size are sent once for a run, by content."""


async def make_job(attempt: LeafAttempt, files: JobFiles) -> Job:
    """Return the job of an attempt; its files have been sent.

    Raises:
        WorkflowError: `worker.files` when they cannot be.
    """
    context, run = attempt.context, attempt.context.run_id
    connections: dict[str, Mapping[str, Json]] = {}
    for name in attempt.step.uses:
        try:
            connections[name] = await context.connect(name)
        except WorkflowError:
            continue  # an optional one; the step says so when it asks for it
    secrets, derived = context.redactor.known()
    folder = context.site.folder
    small, big = await _by_size(attempt.bound, files, run)
    return Job(
        run=run,
        workflow=context.workflow_id,
        path=context.path,
        type=attempt.step.type,
        number=attempt.number,
        attempt=context.attempt,
        user=context.user,
        input=small,
        big=big,
        prepared=context.prepared,
        connection_name=attempt.step.connection,
        connection=context.connection,
        connections=connections,
        secrets=secrets,
        derived=derived,
        limit=attempt.limit,
        grace=attempt.settings.grace,
        force=attempt.settings.force,
        files={} if folder is None else await files.send_folder(run, folder),
        place="" if folder is None else _place(folder, context.working_directory),
        sources=tuple([(name, await files.send(run, data)) for name, data in _sources(attempt).items()]),
    )


def _sources(attempt: LeafAttempt) -> dict[str, bytes]:
    """Return the files of the workspace with the step type and its tools, by name."""
    kinds: list[StepType[Any] | None] = [attempt.kind]
    tools = attempt.bound.get("tools") if isinstance(attempt.bound, dict) else None
    step_types = attempt.context.site.step_types
    for tool in tools if isinstance(tools, list) and step_types is not None else []:
        word = tool.get("type") if isinstance(tool, dict) else None
        kinds.append(step_types.get(word) if isinstance(word, str) and step_types is not None else None)
    return dict(source for kind in kinds if kind is not None and (source := source_of_type(kind)) is not None)


def _place(folder: Path, base: Path) -> str:
    """Return the workflow's folder as a relative path of the run, or its name."""
    return folder.relative_to(base).as_posix() if folder.is_relative_to(base) else folder.name


async def _by_size(bound: Json, files: JobFiles, run: str) -> tuple[Json, dict[str, str]]:
    """Return an input without its big fields, and the names of these, which were sent."""
    if not isinstance(bound, dict):
        return bound, {}
    small: dict[str, Any] = {}
    big: dict[str, str] = {}
    for key, value in bound.items():
        if is_over(value, _BIG):
            big[key] = await files.send(run, await asyncio.to_thread(encode, value))
        else:
            small[key] = value
    return small, big
