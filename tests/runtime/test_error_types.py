"""Error types: the built-in ones are those that the page of errors explains."""

from docs.test_troubleshooting import codes_of_page

from wftui.runtime.error_types import BUILTIN_FAMILIES, BUILTIN_TYPES, own_type_problem


def test_they_are_those_of_the_page() -> None:
    assert sorted(BUILTIN_TYPES) == sorted(codes_of_page()[-1])


def test_none_is_free_for_a_user() -> None:
    assert [each for each in BUILTIN_TYPES if own_type_problem(each) is None] == []
    assert [each for each in BUILTIN_FAMILIES if own_type_problem(f"{each}.own") is None] == []
    assert own_type_problem("stock.empty") is None
