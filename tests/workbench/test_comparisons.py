"""Comparisons of stored runs: big, unfinished, of other workflows and histories."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from store.store_helpers import (
    START,
    completed,
    created,
    failed,
    interrupted,
    log,
    started,
    step_completed,
    step_started,
)

from wftui.model.base import Json
from wftui.model.errors import NotFoundError
from wftui.model.run.events import ExecutionEvent, IterationCompleted, IterationStarted
from wftui.workbench import Workbench
from wftui.workbench.past_runs import comparison_service, whole_records

ITEMS = 3_000
"""More than a record holds of finished iterations."""


def iteration(run: str, number: int, output: int) -> list[ExecutionEvent]:
    place: dict[str, Any] = {"run_id": run, "timestamp": START, "step_id": "e", "path": f"e[{number}]", "index": number}
    return [
        IterationStarted(**place, label=f"item {number}"),
        IterationCompleted(**place, output={"x": output}, duration=1),
    ]


async def put(workbench: Workbench, *events: ExecutionEvent) -> None:
    await (await workbench.store()).append(list(events), wait=True)


async def put_items(workbench: Workbench, run: str, other: int | None = None) -> None:
    """Store a run with many items, one of them with another output."""
    first: list[ExecutionEvent] = [created(run), started(run), step_started(run, step="e")]
    items = [event for n in range(ITEMS) for event in iteration(run, n, -1 if n == other else n)]
    await put(workbench, *first, *items, step_completed(run, step="e"), completed(run))


@pytest.mark.first_cases(2)
@pytest.mark.parametrize("number", [ITEMS - 1, 5, 0])
async def test_no_iteration_of_a_long_run_is_left_out(workbench: Workbench, number: int) -> None:
    await put_items(workbench, "one")
    await put_items(workbench, "two", number)
    found = await workbench.comparisons.compare("one", "two")
    assert found.difference == (
        f"The first step that differs is e[{number}]: its output differs: /x was {number} and is -1."
    )
    assert [step.path for step in found.steps if step.differs] == [f"e[{number}]"]
    assert len(found.steps) == ITEMS + 1
    assert found.left_out == []
    assert (await workbench.comparisons.compare("one", "one")).same


async def test_big_values_differ_at_a_place(workbench: Workbench) -> None:
    rows: list[Json] = [{"number": number, "text": "x" * 100} for number in range(15_000)]
    others: list[Json] = [*rows]
    others[12_345] = {"number": -1, "text": "x" * 100}
    for run, value in (("one", rows), ("two", others), ("same", rows), ("small", rows[:3])):
        await put(workbench, created(run), started(run), step_started(run), step_completed(run, value=value))
        await put(workbench, completed(run, value=value))
    found = await workbench.comparisons.compare("one", "two")
    assert found.difference == (
        "The first step that differs is fetch: its output differs: /12345/number was 12345 and is -1."
    )
    assert [change.pointer for change in found.outputs] == ["/12345/number"]
    assert found.left_out == ["Of values over 1 MB, only the first difference is shown."]
    same = await workbench.comparisons.compare("one", "same")
    assert (same.same, same.left_out) == (True, [])
    smaller = await workbench.comparisons.compare("one", "small")
    assert [(change.kind, change.pointer) for change in smaller.outputs] == [("removed", "/3")]


async def test_values_too_big_to_compare_are_reported(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole_records, "_MOST_EVENTS", 100)
    monkeypatch.setattr(comparison_service, "_LOG_EVENTS", 2)
    await put_items(workbench, "one")
    await put(workbench, created("two"), started("two"), *[log("two") for _ in range(3)], completed("two"))
    found = await workbench.comparisons.compare("one", "two")
    assert found.left_out == [
        "Of run one, only the newest iterations are compared: it has too many events.",
        "Of the log of run two, only the first 3 entries are compared.",
    ]


async def test_a_run_that_was_interrupted_is_compared_with_a_whole_one(workbench: Workbench) -> None:
    await put(workbench, created("one"), started("one"), step_started("one"), step_completed("one"), completed("one"))
    await put(workbench, created("two"), started("two"), step_started("two"), interrupted("two"))
    found = await workbench.comparisons.compare("one", "two")
    assert found.difference == "The first step that differs is fetch: it was completed and is unfinished."
    assert not (await workbench.comparisons.compare("two", "one")).same


async def test_runs_of_two_workflows_are_compared_step_by_step(workbench: Workbench) -> None:
    await put(workbench, created("one"), started("one"), step_completed("one"), completed("one"))
    await put(workbench, created("two", workflow="other"), started("two"), step_completed("two"), completed("two"))
    found = await workbench.comparisons.compare("one", "two")
    assert found.difference.startswith("These are runs of two workflows, demo and other")
    assert [(step.path, step.relation) for step in found.steps] == [("fetch", "same")]


async def test_the_last_good_run_is_the_newest_completed_one_before_of_the_workflow(workbench: Workbench) -> None:
    later = [START + timedelta(minutes=number) for number in range(6)]
    runs: list[tuple[str, str, Callable[..., ExecutionEvent]]] = [
        ("older", "demo", completed),
        ("good", "demo", completed),
        ("other", "else", completed),
        ("bad", "demo", failed),
        ("asked", "demo", failed),
        ("after", "demo", completed),
    ]
    for number, (run, workflow, end) in enumerate(runs):
        at = later[number]
        await put(workbench, created(run, workflow=workflow, at=at), started(run, at=at), end(run, at=at))
    assert await workbench.comparisons.last_good("asked") == "good"
    assert await workbench.comparisons.last_good("good") == "older"
    for without in ("older", "other", "nothing"):
        with pytest.raises(NotFoundError):
            await workbench.comparisons.last_good(without)
