"""Error types: the built-in ones are those that the page of errors explains."""

import pytest
from docs.test_troubleshooting import codes_of_page

import wftui
from wftui.runtime.error_types import BUILTIN_FAMILIES, BUILTIN_TYPES, own_type_problem
from wftui.runtime.workflow_errors import WorkflowError


def test_they_are_those_of_the_page() -> None:
    assert sorted(BUILTIN_TYPES) == sorted(codes_of_page()[-1])


def test_none_is_free_for_a_user() -> None:
    assert [each for each in BUILTIN_TYPES if own_type_problem(each) is None] == []
    assert [each for each in BUILTIN_FAMILIES if own_type_problem(f"{each}.own") is None] == []
    assert own_type_problem("stock.empty") is None


@pytest.mark.parametrize(
    "error_type", ["empty", "Stock.empty", "stock.", "s." + "x" * 99, "http.own", "error.own", "wftui.own"]
)
def test_a_type_that_is_none_of_a_user_is_refused(error_type: str) -> None:
    with pytest.raises(WorkflowError) as caught:
        wftui.fail(error_type, "no stock")
    assert caught.value.type == "validation.error_type"
    assert (caught.value.message[:1], caught.value.message[-1:]) in (("A", "."), ("E", "."))


def test_the_reason_names_the_type_or_its_first_word() -> None:
    first = "an error type of your own is dotted lower-case words, such as stock.empty, not"
    assert own_type_problem("Stock.empty") == f"{first} 'Stock.empty'"
    assert own_type_problem("s." + "x" * 99) == f"{first} 's.{'x' * 97}…'"
    assert own_type_problem("http.own") == (
        "error types that begin with 'http' are raised by wftui; choose another first word"
    )


def test_a_type_of_a_user_may_be_as_long_as_is_allowed() -> None:
    with pytest.raises(WorkflowError) as caught:
        wftui.fail("s." + "x" * 98, "no stock", {"left": 0})
    assert (caught.value.type, caught.value.message) == ("s." + "x" * 98, "no stock")
