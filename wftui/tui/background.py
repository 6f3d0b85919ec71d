"""Work beside the keys of a screen."""

from collections.abc import Callable, Coroutine
from typing import Any

from textual.dom import DOMNode
from textual.worker import Worker

OPENING = frozenset({"ask", "cleanup", "edit", "leave", "rerun", "run", "save", "step"})
"""Groups of workers that open a dialog or a screen, which gets the keys that are typed meanwhile."""


def in_background(
    owner: DOMNode, work: Callable[[], Coroutine[Any, Any, None]], *, group: str = "default", exclusive: bool = False
) -> Worker[None]:
    """Have a worker of a screen or widget do something; it ends with its owner.

    Takes the function, not its coroutine, so that a worker cancelled before it begins leaves none behind unawaited.

    Args:
        exclusive: ends what the owner's workers of the same group are at.
    """
    return owner.run_worker(work, group=group, exclusive=exclusive)
