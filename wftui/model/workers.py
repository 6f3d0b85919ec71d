"""The workers of pools, as lists show them."""

from typing import Annotated

from wftui.model.base import Field, Timestamp, WireModel, fresh


class WorkerJob(WireModel):
    """A job that a worker does: one attempt of a step."""

    run: str
    path: str
    type: str
    started: Timestamp


class WorkerInfo(WireModel):
    """A worker that is running, or was a moment ago."""

    name: str
    host: str
    pid: int
    pools: list[str]
    places: Annotated[int, Field(description="Number of jobs that it does at once.")]
    version: str
    key: Annotated[str, Field(description="Name of its key, which tells nothing of it.")]
    draining: Annotated[bool, Field(description="Takes no more jobs.")]
    lost: Annotated[bool, Field(description="Gave no sign of life: its jobs go to others.")]
    since: Timestamp
    jobs: list[WorkerJob] = fresh(factory=list)

    @property
    def state(self) -> str:
        """Its state in one word."""
        return "lost" if self.lost else "draining" if self.draining else "working" if self.jobs else "idle"
