"""Live, followed, paged and stored events are equal, and lists match the fold."""

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from store.store_helpers import RUN, created_events, last_events, middle_events
from wftui.model.run.events import EVENTS, Created, ExecutionEvent, StepEventBase
from wftui.model.run.reducer import fold
from wftui.runtime.json_values import JsonValueError
from wftui.store.events.event_rows import _STEP_TYPES, _TYPES, decode, prepare
from wftui.store.execution_store import ExecutionStore

lives = st.tuples(created_events, st.lists(middle_events, max_size=12), st.none() | last_events)
"""A run's events: a beginning, a middle, perhaps an end."""


@given(event=st.one_of(created_events, middle_events, last_events))
@settings(max_examples=100, deadline=None)
def test_stored_event_equals_the_shown_event(event: ExecutionEvent) -> None:
    shown, row = prepare(event, at_once=False).number(7)
    assert decode(RUN, [row]) == [shown]


@given(life=lives, cuts=st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=12), after=st.integers(0, 4))
@settings(max_examples=40, deadline=None)
def test_live_followed_and_stored_are_equal(
    life: tuple[Created, list[ExecutionEvent], ExecutionEvent | None], cuts: list[tuple[int, bool]], after: int
) -> None:
    first, middle, last = life
    events: list[ExecutionEvent] = [first, *middle, *([last] if last else [])]

    async def live(store: ExecutionStore) -> list[ExecutionEvent]:
        shown: list[ExecutionEvent] = []
        rest, final = events[:-1], events[-1:]
        for size, wait in cuts:
            batch, rest = rest[:size], rest[size:]
            shown += await store.append(batch, wait=wait)
            await asyncio.sleep(0)
        return shown + await store.append([*rest, *final], wait=True)

    async def followed(store: ExecutionStore, count: int) -> list[ExecutionEvent]:
        seen: list[ExecutionEvent] = []
        async for batch in store.follow(RUN, after=after):
            seen += batch
            if len(seen) >= count:
                break
        return seen

    async def scenario(folder: Path) -> None:
        store = await ExecutionStore.open(folder / "history.db")
        shown = await store.append([events[0]], wait=True)
        events.pop(0)
        count = max(len(events) + 1 - after, 0)
        follower = asyncio.create_task(followed(store, count)) if count else None
        shown += await live(store)
        assert [event.seq for event in shown] == list(range(1, len(shown) + 1))
        assert await store.events(RUN) == shown
        record = await store.get(RUN)
        assert record == fold(RUN, shown)
        (summary,) = (await store.list()).executions
        fields = set(type(summary).model_fields) - {"error", "waiting", "waiting_pools", "owner"}
        assert [getattr(summary, name) for name in fields] == [getattr(record, name) for name in fields]
        assert (summary.error and summary.error.message) == (record.error and record.error.message)
        asked = [step.waiting for step in record.step_results if step.waiting]
        if last is None:
            assert summary.waiting == any(waiting.reason == "approval" for waiting in asked)
            without = {waiting.pool for waiting in asked if waiting.reason == "worker"}
            assert set(summary.waiting_pools or ()) == without
        if follower is not None:
            seen = await follower
            upto = after + len(seen)
            assert seen == shown[after:upto]
            resting = fold(RUN, shown[:upto]).status in ("interrupted", "completed", "failed", "cancelled")
            assert upto >= len(shown) or resting
        await store.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(scenario(Path(folder)))


def test_every_type_of_event_has_its_number_in_the_database() -> None:
    assert {*_TYPES, "unknown"} == {*EVENTS}
    assert _TYPES[:3] == ("created", "started", "step_started")  # numbers never change
    assert {member.model_fields["type"].default for member in StepEventBase.__subclasses__()} == _STEP_TYPES


def test_deeply_nested_value_is_stored_or_refused() -> None:
    async def scenario(folder: Path) -> None:
        store = await ExecutionStore.open(folder / "history.db")
        refused = 0
        for depth in (50, 150, 198, 199, 200, 201, 5_000):
            value: object = "deep"
            for _ in range(depth):
                value = [value]
            first = Created(
                run_id=f"run-{depth}", timestamp=datetime(2026, 1, 1, tzinfo=UTC), workflow_id="w", inputs=value
            )
            try:
                shown = await store.append([first], wait=True)
            except JsonValueError as error:
                assert "nested deeper" in str(error)
                refused += 1
            else:
                assert await store.events(f"run-{depth}") == shown
        assert refused in range(1, 6)
        await store.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(scenario(Path(folder)))
