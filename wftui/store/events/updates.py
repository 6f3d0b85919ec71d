"""Changes of a run's fields as events, for `ExecutionStore.update`."""

from collections.abc import Mapping
from datetime import datetime

from wftui.model.base import Json
from wftui.model.errors import UsageError
from wftui.model.run.events import Cancelled, Completed, ExecutionEvent, Failed, Interrupted, Started
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.steps import ExecutionError

_FIELDS = {"status", "outputs", "error", "duration", "warnings"}


def event_of_update(record: ExecutionRecord, updates: Mapping[str, Json], now: datetime) -> ExecutionEvent:
    """Return the event that brings a run into a new status.

    Args:
        updates: `status`, and with it `outputs`, `error`, `duration` (milliseconds), `warnings`.

    Raises:
        UsageError: no event makes this change.
    """
    unknown = updates.keys() - _FIELDS
    if unknown:
        message = f"cannot update {', '.join(sorted(unknown))} of a run; only {', '.join(sorted(_FIELDS))}"
        raise UsageError(message, code="run.update")
    duration = updates.get("duration")
    if duration is None:
        duration = (now - record.started_at).total_seconds() * 1000 if record.started_at else 0.0
    common = {"run_id": record.id, "timestamp": now}
    match updates.get("status"):
        case "running":
            return Started.model_validate(common)
        case "interrupted":
            return Interrupted.model_validate(common)
        case "completed":
            values = {"outputs": updates.get("outputs"), "warnings": updates.get("warnings", 0)}
            return Completed.model_validate(common | values | {"duration": duration})
        case "failed":
            error = updates.get("error") or ExecutionError(message="the run failed")
            values = {"outputs": updates.get("outputs"), "error": error}
            return Failed.model_validate(common | values | {"duration": duration})
        case "cancelled":
            return Cancelled.model_validate(common | {"duration": duration})
        case status:
            raise UsageError(f"a run cannot be set to {status!r}", code="run.update")
