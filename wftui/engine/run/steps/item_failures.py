"""Failures of the items of a forEach, as one error that names the items."""

from collections.abc import Callable, Sequence

from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.run.steps import ExecutionError
from wftui.model.text.cuts import beginning
from wftui.runtime.json_values import if_small
from wftui.runtime.plan import StepPlan

_LISTED = 100  # failed items that the details list one by one
_NAMED = 5  # those that the message names
_VALUE_BYTES = 2_000
_DETAIL_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class ItemFailures:
    """Failed items of a forEach, in the order in which they failed.

    Attributes:
        label: gives the short text of an item, without secrets; None for an item without one.
    """

    items: Sequence[Json]
    failures: Sequence[tuple[int, ExecutionError]]
    label: Callable[[Json], str | None]

    def first(self) -> ExecutionError:
        """Return the error of the first failed item, which it names, for the step."""
        index, error = self.failures[0]
        label = self.label(self.items[index])
        changes: dict[str, Json] = {"message": f"{label}: {error.message}"} if label else {}
        if error.details is None or isinstance(error.details, dict):
            changes["details"] = {**(error.details or {}), "items": self._listed()}
        return error.model_copy(update=changes)

    def summary(self, step: StepPlan, path: str) -> ExecutionError:
        """Return an error of the step that counts and names the failed items."""
        listed = self._listed()
        names = [self._name(entry["index"]) for entry in listed[:_NAMED]]
        more = ", …" if len(self.failures) > _NAMED else ""
        return ExecutionError(
            type="items",
            message=f"{len(self.failures):,} of {len(self.items):,} items failed: {', '.join(names)}{more}",
            step_id=step.id,
            path=path,
            pointer=step.pointer or None,
            line=step.line,
            details={
                "failed": len(self.failures),
                "errors": [{"index": entry["index"], **entry["error"]} for entry in listed],
                "items": listed,
            },
        )

    def _listed(self) -> list[dict[str, Json]]:
        """Return index, value and error of the failed items, in the order of the list."""
        ordered = sorted(self.failures, key=lambda failure: failure[0])
        return [
            {"index": index, "value": self._value(index), "error": _wire(error)} for index, error in ordered[:_LISTED]
        ]

    def _name(self, index: int) -> str:
        return self.label(self.items[index]) or f"[{index}]"

    def _value(self, index: int) -> Json:
        """Return an item; a long text is cut, and null stands for another long value."""
        item = self.items[index]
        return beginning(item, _VALUE_BYTES) if isinstance(item, str) else if_small(item, _VALUE_BYTES)


def _wire(error: ExecutionError) -> dict[str, Json]:
    """Return an error without details that are too long for a list of a hundred."""
    return error.model_copy(update={"details": if_small(error.details, _DETAIL_BYTES)}).to_wire()
