"""Raw process output as batches of log lines."""

import asyncio
import codecs
import re
from collections.abc import Awaitable, Callable
from typing import Literal

from wftui.model.text.cuts import ELLIPSIS
from wftui.model.text.text_styles import Style

OutputStream = Literal["stdout", "stderr"]
LogSink = Callable[[str, OutputStream], None]
"""Takes one or more whole lines, separated by newlines."""
LogDrain = Callable[[], Awaitable[None]]
"""Waits while more is logged than stored; who reads a pipe waits too, and then who writes to it."""

BATCH_SECONDS = 0.05
"""Lines that come within this time are logged together."""
_BATCH_SIZE = 500_000
"""Characters that are logged at once, although more may come."""
MAX_LINE = 32_768
"""Characters after which a line is broken, so that one without an end is seen too."""

_CONTROL_SEQUENCES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])|[\x00-\x08\x0b-\x1f\x7f]"
)

_COLOR = re.compile(r"\x1b\[([0-9;:]*)m")


class LineDecoder:
    """Incremental line decoder; keeps the last state of `\r` progress bars.

    Of control sequences, colors are kept; each line begins with those that are on.

    Args:
        colors: keep them.

    Attributes:
        replaced: some bytes were not in the encoding; each is a U+FFFD in the text.
    """

    def __init__(self, encoding: str = "utf-8", *, colors: bool = True) -> None:
        self._style = Style() if colors else None
        self._decoder = codecs.getincrementaldecoder(encoding)("strict")
        self.replaced = False
        self._rest = ""

    def feed(self, data: bytes, *, final: bool = False) -> list[str]:
        """Return lines that are complete; with `final`, the rest too."""
        text = self._rest + self._decode(data, final)
        *lines, self._rest = text.split("\n")
        if "\r" in self._rest[:-1]:
            self._rest = self._rest[self._rest.rindex("\r", 0, -1) + 1 :]
        while len(self._rest) > MAX_LINE:
            # Broken between words where it can be; by the ellipses half a secret is known for what it is.
            border = self._rest.rfind(" ", MAX_LINE // 2, MAX_LINE) + 1 or MAX_LINE
            lines.append(self._rest[:border] + ELLIPSIS)
            self._rest = ELLIPSIS + self._rest[border:]
        if final and self._rest:
            lines.append(self._rest)
            self._rest = ""
        return [self._printable(line) for line in lines]

    def _decode(self, data: bytes, final: bool) -> str:
        state = self._decoder.getstate()
        try:
            return self._decoder.decode(data, final)
        except UnicodeError:
            self.replaced = True
            self._decoder.setstate(state)
            self._decoder.errors = "replace"
            text = self._decoder.decode(data, final)
            self._decoder.errors = "strict"
            return text

    def _printable(self, line: str) -> str:
        line = line.rstrip("\r")
        if self._style is None or ("\x1b" not in line and not self._style.codes):
            return _CONTROL_SEQUENCES.sub("", line[line.rfind("\r") + 1 :])
        earlier, _, line = line.rpartition("\r")
        for found in _COLOR.finditer(earlier):
            self._style.follow(found[1])
        codes = self._style.codes
        for found in _COLOR.finditer(line):
            self._style.follow(found[1])
        line = _CONTROL_SEQUENCES.sub(lambda found: found[0] if _COLOR.fullmatch(found[0]) else "", line)
        return f"\x1b[{codes}m{line}" if codes else line


class LogBatcher:
    """Batches lines for a sink and keeps the order across both streams.

    Attributes:
        replaced: streams in which bytes were not in their encoding; the caller clears it.
    """

    def __init__(self, sink: LogSink) -> None:
        self.replaced: set[OutputStream] = set()
        self._sink = sink
        self._waiting: list[tuple[OutputStream, list[str]]] = []
        self._size = 0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, stream: OutputStream, lines: list[str]) -> None:
        """Log these lines soon."""
        if not lines:
            return
        if self._waiting and self._waiting[-1][0] == stream:
            self._waiting[-1][1].extend(lines)
        else:
            self._waiting.append((stream, lines))
        self._size += sum(map(len, lines))
        if self._size > _BATCH_SIZE:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(BATCH_SECONDS, self.flush)

    def flush(self) -> None:
        """Log pending lines now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting, self._size = self._waiting, [], 0
        for stream, lines in waiting:
            self._sink("\n".join(lines), stream)
