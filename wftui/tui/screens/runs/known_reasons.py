"""Reasons of disabled actions on a run, cached until its record changes."""

from collections.abc import Callable, Mapping

from wftui.model.run.actions import RunAction
from wftui.model.run.record import ExecutionRecord


class KnownReasons:
    """Reasons of disabled actions.

    Finding them visits every step of the record, and the footer asks a dozen times for each key.

    Args:
        actions: returns the actions of a run.
    """

    def __init__(self, actions: Callable[[ExecutionRecord], list[RunAction]]) -> None:
        self._actions = actions
        self._record: ExecutionRecord | None = None
        self._state: tuple[object, ...] = ()
        self._reasons: Mapping[str, str] = {}

    def __call__(self, record: ExecutionRecord) -> Mapping[str, str]:
        """Return the reasons by the ids of the actions."""
        state = (record.last_seq, record.status, record.error is not None)
        if record is not self._record or state != self._state:
            self._record, self._state = record, state
            self._reasons = {each.id: each.reason for each in self._actions(record) if each.reason is not None}
        return self._reasons
