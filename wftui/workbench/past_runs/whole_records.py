"""Records with all iterations, for comparisons and reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wftui.model.errors import RunNotFoundError

if TYPE_CHECKING:
    from wftui.model.run.record import ExecutionRecord
    from wftui.store.execution_store import ExecutionStore

_MOST_EVENTS = 500_000
"""Events of a run whose record is held as a whole: it takes a gigabyte."""


async def whole_record(store: ExecutionStore, run_id: str) -> tuple[ExecutionRecord, bool]:
    """Return the record of a run, and whether it has all iterations.

    Raises:
        NotFoundError: there is no such run.
    """
    is_whole = await store.last_seq(run_id) <= _MOST_EVENTS
    record = await (store.get(run_id, window=None) if is_whole else store.get(run_id))
    if record is None:
        raise RunNotFoundError(run_id)
    return record, is_whole
