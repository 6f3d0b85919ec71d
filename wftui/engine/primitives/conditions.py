"""Evaluation of bindings and of conditions, which give a boolean or fail."""

import asyncio
from dataclasses import replace

from wftui.model.base import Json
from wftui.runtime.plan import Bind
from wftui.runtime.scope import BigValueError, Scope
from wftui.runtime.workflow_errors import BindingError


async def evaluate(bind: Bind, scope: Scope) -> Json:
    """Evaluate a binding, in a thread when it reads a big value; its errors propagate."""
    try:
        return bind(scope)
    except BigValueError:
        return await asyncio.to_thread(bind, replace(scope, patient=True))


def holds(condition: Bind, scope: Scope, name: str) -> bool:
    """Return whether a condition (`when`, `until`) is true.

    Raises:
        BindingError: the result is not a boolean.
    """
    return truth(condition(scope), name, condition)


def truth(value: Json, name: str, condition: Bind) -> bool:
    """Return the result of a condition as a boolean; raises what `holds` raises."""
    if value is True or value is False:
        return bool(value)
    message = f"`{name}` must give true or false; it gave {_shown(value)}"
    raise BindingError("binding.type", message, origin=origin(condition))


def origin(bind: Bind, end: str = "") -> tuple[str, str]:
    """Return the origin of a value, for its error.

    Args:
        end: end of the pointer, where the binding has several expressions.
    """
    return getattr(bind, "__name__", ""), end


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
