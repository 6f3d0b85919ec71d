"""Whether something that a plugin offers is a step type that can be used."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from wftui.steps.base import StepType
from wftui.steps.function_step import step_type_of

_WORD = re.compile(r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$")


class PluginError(Exception):
    """What a plugin offers cannot be used; the text says why."""


def usable(thing: object, word: str | None = None) -> StepType[Any]:
    """The step type, ready to use.

    Args:
        word: the word it is announced under; None when it says itself.

    Raises:
        PluginError: when it is none, or one that would not work.
    """
    found = step_type_of(thing)
    if found is None:
        raise PluginError("it is neither a StepType nor a function with @step")
    own = getattr(found, "word", None)
    if not isinstance(own, str) or not _WORD.fullmatch(own):
        raise PluginError(f"its word {own!r} must have a dot, as in acme.fetch, and only a-z, 0-9 and _ around it")
    if word is not None and own != word:
        raise PluginError(f"it calls itself {own}")
    if not isinstance(getattr(found, "title", None), str):
        raise PluginError("it has no title")
    model = found.input_model
    if model is not None and not (isinstance(model, type) and issubclass(model, BaseModel)):
        raise PluginError("its input_model is no pydantic model")
    if not isinstance(found.output_schema, Mapping):
        raise PluginError("its output_schema is no JSON Schema")
    made = found()
    made.input_schema()
    return made
