"""A run as OpenTelemetry spans: OTLP/JSON, as collectors take it."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from wftui.model.base import Json
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.steps import StepResult

_OK, _ERROR = 1, 2
_INTERNAL = 1


def otlp_trace(record: ExecutionRecord, version: str, left_out: Sequence[str] = ()) -> Json:
    """Return the trace of a run: a span for it, and one for each step that began.

    Args:
        left_out: sentences on what the record does not hold.
    """
    trace_id = _hash(record.id, 32)
    root = _span(trace_id, record.id, record.workflow_id, record.started_at, record.completed_at)
    root["attributes"] = _attributes(
        {
            "wftui.run.id": record.id,
            "wftui.workflow.id": record.workflow_id,
            "wftui.workflow.version": record.workflow_version,
            "wftui.status": record.status,
            "enduser.id": record.user_id,
            "wftui.left_out": " ".join(left_out),
        }
    )
    root["status"] = _status(record.status, record.error.message if record.error else "")
    spans = [root, *(_step_span(trace_id, record, step) for step in record.step_results if step.started_at)]
    resource = {"attributes": _attributes({"service.name": "wftui", "service.version": version})}
    scope = {"scope": {"name": "wftui", "version": version}, "spans": spans}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]}


def _step_span(trace_id: str, record: ExecutionRecord, step: StepResult) -> dict[str, Json]:
    span = _span(trace_id, f"{record.id}/{step.path}", step.path, step.started_at, step.completed_at)
    span["parentSpanId"] = _hash(f"{record.id}/{step.parent}" if step.parent else record.id, 16)
    span["attributes"] = _attributes(
        {
            "wftui.step.path": step.path,
            "wftui.step.type": step.step_type,
            "wftui.status": step.status,
            "wftui.attempts": len(step.attempts),
            "error.type": step.error.type if step.error else "",
        }
    )
    span["status"] = _status(step.status, step.error.message if step.error else "")
    return span


def _span(trace_id: str, key: str, name: str, start: datetime | None, end: datetime | None) -> dict[str, Json]:
    return {
        "traceId": trace_id,
        "spanId": _hash(key, 16),
        "name": _text(name),
        "kind": _INTERNAL,
        "startTimeUnixNano": _nanoseconds(start),
        "endTimeUnixNano": _nanoseconds(end or start),
    }


def _attributes(values: dict[str, str | int]) -> list[Json]:
    return [
        {"key": key, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": _text(value)}}
        for key, value in values.items()
        if value != ""
    ]


def _status(status: str, message: str) -> dict[str, Json]:
    if status in ("failed", "cancelled", "interrupted"):
        return {"code": _ERROR, **({"message": _text(message)} if message else {})}
    return {"code": _OK} if status == "completed" else {}


def _text(text: str) -> str:
    """Return a text without half characters, which collectors refuse."""
    return text.encode("utf-8", "replace").decode()


def _nanoseconds(time: datetime | None) -> str:
    return str(round(time.timestamp() * 1000) * 1_000_000) if time is not None else "0"


def _hash(key: str, digits: int) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:digits]
