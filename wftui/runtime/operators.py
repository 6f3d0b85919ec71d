"""Arithmetic and comparison for expressions: no conversions, bounded results."""

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from wftui.model.base import Json
from wftui.runtime.language.arguments import of_item
from wftui.runtime.language.json_kinds import kind_of
from wftui.runtime.language.limits import check_bits, check_items, check_sharing, check_text
from wftui.runtime.workflow_errors import BindingError

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def add(left: Json, right: Json) -> Json:
    """`left + right`: numbers, two texts, or two lists.

    Raises:
        BindingError: `binding.type` or `binding.limit`.
    """
    if isinstance(left, str) and isinstance(right, str):
        check_text(len(left) + len(right), "+")
        return left + right
    if isinstance(left, list) and isinstance(right, list):
        check_items(len(left) + len(right), "+")
        check_sharing(left, "+")
        check_sharing(right, "+")
        return left + right
    return _number("+", operator.add, left, right)


def add_all(start: Json, entries: Iterable[Json]) -> Json:
    """`start + entry + entry …`, at the cost of its result.

    Texts and lists are not copied for each entry.

    Raises:
        BindingError: `binding.type` or `binding.limit`.
    """
    texts: list[str] = []
    found: list[Json] = []
    made, length = start, len(start) if isinstance(start, str | list) else 0
    for index, entry in enumerate(entries):
        if isinstance(made, str) and isinstance(entry, str):
            length += len(entry)
            check_text(length, "+")
            texts.append(entry)
        elif isinstance(made, list) and isinstance(entry, list):
            length += len(entry)
            check_items(length, "+")
            found.extend(entry)
        else:
            try:
                made = add(made, entry)
            except BindingError as error:
                raise of_item(error, index, entry) from None
    if isinstance(made, str):
        return made + "".join(texts)
    return add(made, found) if isinstance(made, list) else made


def subtract(left: Json, right: Json) -> Json:
    """`left - right` of numbers."""
    return _number("-", operator.sub, left, right)


def multiply(left: Json, right: Json) -> Json:
    """`left * right` of numbers; a text or list times a whole number repeats it.

    Raises:
        BindingError: `binding.type` or `binding.limit`.
    """
    if isinstance(left, str | list) and isinstance(right, int) and not isinstance(right, bool):
        (check_text if isinstance(left, str) else check_items)(len(left) * max(right, 0), "*")
        check_sharing(left, "*", max(right, 1))
        return left * right
    if isinstance(right, str | list) and isinstance(left, int) and not isinstance(left, bool):
        return multiply(right, left)
    return _number("*", operator.mul, left, right)


def divide(left: Json, right: Json) -> Json:
    """`left / right`: the exact quotient."""
    return _number("/", operator.truediv, left, right)


def floor_divide(left: Json, right: Json) -> Json:
    """`left // right`: the quotient rounded down."""
    return _number("//", operator.floordiv, left, right)


def modulo(left: Json, right: Json) -> Json:
    """`left % right`: the remainder of the division."""
    return _number("%", operator.mod, left, right)


def power(left: Json, right: Json) -> Json:
    """`left ** right`.

    Raises:
        BindingError: `binding.type`, `binding.value` (no real result) or `binding.limit`.
    """
    if isinstance(left, int) and isinstance(right, int) and right > 0:
        check_bits(left.bit_length() * right, "**")
    return _number("**", operator.pow, left, right)


def negative(value: Json) -> Json:
    """`-value`."""
    return _sign("-", operator.neg, value)


def positive(value: Json) -> Json:
    """`+value`."""
    return _sign("+", operator.pos, value)


def compare(left: Json, sign: str, right: Json) -> bool:
    """`left < right`, and the other signs.

    Raises:
        BindingError: `binding.type` for values that have no order.
    """
    return _holds(left, sign, right)


def compare_all(first: Json, *rest: tuple[str, Callable[[], Json]]) -> bool:
    """`first < second <= third …`: true when all hold; stops at the first failure.

    Raises:
        BindingError: `binding.type` for values that have no order.
    """
    left = first
    for sign, value in rest:
        right = value()
        if not _holds(left, sign, right):
            return False
        left = right
    return True


def contains(value: Json, container: Json) -> bool:
    """`value in container`: a part of a text, an item of a list, a key of an object.

    Raises:
        BindingError: `binding.type`.
    """
    if isinstance(container, str):
        if not isinstance(value, str):
            raise BindingError("binding.type", f"only a text can be in a text, not {kind_of(value)}")
        return value in container
    if isinstance(container, list):
        check_sharing(value, "in")
        check_sharing(container, "in")
        return value in container
    if isinstance(container, Mapping):
        return isinstance(value, str) and value in container
    raise BindingError("binding.type", f"{kind_of(container)} cannot contain anything; use a list, an object or a text")


def _holds(left: Json, sign: str, right: Json) -> bool:
    check_sharing(left, sign)
    check_sharing(right, sign)
    if sign == "==":
        return bool(left == right)
    if sign == "!=":
        return bool(left != right)
    if sign == "in":
        return contains(left, right)
    if sign == "not in":
        return not contains(left, right)
    try:
        return _ORDER[sign](left, right)
    except TypeError:
        kinds = kind_of(left), kind_of(right)
        also = "; convert the text with | int or | float" if {*kinds} == {"a text", "a number"} else ""
        raise BindingError("binding.type", f"{kinds[0]} and {kinds[1]} cannot be compared with {sign}{also}") from None


def _sign(sign: str, operation: Callable[[Any], Any], value: Json) -> Json:
    if not isinstance(value, int | float):
        raise BindingError("binding.type", f"{sign} cannot be applied to {kind_of(value)}")
    return operation(value)


def _number(sign: str, operation: Callable[[Any, Any], Any], left: Json, right: Json) -> Json:
    if not (isinstance(left, int | float) and isinstance(right, int | float)):
        hint = ""
        if isinstance(left, str) or isinstance(right, str):
            hint = "; write ~ to join texts, | int or | float to make a number of one"
        raise BindingError("binding.type", f"{kind_of(left)} {sign} {kind_of(right)} is not possible{hint}")
    try:
        result = operation(left, right)
    except ZeroDivisionError:
        raise BindingError("binding.value", f"{left} {sign} {right} is not possible: division by zero") from None
    except OverflowError:
        raise BindingError("binding.limit", f"{left} {sign} {right} is too big") from None
    if isinstance(result, int):
        check_bits(result.bit_length(), sign)
    elif isinstance(result, complex) or result != result or result in (float("inf"), float("-inf")):
        raise BindingError("binding.value", f"{left} {sign} {right} is not a real number")
    return result
