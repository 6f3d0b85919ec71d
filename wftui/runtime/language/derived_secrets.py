"""What expressions make of secrets is secret too: `secrets.token | upper`, `inputs.password[:8]`.

A run says once which secrets it knows. From then on each filter whose arguments show one, and whose result does not
show it any more, makes its result known as a secret. Where no run has said so, and after a filter that gives no text,
nothing is looked at.
"""

from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Protocol

from wftui.model.base import Json

_MOST_TEXTS = 2_000
"""Texts of a value that are looked at: a secret in a table of a million lines is not one in an expression."""


class Secrets(Protocol):
    """The secrets of a run."""

    def holds_secret(self, text: str) -> bool:
        """Whether a text shows a secret in a form that would be masked."""

    def add_derived(self, text: str) -> None:
        """Mask this text from now on."""


_known: ContextVar[Secrets | None] = ContextVar("known secrets", default=None)


def watch(secrets: Secrets) -> None:
    """Let what is made of these secrets, in this task and those it starts, be known to them."""
    _known.set(secrets)


def watched() -> Secrets | None:
    """The secrets to tell of what is made of them; None when nobody asks."""
    return _known.get()


def note_result(secrets: Secrets, arguments: Json, result: Json) -> None:
    """Take note of what an expression made of its arguments."""
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
