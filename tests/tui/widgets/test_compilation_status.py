"""The compilation status bar: what is left out first where room is short."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from textual.app import App, ComposeResult

from wftui.model.workflow.compilation import CompilationError, CompilationResult
from wftui.tui.widgets.source.compilation_status import CompilationStatus

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
PROBLEM = "a step of type email needs a connection: set `connection`"


class StatusApp(App[None]):
    """The status bar alone."""

    def compose(self) -> ComposeResult:
        yield CompilationStatus(ascii_only=False)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize("took", [0.001, 0.01, 0.4, 9.0])
async def test_the_time_of_a_check_takes_no_room_from_the_problem(
    took: float, size: tuple[int, int], text_of: Callable[[App[Any]], str]
) -> None:
    app = StatusApp()
    async with app.run_test(size=size) as pilot:
        status = app.query_one(CompilationStatus)
        found = CompilationError(code="x", message=PROBLEM)
        status.result = CompilationResult(success=False, workflow_id="orders", errors=[found], timestamp=NOW)
        status.problem, status.note = PROBLEM, "unsaved  Ln 32, Col 15"
        await pilot.pause()
        untimed = text_of(app).splitlines()[0]
        status.took = took
        await pilot.pause()
        timed = text_of(app).splitlines()[0]
        assert ("a step of type email needs a connection" in timed) and timed.endswith("Ln 32, Col 15 ")
        assert (f"{took * 1000:.0f} ms" in timed) is (size[0] == 120)
        assert timed.replace(f"  {took * 1000:.0f} ms", "").split() == untimed.split()
