"""Selection of the runs to remove: by age, by number, per workflow.

A run and the sub-workflows that its steps started are kept or removed together, and only when all of them have ended. A
rerun is an independent run. This module only reads, a page at a time along the indexes.

A clock that was set ahead makes every run look old. Where nobody names the age, ages are therefore counted to
`believed_time`: the clock alone proves nothing, but runs that began more than a day apart do.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime, timedelta
from itertools import product

from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.store.sqlite.storable_text import storable
from wftui.store.sqlite.times import from_milliseconds, to_milliseconds

OVER = ("completed", "failed", "cancelled", "interrupted")
"""Statuses of runs that no process runs. An interrupted run could still be resumed: see `Rule`."""
_ALL = ("pending", "running", *OVER)
_PAGE = 200
_PROOF = timedelta(days=1)
"""Age of a run that proves the time at which it began, and the time for which it does."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Rule that selects the runs of a workflow to remove.

    An interrupted run can be resumed: it is removed by its age since the interruption, never by a count alone.

    Attributes:
        older_than: remove runs that ended before this time; None: runs of any age.
        keep: number of the newest runs to keep, whatever their age.
    """

    older_than: datetime | None = None
    keep: int | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules by workflow, with a default; None keeps every run.

    Attributes:
        default: for workflows that `workflows` does not name.
        workflows: rules by workflow id.
        workflow_id: restrict the policy to this workflow.
    """

    default: Rule | None = None
    workflows: Mapping[str, Rule | None] = field(default_factory=dict)
    workflow_id: str | None = None

    @property
    def keeps_all(self) -> bool:
        """Return whether the policy never removes a run."""
        if self.workflow_id is not None:
            return self.rule(self.workflow_id) is None
        return self.default is None and not any(self.workflows.values())

    @property
    def has_ages(self) -> bool:
        """Return whether a rule depends on the age of runs."""
        return any(
            rule is not None and rule.older_than is not None for rule in (self.default, *self.workflows.values())
        )

    def rule(self, workflow_id: str) -> Rule | None:
        """Return the rule for a workflow."""
        return self.workflows.get(workflow_id, self.default)

    def earlier(self, by: timedelta) -> "Policy":
        """Return the policy as it was some time ago."""

        def moved(rule: Rule | None) -> Rule | None:
            if rule is None or rule.older_than is None:
                return rule
            return replace(rule, older_than=rule.older_than - by)

        workflows = {name: moved(rule) for name, rule in self.workflows.items()}
        return replace(self, default=moved(self.default), workflows=workflows)


@dataclass(slots=True)
class RunTree:
    """A removable run with all runs that its steps started, directly or not.

    Attributes:
        key: of the run.
        inner: keys of the sub-workflow runs.
        workflows: workflow ids of all of them.
    """

    key: int
    inner: list[int] = field(default_factory=list)
    workflows: list[str] = field(default_factory=list)


_ROOTS = (
    "(run.parent_path IS NULL) = 1",
    "(run.parent_path IS NULL) = 0 AND NOT EXISTS (SELECT 1 FROM executions parent WHERE parent.id = run.parent_id)",
)
"""Root runs: those that no step started, and those without their parent. Each is an ordered walk of the index."""
_ENDED = dict.fromkeys(OVER, "coalesce(run.completed_at, run.created_at)") | {
    "interrupted": "(SELECT at FROM events WHERE place < (run.key + 1) << 32 ORDER BY place DESC LIMIT 1)"
}
_INSIDE = """
WITH RECURSIVE tree (root, id, key, status, workflow_id) AS (
    SELECT key, id, key, status, workflow_id FROM executions WHERE key IN ({keys})
    UNION ALL
    SELECT tree.root, child.id, child.key, child.status, child.workflow_id
    FROM tree JOIN executions AS child ON child.parent_id = tree.id AND child.parent_path IS NOT NULL
)
SELECT root, key, status, workflow_id FROM tree
"""


def believed_time(connection: sqlite3.Connection, now: datetime) -> datetime:
    """Return the time that the history makes credible.

    That is at most a day after the newest of the runs that began a day ago or earlier. A run that
    began since may have been started with the same wrong clock, and counts only once the clock has gone on for a day.
    Without an earlier run, none is a day old.
    """
    newest = max(
        connection.execute(
            f"SELECT max(created_at) FROM executions run WHERE status = ? AND {root} AND created_at <= ?",
            (status, to_milliseconds(now - _PROOF)),
        ).fetchone()[0]
        or 0
        for status, root in product(_ALL, ("(parent_path IS NULL) = 1", "(parent_path IS NULL) = 0"))
    )
    return min(now, from_milliseconds(newest) + _PROOF) if newest else now


