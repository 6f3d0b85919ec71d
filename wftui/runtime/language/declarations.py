"""Declarations of the language's filters, tests and functions."""

import functools
import inspect
import re
from collections.abc import Callable
from typing import Any, Literal, TypeVar, cast

from wftui.model.data_class import dataclass
from wftui.runtime.language.derived_secrets import note_result, watched
from wftui.runtime.language.limits import check_sharing
from wftui.runtime.workflow_errors import BindingError

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])

Gives = Literal["any", "string", "integer", "number", "boolean", "array", "object"]
"""The JSON type of an entry's result."""

Takes = Literal["values", "filter", "test", "attribute test"]
"""The kind of a filter's arguments.

`values` are values; `filter` and `test` are the literal name of one and its arguments (`map("upper")`);
`attribute test` is a literal path into each item and then a test.
"""

_EXAMPLE = re.compile(r"^ *>>> (.+)\n *(.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Declaration:
    """A filter, test or function.

    Attributes:
        name: its name in expressions.
        function: called by compiled expressions.
        gives: JSON type of the result.
        takes: the kind of its arguments.
        attribute: the position of the argument `attribute`, a literal path into each item; None without it.
    """

    name: str
    function: Callable[..., Any]
    gives: Gives
    takes: Takes
    attribute: int | None

    @property
    def description(self) -> str:
        """The docstring without its examples."""
        return " ".join(_EXAMPLE.sub("", self.function.__doc__ or "").split())

    @property
    def needs_arguments(self) -> bool:
        """True if it takes more than the value in front of it, without defaults."""
        _value, *others = inspect.signature(self.function).parameters.values()
        return any(each.default is each.empty and each.kind is each.POSITIONAL_OR_KEYWORD for each in others)

    @property
    def examples(self) -> list[tuple[str, str]]:
        """Expressions and their results, as JSON."""
        return [(found[1], found[2].strip()) for found in _EXAMPLE.finditer(self.function.__doc__ or "")]


Table = dict[str, Declaration]


def declare(
    table: Table, *names: str, gives: Gives = "any", takes: Takes = "values", attribute: int | None = None
) -> Callable[[FunctionT], FunctionT]:
    """Register the decorated function under one or more names, the main name first."""

    def enter(function: FunctionT) -> FunctionT:
        entered = _guarded(function, names[0])
        entered = _noted(entered) if gives in _WITH_TEXT and takes == "values" else entered
        for name in names:
            table[name] = Declaration(names[0], entered, gives, takes, attribute)
        return entered

    return enter


def _guarded(function: FunctionT, name: str) -> FunctionT:
    """Return the function with extreme arguments refused.

    Over some its walk would not end; others are beyond the texts and numbers that Python converts.
    """

    @functools.wraps(function)
    def call(*arguments: Any, **more: Any) -> Any:
        for value in (*arguments, *more.values()):
            check_sharing(value, name)
        try:
            return function(*arguments, **more)
        except UnicodeError:
            message = f"{name} cannot process the value: the text has half a character (a lone surrogate)"
            raise BindingError("binding.value", message) from None
        except OverflowError:
            raise BindingError("binding.value", f"{name} cannot process the value: a number is too big") from None

    return cast("FunctionT", call)


_WITH_TEXT = ("any", "string", "array", "object")


def _noted(function: FunctionT) -> FunctionT:
    """Return the function, with results derived from secrets reported."""

    @functools.wraps(function)
    def call(*arguments: Any, **more: Any) -> Any:
        result = function(*arguments, **more)
        secrets = watched()
        if secrets is not None:
            note_result(secrets, [*arguments, *more.values()], result)
        return result

    return cast("FunctionT", call)
