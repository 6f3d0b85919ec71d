"""Values that repeat their parts are refused before anything walks over them."""

import itertools
from typing import Any

import pytest
from compiler.compiler_helpers import evaluate
from hypothesis import given
from hypothesis import strategies as st

from wftui.compiler.expressions.expression import compile_expression
from wftui.model.base import Json
from wftui.model.json.sharing import MAX_WEIGHT, is_blown_up, weigh
from wftui.runtime import operators, values
from wftui.runtime.filters import FILTERS
from wftui.runtime.functions import FUNCTIONS
from wftui.runtime.json_values import JsonValueError, check_big
from wftui.runtime.predicates import TESTS
from wftui.runtime.scope import Scope
from wftui.runtime.workflow_errors import BindingError


def bomb(levels: int = 5, width: int = 1000) -> list[Json]:
    """Return a list of `width ** levels` values in the memory of `width * levels`."""
    value: list[Json] = [1] * width
    for _ in range(levels - 1):
        value = [value] * width
    return value


BOMBS: dict[str, Json] = {
    "lists": bomb(),
    "objects": {str(key): bomb(4) for key in range(2)},
    "texts": ["x" * 1_000_000] * 1000,
    "mixed": [{"a": bomb(3), "b": "x" * 1_000_000}] * 1000,
}
REFUSED = (BindingError, JsonValueError, TypeError)
"""What a filter may raise instead of an endless walk; TypeError: another number of arguments."""


@pytest.mark.parametrize("kind", BOMBS)
@pytest.mark.parametrize("name", [*FILTERS, *TESTS, *FUNCTIONS])
def test_filters_tests_and_functions_refuse_a_bomb(name: str, kind: str) -> None:
    function = {**FILTERS, **TESTS, **FUNCTIONS}[name].function
    value = BOMBS[kind]
    for arguments in (
        (value,),
        (value, value),
        ([1], value),
        ("a", value),
        (value, "a"),
        (value, 2),
        (value, "a", "b"),
    ):
        with pytest.raises(REFUSED):
            result = function(*arguments)
            assert not is_blown_up(result)
            raise TypeError("a small result is as good as a refusal")


SIGNS = ("==", "!=", "<", "<=", ">", ">=", "in", "not in")


@pytest.mark.parametrize("kind", BOMBS)
def test_operators_refuse_a_bomb(kind: str) -> None:
    value = BOMBS[kind]
    again = [*value] if isinstance(value, list) else dict(value)
    for sign in SIGNS:
        for left, right in ((value, again), (value, [value]), (value, 1), (1, value)):
            with pytest.raises(BindingError):
                operators.compare(left, sign, right)
                raise BindingError("binding.limit", "decided without a walk")
    for operation in (operators.add, operators.multiply, operators.subtract):
        for left, right in ((value, again), (value, 1000), (1000, value)):
            with pytest.raises(BindingError):
                assert not is_blown_up(operation(left, right))
                raise BindingError("binding.limit", "a small result is as good as a refusal")


@pytest.mark.parametrize("kind", BOMBS)
def test_exploding_values_are_refused_as_text_and_output(kind: str) -> None:
    with pytest.raises(BindingError, match=f"more than {MAX_WEIGHT:,} values"):
        values.text("a", BOMBS[kind])
    with pytest.raises(JsonValueError, match="repeats its parts so often"):
        check_big(BOMBS[kind])


@pytest.mark.parametrize(
    "text",
    [
        "[[[[1]*1000]*1000]*1000]*1000",
        "[[[[1]*1000]*1000]*1000]*1000 == 1",
        "([[[1]*1000]*1000]*1000) | string",
        "(['x' * 1000000] * 1000) | join",
        "{'a': [[[1]*1000]*1000]*1000} | tojson",
        "'' ~ [[[1]*1000]*1000]*1000",
    ],
)
def test_expression_creating_a_bomb_is_refused(text: str) -> None:
    from wftui.runtime import filters_lists, filters_text
    from wftui.runtime.scope import Scope

    expression = compile_expression(text)
    assert expression.python is not None, expression.diagnostics
    names: dict[str, Any] = {"operators": operators, "values": values, "scope": Scope()}
    names |= {"filters_lists": filters_lists, "filters_text": filters_text}
    with pytest.raises(BindingError) as caught:
        eval(expression.python.flat, names)
    assert caught.value.type == "binding.limit"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def count(value: Json) -> int:
    """Return the number of values in lists and objects, repeated parts included."""
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return sum(1 + count(member) for member in members)


@given(json_values, st.integers(1, 3))
def test_weight_counts_repeated_parts(value: Json, times: int) -> None:
    shared = [value] * times
    total, once = weigh(shared)
    assert total == count(shared) + sum(len(text) // 100 for text in texts(shared))
    assert once <= total


def texts(value: Json) -> list[str]:
    """Return all texts in lists and objects."""
    if isinstance(value, str):
        return [value]
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return list(itertools.chain.from_iterable(map(texts, members)))


@pytest.mark.slow
def test_big_values_without_sharing_are_accepted() -> None:
    assert not is_blown_up(list(range(MAX_WEIGHT + 1)))
    assert not is_blown_up([[number] for number in range(MAX_WEIGHT // 2 + 1)])


@pytest.mark.parametrize(
    ("value", "times", "expected"),
    [([0] * 10, MAX_WEIGHT // 10, False), ([0] * 10, MAX_WEIGHT, True), ({"a": 1}, MAX_WEIGHT, False), ([], 9, False)],
)
def test_a_value_that_is_repeated_weighs_as_often(value: Json, times: int, expected: bool) -> None:
    assert is_blown_up(value, times) == expected


def test_a_named_argument_is_checked_as_well() -> None:
    with pytest.raises(BindingError, match="batch would go over more than") as caught:
        evaluate("[1] | batch(2, fill_with=inputs.x)", Scope(inputs={"x": bomb()}))
    assert caught.value.type == "binding.limit"
