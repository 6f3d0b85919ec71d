"""Bounded capture of output: its beginning and its end.

What is cut is cut between lines or words where that is possible, and an ellipsis marks the place: by it the engine
knows half a secret.
"""

import codecs

from wftui.model.text.cuts import ELLIPSIS, ending

_LINE = 500
_REPLACEMENT = "\ufffd"
_PIECE = 1024 * 1024


class Capture:
    """Buffer of at most `limit` bytes: the first and the last half of the output.

    Attributes:
        total: bytes written so far.
        encoding: of the output; other bytes are replaced.
    """

    def __init__(self, limit: int, encoding: str = "utf-8") -> None:
        self.total = 0
        self.encoding = encoding
        self._limit = limit
        self._head = bytearray()
        self._tail = bytearray()

    def write(self, data: bytes) -> None:
        """Add bytes."""
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

    @property
    def replaced(self) -> bool:
        """True if bytes of the output are not in its encoding."""
        if self.truncated or _REPLACEMENT not in self.text():
            return False
        return _decoded(self.encoding, self._head, self._tail, errors="ignore") != self.text()

    def text(self) -> str:
        """Return the text; a line marks the cut, made between lines if possible."""
        if not self.truncated:
            return _decoded(self.encoding, self._head, self._tail)
        tail = self._tail[-(self._limit - len(self._head)) :]
        # rfind and find give -1 where there is no line end, and then where there is no space either.
        head = self._head[: (self._head.rfind(b"\n") + 1) or (self._head.rfind(b" ") + 1) or len(self._head)]
        tail = tail[(tail.find(b"\n") + 1) or (tail.find(b" ") + 1) :]
        cut = self.total - len(head) - len(tail)
        start, end = head.decode(self.encoding, "replace"), tail.decode(self.encoding, "replace")
        return f"{start.rstrip()}\n{ELLIPSIS} {cut:,} bytes cut {ELLIPSIS}\n{end}"

    def ending(self, limit: int) -> str:
        """Return at most `limit` characters from the end; … marks the cut."""
        return ending(self.text(), limit)

    def last_line(self) -> str:
        """Return the last line that is not empty, or an empty text."""
        end = (self._head + self._tail)[-8192:].decode(self.encoding, "replace").rstrip()
        return ending(end.rpartition("\n")[2].strip(), _LINE)


def _decoded(encoding: str, *stretches: bytearray, errors: str = "replace") -> str:
    """Decode in pieces: a large text at once would block every thread."""
    decode = codecs.getincrementaldecoder(encoding)(errors).decode
    parts = []
    for stretch in stretches:
        with memoryview(stretch) as view:
            parts += [decode(view[start : start + _PIECE]) for start in range(0, len(view), _PIECE)]
    return "".join([*parts, decode(b"", True)])
