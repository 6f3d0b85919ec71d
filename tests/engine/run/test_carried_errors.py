"""Errors of reused steps: details that the store keeps apart come back whole."""

from datetime import UTC, datetime

from wftui.engine.run.state.carried_results import CarriedResults
from wftui.model.base import Json
from wftui.model.run.events import StepFailed
from wftui.model.run.steps import ExecutionError, ValueRef

WHOLE = {"exitCode": 3, "stdout": "x" * 20_000}
REFERENCE = ValueRef(hash="sha256:ab", bytes=20_030, preview="{").to_wire()


async def test_big_details_are_resolved() -> None:
    async def resolve(value: Json) -> Json:
        return WHOLE if value == REFERENCE else value

    carried = CarriedResults(resolve)
    error = ExecutionError(type="exit_code", message="It failed.", details=REFERENCE)
    carried.note(
        StepFailed(run_id="r", timestamp=datetime.now(UTC), step_id="a", path="a", error=error, handled=True, output=7)
    )
    reused = await carried.reused("a")
    assert reused is not None
    assert (reused.output, reused.view().error) == (7, {**error.to_wire(), "details": WHOLE})
