"""Values in events: JSON only, big ones outside, and read as they were."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from store.store_helpers import (
    RUN,
    START,
    asking,
    completed,
    created,
    failed,
    log,
    seqs,
    started,
    step_completed,
    step_started,
)
from wftui.model.errors import NotFoundError
from wftui.model.run.events import Failed, IterationCompleted, StepFailed, StepWaiting
from wftui.model.run.steps import ExecutionError, ValueRef, Waiting
from wftui.runtime.json_values import JsonValueError
from wftui.store.execution_store import ExecutionStore

pytest_plugins = "store.store_fixtures"


async def test_non_json_values_are_refused(store: ExecutionStore) -> None:
    await store.append([created()], wait=True)
    with pytest.raises(JsonValueError, match=re.escape("output of step fetch at /rows/1 is a set")) as refused:
        await store.append([log(), step_completed(value={"rows": [1, {2, 3}]})], wait=True)
    assert refused.value.type == "value.not_json"
    assert seqs(await store.append([log()], wait=True)) == [2]


async def test_surrogate_from_a_process_is_logged_escaped(store: ExecutionStore) -> None:
    await store.append([created()], wait=True)
    live = await store.append([log(message="caf\udce9 ok")], wait=True)
    assert await store.events(RUN, after=1) == live
    assert live[0].to_wire()["message"] == r"caf\udce9 ok"


async def test_big_values_are_stored_once_outside_events(store: ExecutionStore, database: Path) -> None:
    value = {"rows": [f"row {number} {'é' * 20}" for number in range(50_000)]}
    await store.append([created()], wait=True)
    live = await store.append([step_completed(step=name, value=value) for name in ("a", "b")], wait=True)
    assert await store.events(RUN, after=1) == live
    record = await store.get(RUN)
    assert record is not None
    reference = ValueRef.model_validate(record.step_results[0].output)
    assert reference == ValueRef.model_validate(record.step_results[1].output)
    assert reference.preview.startswith('{"rows":["row 0 é')
    assert await store.value(reference) == value
    assert (await store.resolve_record(record)).step_results[1].output == value
    assert database.with_name("history.db-wal").stat().st_size < reference.bytes
    text = ""
    following: int | None = 0
    while following is not None:
        piece, following = await store.value_text(reference, following)
        assert len(piece.encode()) < 600_000
        text += piece
    assert len(text.encode()) == reference.bytes
    with pytest.raises(NotFoundError):
        await store.value("sha256:" + "0" * 64)


async def test_big_details_and_forms_are_stored_outside_events(store: ExecutionStore) -> None:
    big = {"stdout": "long " * 40_000}
    error = ExecutionError(type="exit_code", message="it broke", details=big)
    asks = Waiting(reason="approval", prompt="Go on?", form={"type": "object", "title": "t" * 200_000})
    await store.append([created()], wait=True)
    live = await store.append(
        [asking().model_copy(update={"waiting": asks}), failed().model_copy(update={"error": error})], wait=True
    )
    stored = await store.events(RUN, after=1)
    assert stored == live
    assert len(stored[0].to_json()) + len(stored[1].to_json()) < 4_000
    waiting, ended = stored
    assert isinstance(waiting, StepWaiting)
    assert isinstance(ended, Failed)
    assert await store.resolve(waiting.waiting.form) == asks.form
    assert ended.error is not None
    assert await store.resolve(ended.error.details) == big
    record = await store.get(RUN)
    assert record is not None
    whole = await store.resolve_record(record)
    assert whole.error is not None
    assert whole.error.details == big


async def test_reference_can_replace_its_value(store: ExecutionStore) -> None:
    await store.append([created()], wait=True)
    live = await store.append([step_completed(value="v" * 20_000)], wait=True)
    reference = ValueRef.model_validate(live[0].to_wire()["output"])
    passed_on = await store.append([step_started(step="next", value=reference)], wait=True)
    assert await store.events(RUN, after=2) == passed_on
    assert await store.resolve({"input": passed_on[0].to_wire()["input"]}) == {"input": "v" * 20_000}


async def test_user_object_like_a_reference_round_trips(store: ExecutionStore) -> None:
    lookalike = {"deep": [{"$value": "sha256:0", "bytes": 1, "preview": ""}]}
    await store.append([created(inputs=lookalike)], wait=True)
    record = await store.get(RUN)
    assert record is not None
    assert (await store.resolve_record(record)).inputs == lookalike


async def test_times_of_steps_of_small_compressed_and_deep_events(store: ExecutionStore) -> None:
    deep: object = 1
    for _ in range(150):
        deep = [deep]
    outputs = {"small": 1, "big": [str(number) for number in range(2_000)], "deep": deep, "loop[3].inner": None}
    await store.append([created(), started()], wait=True)
    for number, (step, value) in enumerate(outputs.items(), 1):
        end = step_completed(step=step, value=value).model_copy(update={"duration": number + 0.5})
        await store.append([step_started(step=step), end], wait=True)
    wrong = ExecutionError(message="no")
    broken = StepFailed(run_id=RUN, timestamp=START, path="f", step_id="f", error=wrong, duration=9)
    item = IterationCompleted(run_id=RUN, timestamp=START, path="loop[3]", step_id="loop", index=3, duration=4.0)
    await store.append([step_started(step="f"), broken, item, completed()], wait=True)
    [run] = await store.run_times("demo", ["completed"], START - timedelta(days=1), 5)
    assert [tuple(time) for time in await store.step_times(run)] == [
        ("small", False, 1.5),
        ("big", False, 2.5),
        ("deep", False, 3.5),
        ("loop.inner", False, 4.5),
        ("f", True, 9.0),
    ]
