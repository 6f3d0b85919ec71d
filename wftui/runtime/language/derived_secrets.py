"""Derived secrets: results made of secrets, `secrets.token | upper`, are secret.

A run registers its secrets once. From then on, each filter whose arguments show a secret and whose result does not
adds its result to the secrets. Without a registered run, and after a filter whose result holds no text, nothing is
checked.
"""

from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Protocol

from wftui.model.base import Json

_MOST_TEXTS = 2_000
"""Most texts of a value to check: a secret in a table of a million rows is not one in an expression."""


class Secrets(Protocol):
    """The secrets of a run."""

    def holds_secret(self, text: str) -> bool:
        """Return whether a text shows a secret in a form that would be masked."""

    def add_derived(self, text: str) -> None:
        """Mask this text from now on."""


_known: ContextVar[Secrets | None] = ContextVar("known secrets", default=None)


def watch(secrets: Secrets) -> None:
    """Report values derived from these secrets, in this task and those it starts."""
    _known.set(secrets)


def watched() -> Secrets | None:
    """Return the secrets that collect derived ones; None without a run."""
    return _known.get()


def note_result(secrets: Secrets, arguments: Json, result: Json) -> None:
    """Record a result derived from secrets."""
    if any(map(secrets.holds_secret, _texts(arguments))):
        known = set(_texts(arguments))
        for text in _texts(result):
            if text not in known and not secrets.holds_secret(text):
                secrets.add_derived(text)


def _texts(value: Json) -> Iterator[str]:
    todo: list[Json] = [value]
    seen = 0
    while todo and seen < _MOST_TEXTS:
        found = todo.pop()
        if isinstance(found, str):
            seen += 1
            yield found
        elif isinstance(found, Mapping):
            todo += [*found, *found.values()][:_MOST_TEXTS]
        elif isinstance(found, list | tuple):
            todo += found[:_MOST_TEXTS]
