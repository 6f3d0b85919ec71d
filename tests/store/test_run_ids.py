"""Ids of runs ascend, and differ."""

import re
from datetime import timedelta

import pytest

from store.store_helpers import (
    START,
    ticking,
)
from wftui.store.run_ids import new_id


def test_run_ids_sort_by_time_and_differ() -> None:
    clock = ticking()
    ids = [new_id(clock) for _ in range(100)]
    assert ids == sorted(ids)
    assert all(re.fullmatch(r"[0-9a-hjkmnp-tv-z]{9}-[0-9a-hjkmnp-tv-z]{5}", run) for run in ids)


def test_run_ids_of_one_millisecond_differ_and_ascend() -> None:
    ids = [new_id(lambda: START) for _ in range(100_000)]
    assert ids == sorted(set(ids))


def test_run_ids_ascend_when_the_random_part_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.randbits", lambda bits: (1 << bits) - 1)
    moment = START + timedelta(days=1)
    ids = [new_id(lambda: moment) for _ in range(3)]
    assert ids == sorted(set(ids))
    assert ids[0].endswith("-zzzzz")
