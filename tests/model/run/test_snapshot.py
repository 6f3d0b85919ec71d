"""Snapshots: a record packed at any event and folded on is the fold of all events."""

import hashlib
import inspect
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wftui.model.run import iterations, paths, record, record_index, reducer, snapshot, steps, worked_time
from wftui.model.run.events import (
    Created,
    ExecutionEvent,
    Interrupted,
    IterationCompleted,
    IterationFailed,
    IterationsPlanned,
    IterationStarted,
    Log,
    Resumed,
    StepCompleted,
    StepEvent,
    StepFailed,
    StepRetrying,
    StepStarted,
    StepWaiting,
)
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.reducer import apply, new_record
from wftui.model.run.snapshot import REDUCER_REVISION, RecordPacker, pack_record, unpack_record
from wftui.model.run.steps import ExecutionError, StepInfo, Waiting

RUN = "r1"
AT = datetime(2026, 11, 22, 12, 0, 0, 123000, tzinfo=UTC)
WINDOW = 5
BOOM = ExecutionError(type="exit_code", message="boom", details={"stdout": None, "nested": [None, {"a": None}]})

DIGESTS = {
    1: "564a2348725ec5bc",
    2: "327059494eaee91d",
    3: "d89073aec363d665",
    4: "2ca336a4e175147a",
    5: "237b3c696e821761",
    6: "4bf0ab99b878affc",
    7: "8c287297c2a013ea",
    8: "1b54f07fdc706a30",
}
"""By revision, the digest of the modules that make a record of events."""

OTHERS = [f"s{number}" for number in range(300)]

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=5,
)
owners = st.sampled_from(["loop", "loop[0].inner", "loop[1].inner"])
indices = st.integers(0, 12)


def made(kind: type[StepEvent], path: str, **fields: Any) -> StepEvent:
    step_id = path.rpartition(".")[2].partition("[")[0]
    return kind(run_id=RUN, timestamp=AT, path=path, step_id=step_id, **fields)


def iteration_events(owner: str, index: int, value: object) -> st.SearchStrategy[StepEvent]:
    path = f"{owner}[{index}]"
    return st.sampled_from(
        [
            made(IterationStarted, path, index=index),
            made(StepStarted, f"{path}.inner", step_name="inner", parent=path, input=value),
            made(StepCompleted, f"{path}.inner", output=value, duration=1.5),
            made(StepFailed, f"{path}.inner", error=BOOM, duration=1.5, handled=True),
            made(StepRetrying, f"{path}.inner", error=BOOM, attempt=1, next_at=AT),
            made(StepWaiting, f"{path}.inner", waiting=Waiting(reason="approval", prompt="ok?", form={"a": None})),
            made(IterationCompleted, path, index=index, output=value, duration=2.0),
            made(IterationFailed, path, index=index, error=BOOM, duration=2.0),
        ]
    )


events = st.one_of(
    st.tuples(owners, indices, values).flatmap(lambda each: iteration_events(*each)),
    owners.map(lambda owner: made(IterationsPlanned, owner, total=13)),
    st.just(Log(run_id=RUN, timestamp=AT, message="hello")),
    st.just(Interrupted(run_id=RUN, timestamp=AT + timedelta(hours=2), last_sign=AT + timedelta(hours=1))),
    st.just(Resumed(run_id=RUN, timestamp=AT + timedelta(hours=3))),
)


def folded(record_so_far: ExecutionRecord, some: Sequence[ExecutionEvent]) -> ExecutionRecord:
    for event in some:
        apply(record_so_far, event)
    return record_so_far


@given(middle=st.lists(events, max_size=60), cut=st.integers(0, 60), inputs=values)
@settings(max_examples=200, deadline=None)
def test_a_fold_continued_from_a_snapshot_equals_the_whole_fold(
    middle: list[StepEvent], cut: int, inputs: object
) -> None:
    declared = [StepInfo(path="loop", step_id="loop", step_name="Loop", step_type="forEach")]
    first = Created(run_id=RUN, timestamp=AT, workflow_id="w", inputs=inputs, steps=declared)
    numbered = [event.model_copy(update={"seq": seq}) for seq, event in enumerate([first, *middle], 1)]
    whole = folded(new_record(RUN, window=WINDOW), numbered)
    begun = unpack_record(pack_record(folded(new_record(RUN, window=WINDOW), numbered[:cut])))
    assert folded(begun, numbered[cut:]) == whole
    assert unpack_record(pack_record(whole)) == whole


@given(middle=st.lists(events, max_size=60), cuts=st.sets(st.integers(1, 60), min_size=2, max_size=8))
@settings(max_examples=150, deadline=None)
def test_snapshots_of_a_growing_record_equal_those_of_the_record_alone(middle: list[StepEvent], cuts: set[int]) -> None:
    # The iterations are far from their owner, so that they are packed apart from it.
    infos = [StepInfo(path=path, step_id=path, step_name=path, step_type="set") for path in ("loop", *OTHERS)]
    ends = [made(StepCompleted, path, output=path, duration=1.0) for path in OTHERS[::37]]
    first = Created(run_id=RUN, timestamp=AT, workflow_id="w", steps=infos)
    growing = new_record(RUN, window=WINDOW)
    packer = RecordPacker(growing)
    for seq, event in enumerate([first, *middle, *ends], 1):
        apply(growing, event.model_copy(update={"seq": seq}))
        if seq in cuts:
            data = packer.pack()
            assert data == pack_record(growing)
            assert unpack_record(data) == growing
    assert packer.pack() == pack_record(growing)


def test_an_iteration_that_is_held_again_changes_what_is_packed_of_its_owner() -> None:
    infos = [StepInfo(path=path, step_id=path, step_name=path, step_type="set") for path in ("loop", *OTHERS)]
    growing = new_record(RUN, window=WINDOW)
    packer = RecordPacker(growing)
    apply(growing, Created(run_id=RUN, timestamp=AT, workflow_id="w", steps=infos))
    for index in range(120):
        apply(growing, made(IterationStarted, f"loop[{index}]", index=index))
        apply(growing, made(IterationCompleted, f"loop[{index}]", index=index, duration=1.0))
        if index % 30 == 0:
            assert packer.pack() == pack_record(growing)
    assert growing.index.omissions
    packer.pack()
    apply(growing, made(StepStarted, "loop[0].inner", step_name="inner", parent="loop[0]", input=None))
    assert packer.pack() == pack_record(growing)


@pytest.mark.parametrize("data", [b"", b"not compressed", pack_record(new_record(RUN))[:-3]])
def test_other_bytes_are_not_a_snapshot(data: bytes) -> None:
    with pytest.raises(ValueError):
        unpack_record(data)


def test_a_snapshot_without_its_steps_is_none() -> None:
    infos = [StepInfo(path=path, step_id=path, step_name=path, step_type="set") for path in OTHERS]
    data = pack_record(folded(new_record(RUN), [Created(run_id=RUN, timestamp=AT, workflow_id="w", steps=infos)]))
    header = 8 + int.from_bytes(data[:8], "little")
    with pytest.raises(ValueError):
        unpack_record(data[:header])


def test_a_change_of_the_reducer_comes_with_a_new_revision() -> None:
    digest = hashlib.sha256()
    for module in (reducer, record_index, record, iterations, steps, paths, snapshot, worked_time):
        digest.update(inspect.getsource(module).encode())
    assert DIGESTS[REDUCER_REVISION] == digest.hexdigest()[:16], (
        "records made by an earlier reducer are read from snapshots: raise REDUCER_REVISION and add its digest,"
        " or, if no record can differ, replace the digest"
    )
