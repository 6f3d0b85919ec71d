"""Filters of the history as conditions on the rows of `executions`."""

import json
import re
import zlib
from collections.abc import Collection, Iterable
from dataclasses import field, replace
from typing import get_args

from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.run.record import ExecutionStatus
from wftui.model.run.summary import ExecutionFilters
from wftui.store.sqlite.reader import Reader
from wftui.store.sqlite.times import to_milliseconds

_STATUSES: tuple[ExecutionStatus, ...] = get_args(ExecutionStatus)
_LABELS: dict[str, dict[str, Json]] = {}
"""Labels of workflows by the hash of the plan: the same in every database."""


@dataclass(slots=True)
class RunConditions:
    """Conditions that runs of any of some statuses fulfil.

    Attributes:
        statuses: of the runs; `any_status`: these are all there are.
        only: the one value of a column that is possible.
        texts, text_values: on the texts of a run; of failed runs also `in_error`.
    """

    statuses: list[str]
    any_status: bool = False
    only: dict[str, str] = field(default_factory=dict)
    conditions: list[str] = field(default_factory=list)
    values: list[Json] = field(default_factory=list)
    texts: str = ""
    text_values: list[Json] = field(default_factory=list)
    in_error: str = ""
    error_values: list[Json] = field(default_factory=list)
    children: bool = True

    def also(self, column: str, value: str) -> "RunConditions":
        """Return a copy for the runs with one value in a column."""
        if column == "status":
            return replace(self, statuses=[value], any_status=False)
        return replace(self, conditions=[f"{column} = ?", *self.conditions], values=[value, *self.values])

    def add(self, condition: str, *values: Json) -> None:
        """Add a condition."""
        self.conditions.append(condition)
        self.values += values

    def of(self, status: str, more: Iterable[str] = (), values: Iterable[Json] = ()) -> tuple[str, list[Json]]:
        """Return the condition for the runs of one status, with more conditions."""
        where, bound = ["status = ?", *more, *self.conditions], [status, *values, *self.values]
        if self.texts:
            is_failed = status == "failed"
            where.append(f"({self.texts} OR {self.in_error})" if is_failed else f"({self.texts})")
            bound += [*self.text_values, *(self.error_values if is_failed else [])]
        return " AND ".join(where), bound

    def of_all(self, more: Iterable[str] = (), values: Iterable[Json] = ()) -> tuple[str, list[Json]]:
        """Return the condition for the runs of all statuses, with more conditions."""
        where, bound = [*more, *self.conditions], [*values, *self.values]
        if not self.any_status:
            where.append("status IN (SELECT value FROM json_each(?))")
            bound.append(json.dumps(self.statuses))
        if not self.children:
            where.append("parent_path IS NULL")
        if self.texts:
            where.append(f"({self.texts} OR (status = 'failed' AND {self.in_error}))")
            bound += [*self.text_values, *self.error_values]
        return " AND ".join(where) or "1", bound


async def conditions_of(
    reader: Reader, filters: ExecutionFilters, among: Collection[str] | None = None
) -> RunConditions:
    """Return the conditions of filters, all but `contains`.

    Args:
        among: only runs of these workflows.
    """
    statuses = list(filters.status or await all_statuses(reader))
    found = RunConditions(statuses, any_status=not filters.status, children=filters.children)
    for column, value in (
        ("workflow_id", filters.workflow_id),
        # The plus sign keeps SQLite off the index of users: the index of workflows has the users, too.
        ("user_id" if filters.workflow_id is None else "+user_id", filters.user_id),
        ("parent_id", filters.parent_id),
    ):
        if value is not None:
            found.add(f"{column} = ?", value)
            found.only[column.removeprefix("+")] = value
    if filters.longer_than is not None:
        found.add("duration >= ?", filters.longer_than)
    if filters.error_type is not None:
        found.statuses = [status for status in found.statuses if status == "failed"]  # no other run has an error
        found.any_status = False
        found.add(
            "(json_extract(error, '$.type') || '.') LIKE ? || '.%' ESCAPE '\\'", literal_pattern(filters.error_type)
        )
    if filters.since is not None:
        found.add("created_at >= ?", to_milliseconds(filters.since))
    if filters.until is not None:
        found.add("created_at <= ?", to_milliseconds(filters.until))
    if filters.label is not None:
        plans = await _plans_with(reader, filters.label)
        found.add("plan IN (SELECT value FROM json_each(?))", json.dumps(plans))
    if among is not None:
        found.add("workflow_id IN (SELECT value FROM json_each(?))", json.dumps(list(among)))
    if filters.text:
        await _add_text(reader, found, filters.text)
    return found


async def _add_text(reader: Reader, found: RunConditions, text: str) -> None:
    """Add a text, arranged so that hardly any row is read in vain.

    Run ids are searched in the index, workflows and users by the names that match, errors of failed runs only.
    """
    pattern = f"%{literal_pattern(text)}%"
    parts = ["id LIKE ? ESCAPE '\\'"]
    found.text_values = [pattern]
    for column in ("workflow_id", "user_id"):
        names = [name for name in await names_of(reader, column) if text.lower() in name.lower()]
        if names:
            parts.append(f"{column} IN ({', '.join('?' * len(names))})")
            found.text_values += names
    found.texts = " OR ".join(parts)
    found.in_error, found.error_values = "json_extract(error, '$.message') LIKE ? ESCAPE '\\'", [pattern]


def literal_pattern(text: str) -> str:
    """Return a text as part of a LIKE pattern."""
    return re.sub(r"([\\%_])", r"\\\1", text)


async def names_of(reader: Reader, column: str) -> list[str]:
    """Return the values of an indexed column, sorted; each takes one seek."""
    rows = await reader.rows(
        f"WITH RECURSIVE names(name) AS (SELECT min({column}) FROM executions UNION ALL"
        f" SELECT (SELECT min({column}) FROM executions WHERE {column} > name) FROM names WHERE name IS NOT NULL)"
        " SELECT name FROM names WHERE name IS NOT NULL"
    )
    return [str(row[0]) for row in rows]


async def all_statuses(reader: Reader) -> list[str]:
    """Return all statuses, with those of a later version in the database."""
    return list(dict.fromkeys([*_STATUSES, *await names_of(reader, "status")]))


async def _plans_with(reader: Reader, label: str) -> list[str]:
    """Return the plans of workflows with a label: `name` or `name=value`."""
    names = [str(row[0]) for row in await reader.rows("SELECT hash FROM plans")]
    for name in names:
        if name not in _LABELS:
            rows = await reader.rows("SELECT source FROM plans WHERE hash = ?", [name])
            _LABELS[name] = _labels(rows[0][0]) if rows else {}
    key, equals, value = label.partition("=")
    return [name for name in names if key in _LABELS[name] and (not equals or str(_LABELS[name][key]) == value)]


def _labels(source: Json) -> dict[str, Json]:
    """Return the labels of a stored workflow.json."""
    assert isinstance(source, bytes)
    try:
        found = json.loads(zlib.decompress(source))
    except (ValueError, RecursionError):
        return {}
    labels = found.get("labels") if isinstance(found, dict) else None
    return labels if isinstance(labels, dict) else {}
