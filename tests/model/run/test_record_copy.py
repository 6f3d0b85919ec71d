"""Copies of records: each continues its fold without affecting the other."""

from hypothesis import given, settings
from hypothesis import strategies as st

from model.run.test_snapshot import AT, RUN, WINDOW, events, folded
from wftui.model.run.events import Created, StepEvent
from wftui.model.run.record_copy import copied
from wftui.model.run.reducer import new_record
from wftui.model.run.snapshot import pack_record
from wftui.model.run.steps import StepInfo


@given(middle=st.lists(events, max_size=60), cut=st.integers(0, 60))
@settings(max_examples=200, deadline=None)
def test_a_copy_folds_on_alone_and_equals_the_whole_fold(middle: list[StepEvent], cut: int) -> None:
    declared = [StepInfo(path="loop", step_id="loop", step_name="Loop", step_type="forEach")]
    first = Created(run_id=RUN, timestamp=AT, workflow_id="w", inputs=None, steps=declared)
    numbered = [event.model_copy(update={"seq": seq}) for seq, event in enumerate([first, *middle], 1)]
    record = folded(new_record(RUN, window=WINDOW), numbered[:cut])
    before, copy = pack_record(record), copied(record)
    assert (copy, pack_record(copy)) == (record, before)
    folded(copy, numbered[cut:])
    assert pack_record(record) == before
    ended = pack_record(copy)
    assert pack_record(folded(record, numbered[cut:])) == ended == pack_record(copy)
