"""Data of later versions: fields that this version does not know are left out."""

from copy import deepcopy
from typing import TypeVar

from pydantic import ValidationError

from wftui.model.base import Json

ValueT = TypeVar("ValueT", bound=Json)

_UNKNOWN = frozenset({"extra_forbidden", "unexpected_keyword_argument"})
"""Errors of pydantic for an unknown field, of a model and of plain data."""


def without_unknown_fields(value: ValueT, error: ValidationError, *, tags: int = 0) -> ValueT:
    """Return a copy of JSON data without the fields that a model does not know.

    Args:
        error: the error of the model about the data.
        tags: length of what the places in the error begin with outside the data.
    """
    known = deepcopy(value)
    for each in error.errors(include_url=False):
        if each["type"] in _UNKNOWN:
            *outer, last = each["loc"][tags:]
            holder: Json = known
            for key in outer:
                holder = holder[key]
            del holder[last]
    return known
