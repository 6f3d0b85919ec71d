"""Jobs as JSON: what a worker gets, says meanwhile, and gives back."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One attempt of a leaf step, with everything that a worker needs for it.

    Attributes:
        number: of the attempt, not counting those that a crash cut off; `attempt` counts all.
        connection: the step's resolved connection; `connections` are others that it uses.
        secrets: what is masked in the run, and texts derived from that.
        big: names of the fields of the input that were sent by content, by field.
        files: name and mode of the files in the workflow's folder, by path; `place` is where the folder belongs.
        source: of a step type from a file of the workspace: file name and name of the content.
        limit, grace, force: as for an attempt in the process of the run.
    """

    run: str
    workflow: str
    path: str
    type: str
    number: int
    attempt: int
    user: str
    input: Json
    prepared: Json = None
    connection_name: str | None = None
    connection: Mapping[str, Json] | None = None
    connections: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    derived: tuple[str, ...] = ()
    limit: float | None = None
    grace: float = 5.0
    force: float = 1.5
    big: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    place: str = ""
    source: tuple[str, str] | None = None

    @property
    def id(self) -> str:
        """The same in every process that runs the attempt."""
        return job_id(self.run, self.path, self.number)

    def encode(self) -> bytes:
        """Return the JSON form."""
        return encode(asdict(self))

    @classmethod
    def decode(cls, data: bytes) -> "Job":
        """Return the job of its JSON form."""
        return cls(**json.loads(data))


def job_id(run: str, path: str, number: int) -> str:
    """Return the id of the job for an attempt."""
    return f"{run}/{path}/{number}"


def encode(value: Json) -> bytes:
    """Return a JSON value as bytes."""
    return json.dumps(value, separators=(",", ":")).encode()


MessageKind = Literal["log", "progress", "secret"]


def output_result(output: Json) -> dict[str, Any]:
    """Return the result of an attempt that gave an output."""
    return {"output": output}


def stopped_result(abandoned: bool) -> dict[str, Any]:
    """Return the result of an attempt that a stop ended."""
    return {"stopped": abandoned}


def error_result(error: WorkflowError) -> dict[str, Any]:
    """Return the result of an attempt that failed."""
    return {
        "error": {
            "type": error.type,
            "message": error.message,
            "recoverable": error.recoverable,
            "details": error.details,
            "stack": error.stack,
        }
    }


def error_of(result: Mapping[str, Any]) -> WorkflowError | None:
    """Return the error of a result, if it is one."""
    said = result.get("error")
    if said is None:
        return None
    return WorkflowError(
        said["type"],
        said["message"],
        recoverable=said["recoverable"],
        details=said["details"],
        stack=said["stack"],
    )


def with_big(job: Job, read: Callable[[str], bytes]) -> Json:
    """Return the whole input of a job."""
    if not job.big:
        return job.input
    return {**job.input, **{key: json.loads(read(name)) for key, name in job.big.items()}}
