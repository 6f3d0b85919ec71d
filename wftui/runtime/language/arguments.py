"""Argument checks of filters and tests, whose errors name the caller."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from wftui.model.base import Json
from wftui.runtime.language.json_kinds import is_number, kind_and_value, shown
from wftui.runtime.workflow_errors import BindingError


def text_argument(value: Json, name: str) -> str:
    """Return the value if it is a text."""
    if not isinstance(value, str):
        raise _wrong(f"the filter {name}", "a text", value)
    return value


def number_argument(value: Json, name: str) -> Any:
    """Return the value if it is a number."""
    if not is_number(value):
        raise _wrong(f"the filter {name}", "a number", value)
    return value


def whole_argument(value: Json, name: str, kind: str = "filter") -> int:
    """Return the value if it is a whole number; `kind` is what `name` names."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(f"the {kind} {name}", "a whole number", value)
    return value


def count_argument(value: Json, name: str) -> int:
    """Return the value if it is a whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise BindingError("binding.type", f"the filter {name} needs a whole number of at least 1")
    return value


def items_argument(value: Json, name: str) -> list[Json]:
    """Return items of a list, characters of a text or keys of an object, as Jinja."""
    if isinstance(value, list):
        return value
    if isinstance(value, str | Mapping):
        return list(value)
    raise _wrong(f"the filter {name}", "a list", value)


def each_of(found: Iterable[Json], each: Callable[[Json], Json]) -> Iterator[Json]:
    """Yield the result of a function for each item.

    Raises:
        BindingError: of the same type as its own, with the item that failed.
    """
    for index, entry in enumerate(found):
        try:
            yield each(entry)
        except BindingError as error:
            raise of_item(error, index, entry) from None


def of_item(error: BindingError, index: int, entry: Json) -> BindingError:
    """Return an error that names the item of a list that failed."""
    return BindingError(error.type, f"{error.message} (item {index}: {shown(entry)})")


def object_argument(value: Json, name: str) -> Mapping[str, Json]:
    """Return the value if it is an object."""
    if not isinstance(value, Mapping):
        raise _wrong(f"the filter {name}", "an object", value)
    return value


def _wrong(caller: str, wanted: str, value: Json) -> BindingError:
    return BindingError("binding.type", f"{caller} needs {wanted}, not {kind_and_value(value)}")
