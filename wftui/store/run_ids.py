"""Run ids: short, sortable by time, easy to read aloud."""

import secrets
import threading

from wftui.model.clock import Clock
from wftui.store.sqlite.times import to_milliseconds

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_RANDOM_BITS = 25


class _RunIds:
    """Ids of this process: unique, and ascending within a millisecond."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = -1

    def next(self, milliseconds: int) -> int:
        """Return the next id as a number: the time, then the random part."""
        with self._lock:
            last = self._last >> _RANDOM_BITS
            # Counting up may carry into the time, which is then one millisecond ahead of the clock.
            if milliseconds in (last, last - 1):
                self._last += 1
            else:
                self._last = (milliseconds << _RANDOM_BITS) + secrets.randbits(_RANDOM_BITS)
            return self._last


_run_ids = _RunIds()


def new_id(clock: Clock) -> str:
    """Return a run id such as `01k9x2m4q-7hd3f`.

    Nine characters of milliseconds and five at random, in Crockford's base 32. Within a millisecond this process counts
    up from its random part. Two processes may draw the same id: the store refuses the second `created` event
    (`RunExistsError`), and the executor takes another id.
    """
    number = _run_ids.next(to_milliseconds(clock()))
    return f"{_encode(number >> _RANDOM_BITS, 9)}-{_encode(number, 5)}"


def _encode(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, 32)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
