"""No filter, test, function or operator is slow, for values of extreme sizes."""

import inspect
import os
import random
import signal
import sys
from collections.abc import Callable
from typing import Any

import pytest

from wftui.model.base import Json
from wftui.runtime import operators
from wftui.runtime.filters import FILTERS
from wftui.runtime.functions import FUNCTIONS
from wftui.runtime.json_values import JsonValueError
from wftui.runtime.predicates import TESTS
from wftui.runtime.workflow_errors import BindingError

CALLS = int(os.environ.get("WFTUI_FILTER_CALLS", "12"))
"""Calls of each; 1,500 take about five minutes."""
SECONDS = 15.0
"""Of CPU, for one call: the slowest take half a second."""
MODULUS = sys.hash_info.modulus

VALUES: list[Json] = [
    *(None, True, 0, -1, 2, 10**9, 10**18, -(10**18), 10**400, 1e308, -1e308, 0.1, "", "a", "P1Y", "Europe/Berlin"),
    *("x" * 1_000_000, "ab " * 100_000, "\n" * 300_000, "9" * 5000, "1e999999999", "<" * 200_000, "%" * 100_000),
    *("(a+)+$", "(a|a)*b", "a" * 30 + "!", "{" * 5000, "[" * 50_000, "&#x" * 50_000, "%Y" * 50_000),
    *(
        "2026-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "../../etc/passwd",
        "İ" * 100_000,
        "ﷺ" * 100_000,
        "\ud83d" * 1000,
    ),
    *([], [1] * 100_000, ["x" * 100] * 50_000, [[1, 2]] * 50_000, list(range(100_000)), [[[[[[1]]]]]]),
    *(["b", "a", None, 1] * 1000, [None] * 50_000, [str(number) for number in range(100_000)]),
    [number * MODULUS for number in range(50_000)],
    [{"a": number, "b": "x"} for number in range(20_000)],
    {str(number): number for number in range(50_000)},
    {"a": {"b": 1}},
]
OPERATORS: dict[str, Callable[..., Any]] = {
    "+": operators.add,
    "-": operators.subtract,
    "*": operators.multiply,
    **{sign: lambda left, right, sign=sign: operators.compare(left, sign, right) for sign in ("==", "<", "in")},
}
ALL: dict[str, Callable[..., Any]] = {
    **{f"filter {name}": entry.function for name, entry in FILTERS.items()},
    **{f"test {name}": entry.function for name, entry in TESTS.items()},
    **{f"function {name}": entry.function for name, entry in FUNCTIONS.items()},
}


class TooSlow(BaseException):
    """Raised in a call that takes too long."""


@pytest.fixture(autouse=True)
def _limit() -> Any:
    def stop(*_: object) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGVTALRM, stop)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


@pytest.mark.parametrize("name", ALL)
def test_filters_tests_and_functions_are_bounded(name: str) -> None:
    function, chosen = ALL[name], random.Random(name)
    for _ in range(CALLS):
        call(function, *arguments(function, chosen))


@pytest.mark.parametrize("sign", OPERATORS)
def test_operators_are_bounded(sign: str) -> None:
    chosen = random.Random(sign)
    for _ in range(CALLS * 4):
        call(OPERATORS[sign], [chosen.choice(VALUES), chosen.choice(VALUES)], {})


def call(function: Callable[..., Any], given: list[Any], named: dict[str, Any]) -> None:
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        function(*given, **named)
    except (BindingError, JsonValueError):
        pass
    except TooSlow:
        raise AssertionError(f"too slow: {[repr(value)[:60] for value in given]}, {list(named)}") from None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def arguments(function: Callable[..., Any], chosen: random.Random) -> tuple[list[Any], dict[str, Any]]:
    """Return arguments as the compiler could pass them, with callables where it does."""
    given: list[Any] = []
    named: dict[str, Any] = {}
    is_left_out = False
    for parameter in inspect.signature(function).parameters.values():
        is_given = parameter.default is parameter.empty or chosen.random() < 0.5
        value = same if "Callable" in str(parameter.annotation) else chosen.choice(VALUES)
        if parameter.kind is parameter.KEYWORD_ONLY and is_given:
            named[parameter.name] = value
        elif parameter.kind is parameter.VAR_POSITIONAL:
            given += [chosen.choice(VALUES) for _ in range(chosen.randint(0, 2))]
        elif parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            is_left_out = is_left_out or not is_given
            if not is_left_out:
                given.append(value)
    return given, named


def same(value: Json) -> Json:
    return value


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("sum", ([[1]] * 100_000, [])),
        ("sum", (["x" * 50] * 100_000, "")),
        ("groupby", ([None] * 50_000, [[1, 2]] * 20_000)),
        ("groupby", ([[number * MODULUS] for number in range(50_000)],)),
        ("unique", ([number * MODULUS for number in range(50_000)],)),
        ("unique", ([float(number << 200) for number in range(2000)] * 50,)),
    ],
    ids=["lists", "texts", "default", "hashes in lists", "hashes", "floats"],
)
def test_cost_is_not_quadratic(name: str, given: tuple[Json, ...]) -> None:
    function = FILTERS[name].function
    named = {"each": same} if name != "sum" else {}
    call(function, list(given), named)


def test_sum_is_that_of_plus() -> None:
    total = FILTERS["sum"].function
    assert total([[1], [2, 3]], [0]) == [0, 1, 2, 3]
    assert total(["b", "c"], "a") == "abc"
    assert total([1, 2.5]) == 3.5
    for wrong in ([1, "a"], [[1]], ["a"]):
        with pytest.raises(BindingError, match="is not possible"):
            total(wrong)


def test_big_numbers_are_equal_as_before() -> None:
    unique = FILTERS["unique"].function
    assert unique([10**30, 1e30, int(1e30), -(10**30), 10**30], each=same) == [10**30, 1e30, -(10**30)]


@pytest.mark.parametrize("name", ["urlencode", "b64encode", "b64decode", "sha256"])
def test_half_a_character_is_refused(name: str) -> None:
    with pytest.raises(BindingError) as caught:
        FILTERS[name].function("\ud83d")
    assert caught.value.type == "binding.value"


def test_number_beyond_those_of_the_machine_is_refused() -> None:
    for name, given in {"filesizeformat": (10**400,), "replace": ("a", "b", "c", 10**400)}.items():
        with pytest.raises(BindingError):
            FILTERS[name].function(*given)
