"""Limits on the values an expression may build, to bound memory and time."""

from typing import Any

from wftui.model.json.sharing import MAX_WEIGHT, is_blown_up
from wftui.runtime.workflow_errors import BindingError

MAX_TEXT = 16_000_000
"""Characters in a text that an expression makes."""

MAX_ITEMS = 1_000_000
"""Items in a list that an expression makes."""

MAX_BITS = 4_096
"""Size of a whole number that an expression makes."""


def check_text(length: int, what: str) -> None:
    """Refuse a text that would be too long.

    Raises:
        BindingError: `binding.limit`.
    """
    if length > MAX_TEXT:
        raise BindingError(
            "binding.limit", f"{what} would make a text of {length:,} characters; {MAX_TEXT:,} are allowed"
        )


def check_items(count: int, what: str) -> None:
    """Refuse a list that would be too long.

    Raises:
        BindingError: `binding.limit`.
    """
    if count > MAX_ITEMS:
        raise BindingError("binding.limit", f"{what} would make a list of {count:,} items; {MAX_ITEMS:,} are allowed")


def check_bits(bits: int, what: str) -> None:
    """Refuse a whole number that would be too big.

    Raises:
        BindingError: `binding.limit`.
    """
    if bits > MAX_BITS:
        raise BindingError("binding.limit", f"{what} would make a number of more than {MAX_BITS:,} bits")


def check_sharing(value: Any, what: str, times: int = 1) -> None:
    """Refuse a value whose shared parts would make a walk over it endless.

    Args:
        times: how often the value is going to be repeated.

    Raises:
        BindingError: `binding.limit`.
    """
    if type(value) in (list, dict) and is_blown_up(value, times):
        raise BindingError("binding.limit", f"{what} would go over more than {MAX_WEIGHT:,} values")
