"""Row of `executions` that derives from a run's events, for lists of runs.

The events are the source of truth: folding them gives the same, and more.
"""

from dataclasses import field

from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.run.events import (
    Cancelled,
    Completed,
    Created,
    ExecutionEvent,
    Failed,
    Interrupted,
    Resumed,
    Started,
    StepProgress,
    StepWaiting,
)
from wftui.model.run.record import TERMINAL, ExecutionStatus
from wftui.model.run.steps import ExecutionError
from wftui.store.sqlite.times import to_milliseconds

_SHOWN_MESSAGE = 1000
_WITHOUT_EFFECT = frozenset({"step_started", "step_completed", "iteration_started", "iteration_completed", "log"})
"""The most frequent event types; they change the row only while an approval is pending."""

UNKNOWN = "?"
"""In place of a pool without a name."""
Changes = dict[str, Json]
"""Changed columns of the row with their new values."""


@dataclass(slots=True)
class RunRow:
    """State of a run that the writer keeps between its events.

    Attributes:
        key: of the row; None until its first commit.
        last_seq: number of the last numbered event, committed or not.
        waiting: paths of the steps that wait for an approval, and `@POOL PATH` of those that wait for a worker.
    """

    id: str
    key: int | None = None
    last_seq: int = 0
    status: ExecutionStatus = "pending"
    waiting: list[str] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        """True if the run has ended."""
        return self.status in TERMINAL

    def follow(self, event: ExecutionEvent) -> Changes:
        """Apply an event and return the columns it changes (for `created`: all)."""
        if event.type in _WITHOUT_EFFECT and not self.waiting:
            return {}
        at = to_milliseconds(event.timestamp)
        match event:
            case Created():
                return {
                    "id": self.id,
                    "workflow_id": event.workflow_id,
                    "status": "pending",
                    "user_id": event.user_id,
                    "created_at": at,
                    "parent_id": event.parent_id,
                    "parent_path": event.parent_path,
                    "workflow_version": event.workflow_version,
                    "workflow_hash": event.workflow_hash,
                    "plan": event.plan,
                    "start_key": event.start_key,
                }
            case Started():
                return self._become("running") | {"started_at": at}
            case Resumed():
                return self._become("running") | {"error": None}
            case Interrupted():
                return self._become("interrupted") | {"owner": None}
            case Completed():
                return self._end("completed", at, event.duration) | {"warnings": event.warnings}
            case Failed():
                return self._end("failed", at, event.duration) | {"error": _shown_error(event.error)}
            case Cancelled():
                ended = self._end("cancelled", at, event.duration)
                return ended if event.error is None else ended | {"error": _shown_error(event.error)}
            case StepWaiting() if event.waiting.reason == "approval":
                return self._set_waiting([*self._others(event.path), event.path])
            case StepWaiting() if event.waiting.reason == "worker":
                return self._set_waiting([*self._others(event.path), f"@{event.waiting.pool or UNKNOWN} {event.path}"])
            case StepProgress():
                return {}
            case _:
                path = getattr(event, "path", None)
                return self._set_waiting(self._others(path)) if event.type != "log" and path is not None else {}

    def _others(self, path: str) -> list[str]:
        """Return the entries of `waiting` that are not of a step."""
        return [entry for entry in self.waiting if entry != path and not _is_for_worker(entry, path)]

    def _become(self, status: ExecutionStatus) -> Changes:
        self.status = status
        return {"status": status}

    def _end(self, status: ExecutionStatus, at: int, duration: float) -> Changes:
        return self._become(status) | {"completed_at": at, "duration": duration} | self._set_waiting([])

    def _set_waiting(self, paths: list[str]) -> Changes:
        if paths == self.waiting:
            return {}
        self.waiting = paths
        return {"waiting": "\n".join(paths) or None}


def waiting_entries(column: str | None) -> list[str]:
    """Return the entries in the column `waiting`; see `RunRow.waiting`."""
    return column.split("\n") if column else []


def waiting_pools(entries: list[str]) -> list[str]:
    """Return the pools that steps wait for, of the entries in the column `waiting`."""
    return list(dict.fromkeys(entry[1:].partition(" ")[0] for entry in entries if entry.startswith("@")))


def _is_for_worker(entry: str, path: str) -> bool:
    return entry.startswith("@") and entry.partition(" ")[2] == path


def _shown_error(error: ExecutionError) -> str:
    """Return an error without its long parts, as lists show it."""
    message = error.message if len(error.message) <= _SHOWN_MESSAGE else error.message[:_SHOWN_MESSAGE] + "…"
    return error.model_copy(update={"message": message, "stack": None, "details": None}).to_json()
