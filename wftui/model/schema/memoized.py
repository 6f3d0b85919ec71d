"""Results remembered by the content of a schema."""

import functools
import hashlib
from collections.abc import Callable
from typing import TypeVar, cast

from wftui.model.base import Json

Result = TypeVar("Result")

_MOST = 512
"""Schemas whose results are remembered by one function."""
_UNKNOWN = object()


def memoized(function: Callable[[Json], Result]) -> Callable[[Json], Result]:
    """Remember what a pure function returns for a schema.

    The same schema is read from JSON again and again as another object, and checking one takes milliseconds. The result
    is shared, so it must not be changed.
    """
    known: dict[bytes, Result] = {}

    @functools.wraps(function)
    def remembered(schema: Json) -> Result:
        try:
            # Unlike JSON text, repr distinguishes lists from tuples, which jsonschema refuses.
            content = repr(schema).encode("utf-8", "surrogatepass")
        except RecursionError:
            return function(schema)
        key = hashlib.blake2b(content, digest_size=16).digest()
        if (found := known.get(key, _UNKNOWN)) is not _UNKNOWN:  # one look, as other threads empty it
            return cast("Result", found)
        result = function(schema)
        if len(known) >= _MOST:
            known.clear()
        known[key] = result
        return result

    return remembered
