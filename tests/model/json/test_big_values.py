"""Big values are walked in batches, with the same result and without collections."""

import gc
import json
import math
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wftui.model.base import Json
from wftui.model.json import big_values
from wftui.model.json.big_values import (
    MAX_DEPTH,
    batches,
    collect_all,
    collect_new,
    freed,
    is_json,
    keeping_big_values,
    settle_objects,
)
from wftui.model.json.incremental import read_json
from wftui.model.json.writing import encode_pieces, text_pieces

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@pytest.fixture(autouse=True)
def nothing_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin and end as a process without an idle moment."""
    monkeypatch.setattr(big_values, "_aside", 0)


class Row(list[Any]):
    """A list whose end can be seen."""


def all_in(value: Json) -> list[Json]:
    """A value, and all that is in it but the keys, one by one."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [value, *(each for member in inner for each in all_in(member))]


@settings(max_examples=40)
@given(VALUES)
def test_batches_cover_the_whole_value(value: Json) -> None:
    found = [each for batch in batches((value,)) if not batch.keys for each in batch.values]
    assert sorted(map(id, found)) == sorted(map(id, all_in(value)))
    assert is_json(value)


def nested(levels: int) -> Json:
    value: Json = "innermost"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "wrong",
    [
        {1, 2},
        (1,),
        math.nan,
        -math.inf,
        {1: "a"},
        {None: 1},
        "half a pair \ud800",
        {"\udc00": 1},
        1 << 14_000,
        b"a",
        1j,
    ],
)
def test_non_json_parts_are_found_anywhere(wrong: Json) -> None:
    assert not is_json(wrong)
    assert not is_json({"rows": [*range(20_000), {"a": [1.5, "b", wrong]}]})


def test_deep_or_cyclic_values_are_not_json() -> None:
    endless: list[Json] = []
    endless.append(endless)
    assert is_json(nested(MAX_DEPTH))
    assert not is_json(nested(MAX_DEPTH + 1))
    assert not is_json(endless)


def test_a_look_may_be_bounded() -> None:
    assert is_json([1] * 100, 1_000)
    assert is_json([1] * 2_000, 1_000) is None
    assert is_json({"a": "x" * 200_000}, 1_000) is None
    assert is_json([set(), *range(2_000)], 1_000) is None  # what it does not look at, it says nothing of


def test_read_values_are_frozen_until_released() -> None:
    gc.unfreeze()
    with keeping_big_values():
        with keeping_big_values():
            value = read_json(json.dumps([[n] for n in range(100)]), at_once=50)
            assert gc.isenabled()
        assert gc.get_freeze_count() >= len(value)
    assert gc.get_freeze_count() == 0


def is_visited(value: Json) -> bool:
    """Return whether a collection visits a value, beside what Python 3.12 puts aside."""
    return any(each is value for each in gc.get_objects())


def test_an_idle_moment_puts_nothing_aside_while_big_values_are_kept() -> None:
    value: Json = [[1]]
    gc.unfreeze()
    with keeping_big_values():
        collect_all()
        assert is_visited(value)
    collect_all()
    assert not is_visited(value)
    gc.unfreeze()


def kept_values() -> None:
    with keeping_big_values():
        read_json(json.dumps([[n] for n in range(100)]), at_once=50)


@pytest.mark.parametrize("work", [settle_objects, kept_values], ids=["settle", "keep"])
def test_what_an_idle_moment_has_put_aside_is_not_visited_again(work: Callable[[], None]) -> None:
    old = [[number] for number in range(1_000)]
    collect_all()
    try:
        work()
        visited = {id(each) for each in gc.get_objects()}
        assert visited.isdisjoint(map(id, old))
        new = Row([1])
        new.append(new)
        seen = weakref.ref(new)
        del new
        collect_new()
        assert seen() is None
    finally:
        gc.unfreeze()


def test_a_process_that_is_never_idle_gets_the_garbage_that_was_put_aside_back() -> None:
    collect_all()
    new = Row([1])
    new.append(new)
    seen = weakref.ref(new)
    del new
    settle_objects()
    gc.collect()
    assert seen() is not None
    for _ in range(100):
        settle_objects()
    gc.collect()
    assert seen() is None


def test_objects_that_another_part_of_the_process_has_frozen_do_not_keep_garbage() -> None:
    gc.freeze()
    new = Row([1])
    new.append(new)
    seen = weakref.ref(new)
    del new
    settle_objects()
    gc.collect()
    assert seen() is None


def test_many_objects_are_settled_while_big_values_are_kept() -> None:
    gc.unfreeze()
    with keeping_big_values():
        made = [[number] for number in range(1_000)]
        settle_objects()
        young = {id(each) for generation in (0, 1) for each in gc.get_objects(generation)}
        assert young.isdisjoint(map(id, made))


def test_freed_values_disappear_unless_referenced() -> None:
    held = [[n, [n]] for n in range(15_000)]
    rows = [Row([n]) for n in range(15_000)]
    ends = [weakref.ref(rows[0]), weakref.ref(rows[-1])]
    values: list[Json] = [{"held": held, "rows": rows, "inner": {str(n): {"n": n} for n in range(15_000)}}]
    del rows
    assert sum(1 for _ in freed(values)) > 4
    assert values == []
    assert [end() for end in ends] == [None, None]
    assert held == [[n, [n]] for n in range(15_000)]


@pytest.mark.parametrize("length", [0, 1, 256 * 1024, 256 * 1024 + 1, 600_001])
def test_encoding_of_long_text_is_complete(length: int) -> None:
    text = "".join(chr(ord("a") + n % 26) for n in range(length))
    assert b"".join(encode_pieces(text)) == json.dumps(text).encode()
    assert "".join(text_pieces([text, {text[:9]: text}])) == json.dumps([text, {text[:9]: text}])
