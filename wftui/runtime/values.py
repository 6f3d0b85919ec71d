"""Access to values in compiled expressions: keys only, errors with suggestions."""

import functools
import json
from collections.abc import Callable, Mapping
from typing import Any

from wftui.model.base import Json
from wftui.model.json.big_values import is_json
from wftui.model.json.writing import text_pieces
from wftui.runtime.language.derived_secrets import note_result, watched
from wftui.runtime.language.json_kinds import join_path, key_list, kind_of
from wftui.runtime.language.limits import check_sharing, check_text
from wftui.runtime.scope import BigValueError, Scope, StepValues
from wftui.runtime.workflow_errors import BindingError

_SMALL = 2_000
_NO_OUTPUT = frozenset({"pending", "skipped", "cancelled"})


class SkippedStepError(BindingError):
    """A read of a skipped step's output: missing, but null in `outputs`."""


def look_up(value: Json, path: str, *keys: str | int) -> Json:
    """Return the value under keys and positions, one after the other.

    Args:
        path: the name of `value` in the expression, for messages: `steps.fetch.output`.

    Raises:
        BindingError: `binding.missing`, naming what exists, or `binding.type` when there are no keys to look into.
    """
    for index, key in enumerate(keys):
        try:
            if type(value) is dict:
                value = value[key]
                continue
            value = _entry(value, key)
        except (KeyError, IndexError):
            raise _missing(value, functools.reduce(join_path, keys[:index], path), key) from None
        except TypeError:
            raise _no_keys(value, functools.reduce(join_path, keys[:index], path), key) from None
    return value


def item(value: Json, key: Json) -> Json:
    """Return `value[key]` for a computed key.

    Raises:
        BindingError: as `look_up`; `binding.type` also when the key is neither text nor a whole number.
    """
    if isinstance(key, bool) or not isinstance(key, str | int):
        raise BindingError("binding.type", f"{kind_of(key)} cannot be a key; use a text or a whole number")
    return look_up(value, "the value", key)


def local(scope: Scope, name: str, *keys: str | int) -> Json:
    """Return a loop variable, or a value inside it."""
    return look_up(scope.locals, "", name, *keys)


def step(scope: Scope, step_id: str) -> StepValues:
    """Return a step as an expression sees it; `pending` before it runs."""
    return scope.steps.get(step_id) or StepValues()


def output(scope: Scope, step_id: str, *keys: str | int) -> Json:
    """Return the output of a step, or a value inside it.

    Raises:
        BindingError: `binding.missing` when the step has none, because it was skipped or has not run.
        BigValueError: if it is big and the scope is not patient.
    """
    view = step(scope, step_id)
    if view.status in _NO_OUTPUT:
        reason = "has not run" if view.status == "pending" else f"was {view.status}"
        raise SkippedStepError(
            "binding.missing",
            f"steps.{step_id}.output is missing, because the step {reason}; add | default(...) to allow for that",
        )
    if view.big and not scope.patient:
        raise BigValueError
    return look_up(view.output, f"steps.{step_id}.output", *keys)


def default(value: Callable[[], Json], fallback: Callable[[], Json], falsy: bool = False) -> Json:
    """Return the value, or the fallback if it is missing (`falsy`: empty or false)."""
    try:
        found = value()
    except BindingError as error:
        if error.type != "binding.missing":
            raise
        return fallback()
    return fallback() if falsy and not found else found


def is_defined(value: Callable[[], Json]) -> bool:
    """Return whether nothing in the value is missing."""
    try:
        value()
    except BindingError as error:
        if error.type != "binding.missing":
            raise
        return False
    return True


def null_when_skipped(bind: Callable[[Scope], Json]) -> Callable[[Scope], Json]:
    """Decorate an output: it is null if it reads a skipped step."""

    @functools.wraps(bind)
    def bind_or_null(scope: Scope) -> Json:
        try:
            return bind(scope)
        except SkippedStepError:
            return None

    return bind_or_null


def text(*parts: Json) -> str:
    """Join parts to one text, all but texts as JSON.

    Raises:
        BindingError: `binding.limit`.
    """
    made = [part if type(part) is str else to_text(part) for part in parts]
    check_text(sum(map(len, made)), "joining")
    return "".join(made)


def to_text(value: Json) -> str:
    """Return a value inside a text: a text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json_text(value)


def json_text(value: Json) -> str:
    """Return the JSON text of a value.

    Raises:
        BindingError: `binding.type` if it is not a JSON value.
    """
    known = is_json(value, _SMALL)
    if known is None:
        check_sharing(value, "text")
    if known is None and is_json(value):
        return "".join(text_pieces(value))
    return json.dumps(value if known else plain(value), ensure_ascii=False)


def plain(value: Json) -> Json:
    """Return a copy of plain dicts and lists; a scope also holds other containers.

    Raises:
        BindingError: `binding.type` if it is not a JSON value.
    """
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    raise BindingError("binding.type", f"the result is {kind_of(value)}")


def cut(value: Json, start: Json, stop: Json, stride: Json) -> Json:
    """`value[start:stop:stride]` of a list or a text.

    Raises:
        BindingError: `binding.type`.
    """
    if not isinstance(value, list | str):
        raise BindingError("binding.type", f"only lists and texts can be sliced, not {kind_of(value)}")
    for bound in (start, stop, stride):
        if bound is not None and (isinstance(bound, bool) or not isinstance(bound, int)):
            raise BindingError("binding.type", f"the bounds of a slice must be whole numbers, not {kind_of(bound)}")
    if stride == 0:
        raise BindingError("binding.value", "the step of a slice cannot be 0")
    part: Json = value[start:stop:stride]
    secrets = watched()
    if secrets is not None and isinstance(value, str):
        note_result(secrets, value, part)
    return part


def _entry(value: Any, key: str | int) -> Json:
    if isinstance(value, Mapping):
        return value[key]
    if isinstance(value, list | str) and isinstance(key, int):
        return value[key]
    raise TypeError


def _missing(value: Json, path: str, key: str | int) -> BindingError:
    where = f"{path} has" if path else "there is"
    if isinstance(value, Mapping):
        kind = "name" if path in ("", "inputs", "env", "secrets", "connection", "run") else "key"
        return BindingError("binding.missing", f"{where} no {kind} {key!r}; {key_list(value)}")
    return BindingError("binding.missing", f"{where} no item {key}; it has {len(value)}")


def _no_keys(value: Json, path: str, key: str | int) -> BindingError:
    # Null often stands for an absent value (a failed step's output), so a default applies to reads below it.
    error_type = "binding.missing" if value is None else "binding.type"
    if isinstance(value, list):
        return BindingError("binding.type", f"{path} is a list: it has positions such as [0], not the key {key!r}")
    return BindingError(error_type, f"{path} is {kind_of(value)}, so it has no {key!r}")
