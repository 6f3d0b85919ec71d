"""Cached answers, valid while nothing has changed."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

_MOST_BYTES = 16 * 1024 * 1024
_MOST_ENTRIES = 256


@dataclass(frozen=True, slots=True)
class MadeAnswer:
    """A body, with the ETag of the data it was made from."""

    etag: str
    body: bytes


class AnswerCache:
    """The bodies of the newest answers, up to a number and a size."""

    def __init__(self) -> None:
        self._made: OrderedDict[Hashable, MadeAnswer] = OrderedDict()
        self._bytes = 0

    def get(self, key: Hashable, etag: str) -> bytes | None:
        """Return the cached body for a request, if it has this ETag."""
        found = self._made.get(key)
        if found is None or found.etag != etag:
            return None
        self._made.move_to_end(key)
        return found.body

    def put(self, key: Hashable, etag: str, body: bytes) -> None:
        """Keep a body, unless it would displace many others."""
        if len(body) > _MOST_BYTES // 8:
            return
        before = self._made.pop(key, None)
        self._bytes += len(body) - (len(before.body) if before is not None else 0)
        self._made[key] = MadeAnswer(etag, body)
        while self._bytes > _MOST_BYTES or len(self._made) > _MOST_ENTRIES:
            _, oldest = self._made.popitem(last=False)
            self._bytes -= len(oldest.body)
