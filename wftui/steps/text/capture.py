"""Bounded memory of a process's output: all of it when it is small, else its beginning and its end.

What is cut is cut between lines or words where that is possible, and an ellipsis marks the place: by it the engine
knows half a secret.
"""

import codecs

from wftui.model.cuts import ELLIPSIS, ending

_LINE = 500
_PIECE = 1024 * 1024


class Capture:
    """Keeps at most `limit` bytes: the first half and the last half of what was written.

    Attributes:
        total: bytes written so far.
    """

    def __init__(self, limit: int) -> None:
        self.total = 0
        self._limit = limit
        self._head = bytearray()
        self._tail = bytearray()

    def write(self, data: bytes) -> None:
        """Take note of the next bytes."""
        self.total += len(data)
        room = self._limit // 2 - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        self._tail += data
        if len(self._tail) > 2 * self._limit:
            del self._tail[: -self._limit]

    @property
    def truncated(self) -> bool:
        """True if something was dropped."""
        return self.total > self._limit

    def text(self) -> str:
        """What was kept, as text; a cut is said in a line of its own, and whole lines are cut where there are any."""
        if not self.truncated:
            return _decoded(self._head, self._tail)
        tail = self._tail[-(self._limit - len(self._head)) :]
        # rfind and find give -1 where there is no line end, and then where there is no space either.
        head = self._head[: (self._head.rfind(b"\n") + 1) or (self._head.rfind(b" ") + 1) or len(self._head)]
        tail = tail[(tail.find(b"\n") + 1) or (tail.find(b" ") + 1) :]
        cut = self.total - len(head) - len(tail)
        start, end = head.decode("utf-8", "replace"), tail.decode("utf-8", "replace")
        return f"{start.rstrip()}\n{ELLIPSIS} {cut:,} bytes cut {ELLIPSIS}\n{end}"

    def ending(self, limit: int) -> str:
        """At most so many characters of its end."""
        return ending(self.text(), limit)

    def last_line(self) -> str:
        """The last line that is not empty, for error messages; empty when there is none."""
        end = (self._head + self._tail)[-8192:].decode("utf-8", "replace").rstrip()
        return ending(end.rpartition("\n")[2].strip(), _LINE)


def _decoded(*stretches: bytearray) -> str:
    """The text of stretches that follow one another, in pieces: a big one would hold up every thread."""
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    parts = []
    for stretch in stretches:
        with memoryview(stretch) as view:
            parts += [decode(view[start : start + _PIECE]) for start in range(0, len(view), _PIECE)]
    return "".join([*parts, decode(b"", True)])
