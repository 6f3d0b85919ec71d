"""Checks of step types, the same for built-in types and plugins."""

import inspect
import re
from collections.abc import Mapping, Set
from typing import Any, get_args
from unicodedata import east_asian_width

from pydantic import BaseModel

from wftui.connections.connection_kinds import KINDS
from wftui.runtime.validation.validator import schema_problems
from wftui.steps.api.function_step import step_type_of
from wftui.steps.api.step_type import PathUse, StepType

_WORD = re.compile(r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$")


class PluginError(Exception):
    """Plugin that cannot be used; the message says why."""


def plugin_step_type(thing: object, word: str | None = None) -> StepType[Any]:
    """Return the step type of a plugin, checked and ready to use.

    Args:
        word: the word it is announced under; None when only the step type names it.

    Raises:
        PluginError: when the thing is not a step type, or one that cannot work.
    """
    found = step_type_of(thing)
    if found is None:
        raise PluginError("it is neither a StepType nor a function decorated with @step")
    own = getattr(found, "word", None)
    if not isinstance(own, str) or not _WORD.fullmatch(own):
        raise PluginError(f"its word {own!r} must have a dot, as in acme.fetch, and only a-z, 0-9 and _ around it")
    if word is not None and own != word:
        raise PluginError(f"its own word is {own}")
    return checked(found)


def checked(found: type[StepType[Any]]) -> StepType[Any]:
    """Return an instance of a step type that has all a step type needs.

    Raises:
        PluginError: when something is missing or of the wrong kind.
    """
    for name in ("title", "description", "version"):
        if not isinstance(getattr(found, name, None), str):
            raise PluginError(f"its {name} must be a string")
    if not _is_sign(found.icon) or not (_is_sign(found.ascii_icon) and found.ascii_icon.isascii()):
        raise PluginError("its icon and ascii_icon must each be one character, one cell wide")
    for name in ("secret_fields", "visible_fields", "foreign_fields", "raw_fields", "early_fields"):
        if not isinstance(getattr(found, name), Set):
            raise PluginError(f"its {name} must be a set of field names")
    if not isinstance(found.path_fields, Mapping) or not set(found.path_fields.values()) <= set(get_args(PathUse)):
        raise PluginError(f"its path_fields must give one of {', '.join(get_args(PathUse))} for each field")
    if found.connection_kind is not None and found.connection_kind not in KINDS:
        raise PluginError(f"there is no connection kind {found.connection_kind!r}; available: {', '.join(KINDS)}")
    if not inspect.iscoroutinefunction(found.run):
        raise PluginError("its run must be an async function")
    model = found.input_model
    if model is not None and not (isinstance(model, type) and issubclass(model, BaseModel)):
        raise PluginError("its input_model is not a pydantic model")
    if not isinstance(found.output_schema, Mapping) or schema_problems(dict(found.output_schema)):
        raise PluginError("its output_schema is not a valid JSON Schema")
    made = found()
    made.input_schema()
    return made


def _is_sign(text: object) -> bool:
    return isinstance(text, str) and len(text) == 1 and text.isprintable() and east_asian_width(text) not in ("W", "F")
