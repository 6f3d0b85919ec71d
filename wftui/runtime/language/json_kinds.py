"""JSON values in words, for error messages: their kind, and their keys."""

from collections.abc import Iterable, Mapping

from wftui.model.base import Json

SHOWN_KEYS = 12


def kind_of(value: Json) -> str:
    """Return the kind of a JSON value, with an article: `a text`, `null`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a text"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, Mapping):
        return "an object"
    return f"a {type(value).__name__}, which is not a JSON value"


def is_number(value: Json) -> bool:
    """Return whether a value is a JSON number; true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def key_list(keys: Iterable[object]) -> str:
    """Return the existing keys, for a message: `it has a, b and 3 more`."""
    shown = [str(key) for key in keys]
    if not shown:
        return "it is empty"
    rest = len(shown) - SHOWN_KEYS
    return "it has " + ", ".join(shown[:SHOWN_KEYS]) + (f" and {rest} more" if rest > 0 else "")


def join_path(base: str, key: str | int) -> str:
    """Return a path one key longer, as in expressions: `steps.a.output["x-y"][0]`."""
    if isinstance(key, int):
        return f"{base}[{key}]"
    if not base:
        return key
    return f"{base}.{key}" if key.isidentifier() else f"{base}[{key!r}]"
