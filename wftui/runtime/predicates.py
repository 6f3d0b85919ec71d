"""The tests of the expression language: `x is odd`."""

from collections.abc import Mapping

from wftui.model.base import Json
from wftui.runtime import operators
from wftui.runtime.language.arguments import whole_argument
from wftui.runtime.language.declarations import Table, declare
from wftui.runtime.language.json_kinds import is_number

TESTS: Table = {}


@declare(TESTS, "none", gives="boolean")
def is_none(value: Json) -> bool:
    """True for null.

    >>> null is none
    true
    """
    return value is None


@declare(TESTS, "truthy", gives="boolean")
def is_truthy(value: Json) -> bool:
    """True for what counts as true: not for empty values, zero, null and false.

    >>> [0, "", [], "a"] | select("truthy")
    ["a"]
    """
    return bool(value)


@declare(TESTS, "falsy", gives="boolean")
def is_falsy(value: Json) -> bool:
    """True for empty values, zero, null and false.

    >>> "" is falsy
    true
    """
    return not value


@declare(TESTS, "string", gives="boolean")
def is_string(value: Json) -> bool:
    """True for a text.

    >>> "a" is string
    true
    """
    return isinstance(value, str)


@declare(TESTS, "number", gives="boolean")
def is_a_number(value: Json) -> bool:
    """True for a number; true and false are not numbers.

    >>> 1.5 is number
    true
    >>> true is number
    false
    """
    return is_number(value)


@declare(TESTS, "integer", gives="boolean")
def is_integer(value: Json) -> bool:
    """True for a whole number.

    >>> 1 is integer
    true
    """
    return isinstance(value, int) and not isinstance(value, bool)


@declare(TESTS, "float", gives="boolean")
def is_float(value: Json) -> bool:
    """True for a number with decimals.

    >>> 1.0 is float
    true
    """
    return isinstance(value, float)


@declare(TESTS, "boolean", gives="boolean")
def is_boolean(value: Json) -> bool:
    """True for true and false.

    >>> false is boolean
    true
    """
    return isinstance(value, bool)


@declare(TESTS, "true", gives="boolean")
def is_true(value: Json) -> bool:
    """True for true only.

    >>> 1 is true
    false
    """
    return value is True


@declare(TESTS, "false", gives="boolean")
def is_false(value: Json) -> bool:
    """True for false only.

    >>> false is false
    true
    """
    return value is False


@declare(TESTS, "mapping", gives="boolean")
def is_mapping(value: Json) -> bool:
    """True for an object.

    >>> {"a": 1} is mapping
    true
    """
    return isinstance(value, Mapping)


@declare(TESTS, "sequence", gives="boolean")
def is_sequence(value: Json) -> bool:
    """True for a list, a text or an object: anything with a length.

    >>> [1] is sequence
    true
    """
    return isinstance(value, list | str | Mapping)


@declare(TESTS, "list", gives="boolean")
def is_list(value: Json) -> bool:
    """True for a list.

    >>> "abc" is list
    false
    """
    return isinstance(value, list)


@declare(TESTS, "empty", gives="boolean")
def is_empty(value: Json) -> bool:
    """True for null, and for an empty text, list or object.

    >>> [] is empty
    true
    """
    return value is None or (isinstance(value, str | list | Mapping) and not value)


@declare(TESTS, "odd", gives="boolean")
def is_odd(value: Json) -> bool:
    """True for an odd number.

    >>> 3 is odd
    true
    """
    return whole_argument(value, "odd", "test") % 2 == 1


@declare(TESTS, "even", gives="boolean")
def is_even(value: Json) -> bool:
    """True for an even number.

    >>> 3 is even
    false
    """
    return whole_argument(value, "even", "test") % 2 == 0


@declare(TESTS, "divisibleby", gives="boolean")
def is_divisible_by(value: Json, number: Json) -> bool:
    """True for a number that another divides without remainder.

    >>> 9 is divisibleby 3
    true
    """
    return bool(
        operators.modulo(whole_argument(value, "divisibleby", "test"), whole_argument(number, "divisibleby", "test"))
        == 0
    )


@declare(TESTS, "lower", gives="boolean")
def is_lower(value: Json) -> bool:
    """True for a text in lower case.

    >>> "abc" is lower
    true
    """
    return isinstance(value, str) and value.islower()


@declare(TESTS, "upper", gives="boolean")
def is_upper(value: Json) -> bool:
    """True for a text in upper case.

    >>> "ABC" is upper
    true
    """
    return isinstance(value, str) and value.isupper()


@declare(TESTS, "in", gives="boolean")
def is_in(value: Json, container: Json) -> bool:
    """True for a part of a text, an item of a list or a key of an object.

    >>> 2 is in [1, 2]
    true
    """
    return operators.contains(value, container)


@declare(TESTS, "eq", "equalto", "==", gives="boolean")
def is_equal(value: Json, other: Json) -> bool:
    """True for equal values.

    >>> 2 is eq 2
    true
    """
    return bool(value == other)


@declare(TESTS, "ne", "!=", gives="boolean")
def is_not_equal(value: Json, other: Json) -> bool:
    """True for different values.

    >>> 2 is ne 2
    false
    """
    return bool(value != other)


@declare(TESTS, "gt", "greaterthan", ">", gives="boolean")
def is_greater(value: Json, other: Json) -> bool:
    """True for a greater value.

    >>> 3 is gt 2
    true
    """
    return operators.compare(value, ">", other)


@declare(TESTS, "ge", ">=", gives="boolean")
def is_at_least(value: Json, other: Json) -> bool:
    """True for a greater or equal value.

    >>> 2 is ge 2
    true
    """
    return operators.compare(value, ">=", other)


@declare(TESTS, "lt", "lessthan", "<", gives="boolean")
def is_less(value: Json, other: Json) -> bool:
    """True for a smaller value.

    >>> 3 is lt 2
    false
    """
    return operators.compare(value, "<", other)


@declare(TESTS, "le", "<=", gives="boolean")
def is_at_most(value: Json, other: Json) -> bool:
    """True for a smaller or equal value.

    >>> 2 is le 2
    true
    """
    return operators.compare(value, "<=", other)
