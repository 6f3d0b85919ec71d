"""Bounded memory of a process's output: all of it when it is small, else its beginning and its end."""


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
        """Whether something was dropped."""
        return self.total > self._limit

    def text(self) -> str:
        """What was kept, as text; a cut is said in a line of its own, and whole lines are cut where there are any.

        Whole lines matter for secrets too: half of one would not be recognised.
        """
        if not self.truncated:
            return (self._head + self._tail).decode("utf-8", "replace")
        tail = self._tail[-(self._limit - len(self._head)) :]
        head = self._head[: self._head.rfind(b"\n") + 1 or len(self._head)]
        first_line_end = tail.find(b"\n")
        if first_line_end >= 0:
            tail = tail[first_line_end + 1 :]
        cut = self.total - len(head) - len(tail)
        start, end = head.decode("utf-8", "replace"), tail.decode("utf-8", "replace")
        return f"{start.rstrip()}\n… {cut:,} bytes cut …\n{end}"

    def last_line(self) -> str:
        """The last line that is not empty, for error messages; empty when there is none."""
        end = (self._head + self._tail)[-4096:].decode("utf-8", "replace").rstrip()
        return end.rpartition("\n")[2].strip()
