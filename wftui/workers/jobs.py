"""Jobs as JSON: what a worker receives, reports and returns."""

import asyncio
import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from wftui.model.base import Json
from wftui.runtime.json_values import TooBigError, measure
from wftui.runtime.workflow_errors import WorkflowError
from wftui.workers.sealing import AT_ONCE
from wftui.workers.tables import DIRECT_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One attempt of a leaf step, with everything that a worker needs for it.

    Attributes:
        number: of the attempt, not counting those that a crash cut off; `attempt` counts all.
        connection: the step's resolved connection; `connections` are others that it uses.
        secrets: what is masked in the run, and texts derived from that.
        big: names of the fields of the input that were sent by content, by field.
        files: name and mode of the files in the workflow's folder, by path; `place` is where the folder belongs.
        sources: files of the workspace with its step type and those of its tools: file name and name of the content.
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
    sources: tuple[tuple[str, str], ...] = ()

    @property
    def id(self) -> str:
        """The same in every process that runs the attempt."""
        return job_id(self.run, self.path, self.number)

    def encode(self) -> bytes:
        """Return the JSON form."""
        return encode({each.name: getattr(self, each.name) for each in fields(self)})

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


async def encode_soon(value: Json) -> bytes:
    """Return a JSON value as bytes; a big one is encoded in a thread."""
    return await asyncio.to_thread(encode, value) if is_over(value, AT_ONCE) else encode(value)


def is_over(value: Json, size: int) -> bool:
    """Return whether a value has more bytes than a limit, without measuring all of it."""
    try:
        measure(value, size)
    except TooBigError:
        return True
    return False


def direct_end(job: Mapping[str, Any], worker: str, result: bytes, messages: Sequence[bytes]) -> str | None:
    """Return the notification of an end, with its whole result.

    None if that is too big, or the job was moved before.
    """
    if job["claim"] > 1 or sum(map(len, messages), len(result)) > DIRECT_BYTES:
        return None
    texts = [base64.b64encode(sealed).decode() for sealed in (result, *messages)]
    notification = json.dumps([job["id"], job["delivery"], worker, *texts])
    return notification if len(notification) <= DIRECT_BYTES else None


def read_direct_end(notification: str) -> dict[str, Any]:
    """Return the result in a notification of an end, as the row of the job."""
    id, delivery, worker, *texts = json.loads(notification)
    result, *messages = [base64.b64decode(text) for text in texts]
    ended = {"state": "ended", "claim": 1, "worker": worker, "result": result, "refusal": None}
    return {"id": id, "delivery": delivery, **ended, "messages": messages}


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
    error = result.get("error")
    if error is None:
        return None
    return WorkflowError(
        error["type"],
        error["message"],
        recoverable=error["recoverable"],
        details=error["details"],
        stack=error["stack"],
    )


def with_big(job: Job, read: Callable[[str], bytes]) -> Json:
    """Return the whole input of a job."""
    if not job.big:
        return job.input
    return {**job.input, **{key: json.loads(read(name)) for key, name in job.big.items()}}
