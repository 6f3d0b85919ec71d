"""Ids of runs: short, sortable by time, easy to read aloud."""

import secrets

from wftui.model.clock import Clock
from wftui.store.sqlite.times import to_milliseconds

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(clock: Clock) -> str:
    """A run id such as `01k9x2m4q-7hd3f`: nine characters of milliseconds, five at random, in Crockford's base 32."""
    milliseconds = to_milliseconds(clock())
    return f"{_encode(milliseconds, 9)}-{_encode(secrets.randbits(25), 5)}"


def _encode(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, 32)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
