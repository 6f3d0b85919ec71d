"""A pause of the garbage collector during a compilation, or while its Python runs.

A compilation makes many objects that live until it ends, and hardly any cycles. The collector looks at all of them
again and again, which took 40 % of the time of 2,000 steps. Nor does it look at them all when the pause ends: that
held up keys and the start of a run, by 0.4 s at 10,000 steps.
"""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from wftui.model.json.big_values import settle_objects

_MANY = 20_000
"""Objects made in a pause that are too many for the next small collection: it would take longer than a frame."""
_LOCK = threading.Lock()
_pauses = 0
_was_enabled = False


@contextmanager
def collection_paused() -> Iterator[None]:
    """Pause the collector of cycles; the last of several pauses at once ends it."""
    global _pauses, _was_enabled
    with _LOCK:
        if _pauses == 0:
            _was_enabled = gc.isenabled()
            gc.disable()
        _pauses += 1
    try:
        yield
    finally:
        with _LOCK:
            _pauses -= 1
            if _pauses == 0 and _was_enabled:
                if gc.get_count()[0] > _MANY:
                    settle_objects()
                gc.enable()
