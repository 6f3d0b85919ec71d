"""Conversion of values between JSON and databases."""

import datetime
import decimal
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError

Parameters = Sequence[Json] | Mapping[str, Json]


@dataclass(slots=True)
class QueryResult:
    """Result of a statement; `count` is rows returned, or else rows changed."""

    columns: list[str] = field(default_factory=list)
    rows: list[dict[str, Json]] = field(default_factory=list)
    count: int = 0
    truncated: bool = False
    last_id: int | None = None


def bindable(parameters: Parameters) -> Sequence[Json] | dict[str, Json]:
    """Return the values to bind; lists and objects become JSON text."""
    if isinstance(parameters, Mapping):
        return {name: _scalar(value) for name, value in parameters.items()}
    return [_scalar(value) for value in parameters]


def _scalar(value: Json) -> Json:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def json_value(column: str, value: object) -> Json:
    """Return a cell as JSON: dates in ISO 8601, exact numbers as text.

    Raises:
        WorkflowError: `sql.value` for bytes, and for numbers that are none.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        raise WorkflowError(
            "sql.value",
            f"Column {column!r} contains bytes, which are not a JSON value; select them as text: "
            f"hex({column}) in SQLite and MySQL, encode({column}, 'hex') in PostgreSQL.",
        )
    if isinstance(value, float):
        if not math.isfinite(value):
            raise WorkflowError("sql.value", f"Column {column!r} contains {value}, which is not a JSON value.")
        return value
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return format(value, "f") if value.is_finite() else str(value)
    if isinstance(value, Mapping):
        return {str(name): json_value(column, inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(column, inner) for inner in value]
    if isinstance(value, set | frozenset):
        return sorted((json_value(column, inner) for inner in value), key=str)
    return str(value)  # a UUID, an interval, an address, a range


def unique_names(names: list[str]) -> list[str]:
    """Return distinct column names: a second `a` becomes `a_2`."""
    found: list[str] = []
    for name in names:
        candidate, number = name, 1
        while candidate in found:
            number += 1
            candidate = f"{name}_{number}"
        found.append(candidate)
    return found
