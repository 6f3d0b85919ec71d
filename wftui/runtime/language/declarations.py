"""How the filters, tests and functions of the expression language are declared: name, meaning, examples, type."""

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast

from wftui.runtime.language.derived_secrets import note_result, watched

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])

Gives = Literal["any", "string", "integer", "number", "boolean", "array", "object"]
"""The JSON type of what an entry gives."""

Takes = Literal["values", "filter", "test", "attribute test"]
"""What the arguments of a filter are.

`values` are values; `filter` and `test` are the literal name of one and its arguments (`map("upper")`);
`attribute test` is a literal path into each item and then a test.
"""

_EXAMPLE = re.compile(r"^ *>>> (.+)\n *(.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Entry:
    """A filter, test or function.

    Attributes:
        name: as expressions call it.
        function: what compiled expressions call.
        gives: JSON type of the result.
        takes: what its arguments are.
        attribute: the place among the arguments of `attribute`, a literal path into each item; None: it takes none.
    """

    name: str
    function: Callable[..., Any]
    gives: Gives
    takes: Takes
    attribute: int | None

    @property
    def description(self) -> str:
        """What it does, from the docstring, without the examples."""
        return " ".join(_EXAMPLE.sub("", self.function.__doc__ or "").split())

    @property
    def examples(self) -> list[tuple[str, str]]:
        """Expressions and what they give, as JSON."""
        return [(found[1], found[2].strip()) for found in _EXAMPLE.finditer(self.function.__doc__ or "")]


Table = dict[str, Entry]


def declare(
    table: Table, *names: str, gives: Gives = "any", takes: Takes = "values", attribute: int | None = None
) -> Callable[[FunctionT], FunctionT]:
    """Put the decorated function into a table, under one or more names; the first is the one to document."""

    def enter(function: FunctionT) -> FunctionT:
        entered = _noted(function) if gives in _WITH_TEXT and takes == "values" else function
        for name in names:
            table[name] = Entry(names[0], entered, gives, takes, attribute)
        return entered

    return enter


_WITH_TEXT = ("any", "string", "array", "object")


def _noted(function: FunctionT) -> FunctionT:
    """The function, which tells the run when it makes something of a secret."""

    @functools.wraps(function)
    def call(*arguments: Any, **more: Any) -> Any:
        result = function(*arguments, **more)
        secrets = watched()
        if secrets is not None:
            note_result(secrets, [*arguments, *more.values()], result)
        return result

    return cast("FunctionT", call)
