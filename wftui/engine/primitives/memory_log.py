"""Event sink without a database: numbers events and folds them into a record."""

from collections.abc import Callable, Sequence

from wftui.model.run.events import ExecutionEvent, Log, LogSegment
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.reducer import apply, new_record


class MemorySink:
    """Event sink in memory that holds the record of one run.

    Args:
        on_event: called with every numbered event, in order.
    """

    keeps_lines = False

    def __init__(self, run_id: str, on_event: Callable[[ExecutionEvent], None]) -> None:
        self.record: ExecutionRecord = new_record(run_id)
        self._on_event = on_event

    async def append(self, events: Sequence[ExecutionEvent], *, wait: bool) -> list[ExecutionEvent]:
        """Number, fold and publish events; there is nothing to wait for."""
        numbered = []
        for event in events:
            event.seq = self.record.last_seq + 1
            apply(self.record, event)
            self._on_event(event)
            numbered.append(event)
        return numbered

    async def keep_lines(self, lines: Sequence[Log]) -> LogSegment | str:
        """Return why there is no file."""
        return "the run is in memory"
