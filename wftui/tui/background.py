"""Background work of screens and widgets."""

from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.timer import Timer
from textual.worker import Worker

OPENING = frozenset(
    {"ask", "choice", "cleanup", "edit", "leave", "load", "open", "rerun", "run", "save", "select", "step", "trust"}
)
"""Groups of workers that open a dialog or a screen, or select what the next key is about; keys wait for them."""
ASKING = frozenset({"ask", "choice", "open", "step"})
"""Those of them that write nothing before they have opened a dialog; Escape ends them while keys wait for it."""
LOADING = frozenset({"load"})
"""Groups of workers that read what a screen is about; keys wait for them."""


def in_background(
    owner: DOMNode, work: Callable[[], Coroutine[Any, Any, None]], *, group: str = "default", exclusive: bool = False
) -> Worker[None]:
    """Run work in a worker that ends with its owner.

    Takes a function instead of its coroutine, which would never be awaited if the worker is cancelled before it starts.

    Args:
        exclusive: cancel the owner's other workers of the group.
    """
    return owner.run_worker(partial(_until_closed, owner, work), group=group, exclusive=exclusive)


def once(owner: DOMNode, seconds: float, callback: Callable[[], object]) -> Timer:
    """Call back once after some time, however late the timer gets its turn.

    A timer of Textual leaves out times that have passed when it starts. On a busy machine that is all there is of a
    timer of a millisecond, which is then never called.
    """
    timer = owner.set_timer(seconds, callback)
    timer._skip = False
    return timer


async def _until_closed(owner: DOMNode, work: Callable[[], Awaitable[None]]) -> None:
    """Run work whose owner may be closed meanwhile: its widgets go before its workers."""
    try:
        await work()
    except NoMatches:
        if owner.is_attached and owner.display and owner.app.is_running:
            raise
