"""Conditions of the format: they give a real boolean, or they fail."""

from wftui.model.base import Json
from wftui.runtime.errors import BindingError
from wftui.runtime.plan import Bind
from wftui.runtime.scope import Scope


def holds(condition: Bind, scope: Scope, name: str) -> bool:
    """Whether a condition (`when`, `until`) is true.

    Raises:
        BindingError: it gave anything but true or false.
    """
    value = condition(scope)
    if value is True or value is False:
        return bool(value)
    raise BindingError("binding.type", f"`{name}` must give true or false; it gave {_shown(value)}")


def _shown(value: Json) -> str:
    match value:
        case None:
            return "null"
        case str():
            return f"the text {value!r}" if len(value) <= 40 else f"a text of {len(value)} characters"
        case int() | float():
            return f"the number {value}"
        case list():
            return "a list"
        case _:
            return "an object"
