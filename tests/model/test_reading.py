"""Stored models: what is read of each form, and why another one is not."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, NamedTuple

import pytest

from wftui.model.base import Field, Json, Timestamp, WireModel, fresh
from wftui.model.reading import UnreadableError, read, read_json


class Pair(NamedTuple):
    """Two parts, one of which may be anything."""

    number: int
    value: Any


class Inner(WireModel):
    """A model inside another."""

    size: int


class Outer(WireModel):
    """A field of each kind."""

    step_id: str
    flag: bool = False
    rate: float = 1.0
    at: Timestamp | None = None
    unit: Literal["mm", "cm"] = "mm"
    either: int | str = 0
    tags: list[str] = fresh(factory=list)
    anything: list[Any] = fresh(factory=list)
    sizes: dict[str, int] = fresh(factory=dict)
    free: dict[str, Any] = fresh(factory=dict)
    inner: Inner | None = None
    pair: Pair | None = None
    level: Annotated[int, Field(ge=1, le=3)] = 1
    word: Annotated[str | None, Field(pattern="^[a-z]+$")] = None
    data: Json = None


MOMENT = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "value", "read_as"),
    [
        ("flag", True, True),
        ("rate", 2, 2.0),
        ("rate", "Infinity", float("inf")),
        ("rate", "-Infinity", float("-inf")),
        ("at", "2026-11-22T14:30:00+02:00", MOMENT),
        ("at", MOMENT, MOMENT),
        ("at", None, None),
        ("unit", "cm", "cm"),
        ("either", "x", "x"),
        ("either", 2.0, 2),
        ("tags", ("a", "b"), ["a", "b"]),
        ("anything", [1, [2]], [1, [2]]),
        ("sizes", {"a": 1.0}, {"a": 1}),
        ("free", {"a": [1]}, {"a": [1]}),
        ("inner", {"size": 3}, Inner(size=3)),
        ("inner", Inner(size=3), Inner(size=3)),
        ("pair", [1, [2]], Pair(1, [2])),
        ("level", 1, 1),
        ("level", 3, 3),
        ("word", "abc", "abc"),
        ("word", None, None),
        ("data", {"a": None}, {"a": None}),
        ("unknown", 1, None),
    ],
)
def test_values_are_read(field: str, value: Any, read_as: Any) -> None:
    found = getattr(read(Outer, {"stepId": "a", field: value}), field, None)
    assert (found, type(found)) == (read_as, type(read_as))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ([1], "not a Outer: [1]"),
        ("x" * 200, f"not a Outer: '{'x' * 99}"),
        ({}, "Outer without stepId"),
        ({"stepId": 3}, "not str: 3"),
        ({"step_id": None}, "not str: None"),
        ({"stepId": "a", "flag": 1}, "not bool: 1"),
        ({"stepId": "a", "rate": "x"}, "not a number: 'x'"),
        ({"stepId": "a", "rate": True}, "not a number: True"),
        ({"stepId": "a", "at": 3}, "not a time: 3"),
        ({"stepId": "a", "at": "soon"}, "Invalid isoformat string: 'soon'"),
        ({"stepId": "a", "unit": "m"}, "not one of mm, cm: 'm'"),
        ({"stepId": "a", "unit": 3}, "not one of mm, cm: 3"),
        ({"stepId": "a", "either": [1]}, "not an integer: [1]"),
        ({"stepId": "a", "either": None}, "not an integer: None"),
        ({"stepId": "a", "tags": "ab"}, "not a list: 'ab'"),
        ({"stepId": "a", "tags": [1]}, "not str: 1"),
        ({"stepId": "a", "anything": {}}, "not a list: {}"),
        ({"stepId": "a", "sizes": []}, "not an object: []"),
        ({"stepId": "a", "sizes": {"a": 1.5}}, "not an integer: 1.5"),
        ({"stepId": "a", "inner": 3}, "not a Inner: 3"),
        ({"stepId": "a", "inner": {}}, "Inner without size"),
        ({"stepId": "a", "pair": [1]}, "not 2 values: [1]"),
        ({"stepId": "a", "pair": ["x", 1]}, "not an integer: 'x'"),
        ({"stepId": "a", "level": 0}, "not allowed: 0"),
        ({"stepId": "a", "level": 4}, "not allowed: 4"),
        ({"stepId": "a", "word": "A"}, "not allowed: 'A'"),
        ({"stepId": "a", "word": "a\n"}, "not allowed: 'a\\n'"),
    ],
)
def test_other_forms_are_refused(data: Any, sentence: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read(Outer, data)
    assert str(caught.value) == sentence


def test_absent_fields_have_defaults_of_their_own() -> None:
    first, second = (read(Outer, {"stepId": "a"}) for _ in range(2))
    assert (first.rate, first.unit, first.tags, first.at) == (1.0, "mm", [], None)
    assert first.tags is not second.tags
    assert read(Outer, first) is first


@pytest.mark.parametrize("text", ["{", b"\xff", "[" * 100_000])
def test_a_text_that_is_not_json_is_not_read(text: str | bytes) -> None:
    with pytest.raises(UnreadableError):
        read_json(Outer, text)
