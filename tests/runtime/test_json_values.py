"""Limits of values: size, depth and repeated parts."""

import pytest

from wftui.model.base import Json
from wftui.runtime.json_values import JsonValueError, TooBigError, check_big, ensure_json, if_small, measure


def nested(depth: int) -> Json:
    value: Json = []
    for _ in range(depth - 1):
        value = [value]
    return value


async def test_the_value_is_named_as_it_is_asked_for() -> None:
    for value in ({"a": {1}}, {"b": "x" * 70_000, "a": {1}}):
        with pytest.raises(JsonValueError) as caught:
            await ensure_json(value, "output.not_json", "the output")
        assert caught.value.type == "output.not_json"
        assert caught.value.message == "the output at /a is a set; only JSON values can pass between steps"
    await ensure_json({"a": "x" * 70_000}, "output.not_json", "the output")


def test_references_of_the_store_are_noticed_at_any_depth() -> None:
    assert measure([{"a": {"$value": 1}}]).marked
    assert measure({"$value": 1}).marked
    assert not measure(["$value", {"a": "$value"}]).marked


@pytest.mark.parametrize("value", ["x" * 20, ["x"] * 20, ["x" * 6] * 4, {"a": {"b": "x" * 20}}, "ä" * 20])
def test_measuring_ends_at_the_limit(value: Json) -> None:
    size = measure(value).size
    assert measure(value, size).size == size
    with pytest.raises(TooBigError):
        measure(value, size - 1)
    assert (if_small(value, size), if_small(value, size - 1)) == (value, None)


def test_a_value_may_be_nested_as_deeply_as_it_can_be_stored() -> None:
    deepest = next(depth for depth in range(1, 5_000) if if_small(nested(depth)) is None) - 1
    assert measure(nested(deepest)).size == 2 * deepest
    with pytest.raises(JsonValueError, match=f"is nested deeper than {deepest} levels") as caught:
        measure(nested(deepest + 1))
    assert "…" in caught.value.at
    assert len(caught.value.at) <= 120


def test_parts_that_are_repeated_without_end_are_refused() -> None:
    value: Json = ["x"]
    for _ in range(60):
        value = [value, value]
    with pytest.raises(JsonValueError, match="repeats its parts so often that it stands for more than"):
        check_big(value)