def removable(connection: sqlite3.Connection, policy: Policy) -> Iterator[list[RunTree]]:
    """Yield the runs that a policy selects, in pages.

    Within a workflow and a status they are ordered by age, runs that no step started first. The runs of a page may be
    removed before the next page is requested.
    """
    names = [storable(policy.workflow_id)] if policy.workflow_id is not None else _workflows(connection)
    for workflow_id in names:
        rule = policy.rule(workflow_id)
        if rule is None:
            continue
        for status in OVER:
            if status != "interrupted" or rule.older_than is not None or rule.keep is None:
                for root in _ROOTS:
                    yield from _walk(connection, workflow_id, status, root, rule)


def one_run(connection: sqlite3.Connection, run_id: str) -> list[RunTree]:
    """Return a single run with its sub-workflows, if it has ended; otherwise nothing."""
    row = connection.execute(
        "SELECT run.key FROM executions run LEFT JOIN executions parent"
        " ON parent.id = run.parent_id AND run.parent_path IS NOT NULL"
        f" WHERE run.id = ? AND run.status IN {OVER} AND coalesce(parent.status, 'completed') IN {OVER}",
        (run_id,),
    ).fetchone()
    return _trees(connection, [row[0]]) if row else []


def _workflows(connection: sqlite3.Connection) -> list[str]:
    """Return every workflow with runs, by skipping through the index by name."""
    rows = connection.execute(
        "WITH RECURSIVE names(name) AS (SELECT min(workflow_id) FROM executions UNION ALL"
        " SELECT (SELECT min(workflow_id) FROM executions WHERE workflow_id > name) FROM names WHERE name IS NOT NULL)"
        " SELECT name FROM names WHERE name IS NOT NULL"
    )
    return [row[0] for row in rows.fetchall()]


def _walk(
    connection: sqlite3.Connection, workflow_id: str, status: str, root: str, rule: Rule
) -> Iterator[list[RunTree]]:
    conditions = ["run.workflow_id = ?", "run.status = ?", root]
    values: list[Json] = [workflow_id, status]
    if rule.keep is not None:
        oldest_kept = _oldest_kept(connection, workflow_id, rule.keep)
        if oldest_kept is None:
            return
        conditions.append("(run.created_at, run.id) < (?, ?)")
        values += oldest_kept
    if rule.older_than is not None:
        # A run that ended before a time was created before it, which the index can answer.
        conditions += ["run.created_at < ?", f"{_ENDED[status]} < ?"]
        values += [to_milliseconds(rule.older_than)] * 2
    query = (
        f"SELECT run.key, run.created_at, run.id FROM executions run WHERE {' AND '.join(conditions)}"
        f" AND (run.created_at, run.id) > (?, ?) ORDER BY run.created_at, run.id LIMIT {_PAGE}"
    )
    after: tuple[Json, Json] = (-(1 << 62), "")
    while page := connection.execute(query, (*values, *after)).fetchall():
        trees = _trees(connection, [row[0] for row in page])
        if trees:
            yield trees
        after = page[-1][1:]


def _oldest_kept(connection: sqlite3.Connection, workflow_id: str, keep: int) -> tuple[int, str] | None:
    """Return the oldest of the newest `keep` runs of a workflow; None with fewer runs."""
    walks = " UNION ALL ".join(
        "SELECT * FROM (SELECT run.created_at, run.id FROM executions run WHERE run.workflow_id = :workflow"
        f" AND run.status = '{status}' AND {root} ORDER BY run.created_at DESC, run.id DESC LIMIT :keep)"
        for status, root in product(_ALL, _ROOTS)
    )
    row: tuple[int, str] | None = connection.execute(
        f"{walks} ORDER BY 1 DESC, 2 DESC LIMIT 1 OFFSET :keep - 1", {"workflow": workflow_id, "keep": keep}
    ).fetchone()
    return row


def _trees(connection: sqlite3.Connection, keys: Sequence[int]) -> list[RunTree]:
    """Return runs with their sub-workflows, except those in which a run has not ended."""
    trees = {key: RunTree(key) for key in keys}
    rows = connection.execute(_INSIDE.format(keys=", ".join("?" * len(keys))), list(keys)).fetchall()
    for root, key, status, workflow_id in rows:
        if status not in OVER:
            trees.pop(root, None)
        elif root in trees:
            trees[root].workflows.append(workflow_id)
            if key != root:
                trees[root].inner.append(key)
    return list(trees.values())
