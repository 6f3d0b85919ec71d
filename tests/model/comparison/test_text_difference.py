"""The first difference of texts read in pieces is a real one, at that place."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wftui.model.base import Json
from wftui.model.comparison.text_difference import first_text_change
from wftui.model.comparison.value_changes import value_changes
from wftui.model.json.writing import encode

leaves = (
    st.none() | st.booleans() | st.sampled_from([1, 12, 123, -0.5, "", "a", 'a"b', "\\", "a/b~", "é😀", "]", "x,y"])
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "b/c", "~", '\\"', "k\n"]), inner, max_size=3)
    ),
    max_leaves=12,
)


def pieces(value: Json, size: int) -> Iterator[str]:
    text = encode(value).decode()
    return (text[start : start + size] for start in range(0, len(text), size))


def at(value: Json, pointer: str) -> Json:
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value


@given(before=values, after=values, change=st.randoms(use_true_random=False), sizes=st.tuples(*[st.integers(1, 9)] * 2))
def test_the_values_differ_at_the_place(before: Json, after: Json, change: object, sizes: tuple[int, int]) -> None:
    if change.random() < 0.8:  # type: ignore[attr-defined]  # mostly two values that begin alike
        before, after = [before, before, after], [before, before, change.choice([before, [after], {"a": after}])]  # type: ignore[attr-defined]
    found = first_text_change(pieces(before, sizes[0]), pieces(after, sizes[1]))
    if encode(before) == encode(after):
        assert found is None
        return
    assert found is not None
    if found.kind == "changed":
        one, other = at(before, found.pointer), at(after, found.pointer)
        assert encode(one) != encode(other)
        if not (isinstance(found.before, str) and found.before.startswith("…")):  # an excerpt where keys differ
            assert (encode(found.before), encode(found.after)) == (encode(one), encode(other))
    else:
        has, value = (after, found.after) if found.kind == "added" else (before, found.before)
        lacks = before if found.kind == "added" else after
        assert encode(at(has, found.pointer)) == encode(value)
        with pytest.raises((KeyError, IndexError)):
            at(lacks, found.pointer)


def test_long_texts_are_excerpts() -> None:
    before, after = {"text": "x" * 10_000 + "a" + "y" * 10_000}, {"text": "x" * 10_000 + "b" + "y" * 10_000}
    found = first_text_change(pieces(before, 777), pieces(after, 1_000))
    assert found is not None
    assert (found.pointer, found.kind) == ("/text", "changed")
    assert found.before == f"…{'x' * 40}a{'y' * 39}…"
    assert found.after == f"…{'x' * 40}b{'y' * 39}…"


@pytest.mark.parametrize("depth", [150, 189, 190, 191, 400, 900])
@pytest.mark.parametrize("kind", ["list", "object"])
def test_deep_values_are_compared(depth: int, kind: str) -> None:
    def nested(leaf: Json) -> Json:
        for _ in range(depth):
            leaf = [leaf] if kind == "list" else {"k": leaf}
        return leaf

    assert value_changes(nested(1), nested(1)) == []
    for before, after in ((nested(1), nested(2)), (nested(1), 7), ({}, {"new": nested(1)})):
        (change,) = value_changes(before, after)
        json.dumps(change.to_wire())
        assert change.sentence()
