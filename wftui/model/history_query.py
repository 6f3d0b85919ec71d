"""Query language of the history: `status:failed user:ada since:7d` and text.

Written on the screen, and saved under names in the settings. Values with spaces are quoted; a quote in them is
doubled.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import field, replace
from datetime import datetime
from typing import get_args

from wftui.model.data_class import dataclass
from wftui.model.errors import UsageError
from wftui.model.moments import MomentError, parse_moment
from wftui.model.run.record import ExecutionStatus
from wftui.model.run.summary import ExecutionFilters, check_filters
from wftui.model.workflow.durations import parse_duration

STATUSES: tuple[ExecutionStatus, ...] = get_args(ExecutionStatus)
FAILURES: frozenset[ExecutionStatus] = frozenset({"failed", "interrupted"})

_QUOTED = r'"(?P<{}>(?:[^"]|"")*)"?'
"""A text in quotes; those inside are doubled."""
_WORD = re.compile(
    rf"(?P<name>[a-z]+):(?:{_QUOTED.format('quoted')}|(?P<bare>\S*))|{_QUOTED.format('text')}|(?P<plain>\S+)"
)


class QueryError(UsageError):
    """A term of the query is invalid, or its filters exclude each other."""

    code = "usage.filter"


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """The filters as written.

    Times stay relative (`7d`) so that they move with the clock.
    """

    text: str = ""
    workflow: str = ""
    user: str = ""
    since: str = ""
    until: str = ""
    longer: str = ""
    error: str = ""
    label: str = ""
    contains: str = ""
    statuses: frozenset[ExecutionStatus] = field(default_factory=frozenset)

    def __str__(self) -> str:
        """Return the query as text."""
        words = [
            _written("workflow", self.workflow),
            _written("status", ",".join(status for status in STATUSES if status in self.statuses)),
            _written("user", self.user),
            _written("since", self.since),
            _written("until", self.until),
            _written("longer", self.longer),
            _written("error", self.error),
            _written("label", self.label),
            _written("contains", self.contains),
            _text(self.text),
        ]
        return " ".join(word for word in words if word)

    def switched(self, status: ExecutionStatus) -> "HistoryQuery":
        """Return a copy with one status toggled."""
        return replace(self, statuses=self.statuses ^ {status})

    def only_failures(self) -> "HistoryQuery":
        """Return a copy limited to failed runs, or no longer limited."""
        return replace(self, statuses=frozenset() if self.statuses == FAILURES else FAILURES)

    def of_workflow(self, workflow_id: str) -> "HistoryQuery":
        """Return a copy limited to one workflow, or no longer limited."""
        return replace(self, workflow="" if self.workflow else workflow_id)

    def filters(self, now: datetime) -> ExecutionFilters:
        """Return the filters for the store.

        Raises:
            QueryError: a time is invalid, or no run can match.
        """
        filters = ExecutionFilters(
            workflow_id=self.workflow or None,
            status=[status for status in STATUSES if status in self.statuses] or None,
            user_id=self.user or None,
            since=_time(self.since, now) if self.since else None,
            until=_time(self.until, now, end=True) if self.until else None,
            text=self.text or None,
            longer_than=_milliseconds(self.longer) if self.longer else None,
            error_type=self.error or None,
            label=self.label or None,
            contains=self.contains or None,
        )
        try:
            check_filters(filters)
        except UsageError as error:
            raise QueryError(str(error)) from None
        return filters


def parse_query(line: str, now: datetime) -> HistoryQuery:
    """Parse a query.

    Raises:
        QueryError: a term is invalid, or no run can match.
    """
    query = HistoryQuery()
    texts: list[str] = []
    for found in _WORD.finditer(line):
        name = found["name"]
        value = _unquoted(found["quoted"]) if found["quoted"] is not None else found["bare"]
        if name is None:
            texts.append(_unquoted(found["text"]) if found["text"] is not None else found["plain"])
        elif name in _NAMES:
            if value:
                query = _NAMES[name](query, value)
        else:
            texts.append(found[0])
    query = replace(query, text=" ".join(text for text in texts if text))
    query.filters(now)
    return query


def _with_statuses(query: HistoryQuery, value: str) -> HistoryQuery:
    return replace(query, statuses=query.statuses | set(_statuses(value.split(","))))


def _statuses(words: Iterable[str]) -> Iterable[ExecutionStatus]:
    for word in words:
        if not word:
            continue
        found = [status for status in STATUSES if status.startswith(word.lower())]
        if not found:
            raise QueryError(f"unknown status {word}; expected one of {', '.join(STATUSES)}")
        yield found[0]


_NAMES: dict[str, Callable[[HistoryQuery, str], HistoryQuery]] = {
    "workflow": lambda query, value: replace(query, workflow=value),
    "status": _with_statuses,
    "user": lambda query, value: replace(query, user=value),
    "since": lambda query, value: replace(query, since=value),
    "until": lambda query, value: replace(query, until=value),
    "longer": lambda query, value: replace(query, longer=value),
    "error": lambda query, value: replace(query, error=value),
    "label": lambda query, value: replace(query, label=value),
    "contains": lambda query, value: replace(query, contains=value),
}


def _time(word: str, now: datetime, *, end: bool = False) -> datetime:
    try:
        return parse_moment(word, now, end=end)
    except MomentError as error:
        raise QueryError(str(error)) from None


def _milliseconds(word: str) -> float:
    try:
        return parse_duration(word) * 1000
    except ValueError as error:
        raise QueryError(str(error)) from None


def _text(text: str) -> str:
    """Return the text so that it is read as one, also with the name of a filter in it."""
    words = list(_WORD.finditer(text))
    is_plain = " ".join(word[0] for word in words) == text and not any(word["name"] in _NAMES for word in words)
    return text if is_plain and '"' not in text else _quoted(text)


def _written(name: str, value: str) -> str:
    if not value:
        return ""
    is_plain = '"' not in value and re.fullmatch(r"\S+", value)
    return f"{name}:{value}" if is_plain else f"{name}:{_quoted(value)}"


def _quoted(text: str) -> str:
    return '"{}"'.format(text.replace('"', '""'))


def _unquoted(text: str) -> str:
    return text.replace('""', '"')
