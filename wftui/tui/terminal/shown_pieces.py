"""Leave out of a frame what the terminal shows already.

Widgets such as text areas repaint all of their lines for each key: over a slow line that is seconds.
"""

import re

from rich.cells import cell_len
from rich.console import Console
from textual._compositor import ChopsUpdate  # the update that `App._display` gets

_MOVE = re.compile(r"\x1b\[(\d+);(\d+)H")
_STYLE = re.compile(r"\x1b\[[0-9;:]*m|\x1b\]8;[^\x1b\x07]*(?:\x1b\\|\x07)")

_RUN = re.compile(r"\x1b\[[0-9;:]+m[^\x1b]*\x1b\[0m")
"""A text in one style, independent of what surrounds it."""


class ShownPieces:
    """The pieces of lines that were written last, by row and column."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[int, tuple[int, str]]] = {}

    def forget(self) -> None:
        """Forget everything: the next frame is written as a whole."""
        self._rows.clear()

    def changed(self, update: ChopsUpdate) -> ChopsUpdate:
        """Return an update that writes only the pieces that differ."""
        return _Changed(self, update)

    def without_shown(self, sequence: str) -> str:
        """Return the sequence without pieces that are shown; take the others as shown."""
        before, *pieces = _MOVE.split(sequence)
        kept = [before]
        for row, column, text in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True):
            text = text.rstrip("\r\n")
            plain = _STYLE.sub("", text)
            start, width = int(column), cell_len(plain)
            known = self._rows.setdefault(row, {})
            before = known.get(start)
            if before == (width, text):
                continue
            if not plain.isprintable():
                known.clear()  # it may move the cursor
            else:
                for other in [at for at, (wide, _) in known.items() if at < start + width and start < at + wide]:
                    del known[other]
                known[start] = (width, text)
            skipped = 0
            if before is not None and before[0] == width and known.get(start) == (width, text):
                skipped, text = _different(before[1], text)
            kept.append(f"\x1b[{row};{start + skipped}H{text}")
        return "".join(kept)


def _different(old: str, new: str) -> tuple[int, str]:
    """Return the cells before the first difference of two pieces, and that part."""
    parts, known = _RUN.findall(new), _RUN.findall(old)
    if "".join(parts) != new or "".join(known) != old:
        return 0, new  # not in styled runs only
    same = 0
    while same < min(len(parts), len(known)) and parts[same] == known[same]:
        same += 1
    rest = 0
    while rest < min(len(parts), len(known)) - same and parts[-1 - rest] == known[-1 - rest]:
        rest += 1
    width = sum(cell_len(_STYLE.sub("", part)) for part in parts[:same])
    return width, "".join(parts[same : len(parts) - rest])


class _Changed(ChopsUpdate):
    def __init__(self, shown: ShownPieces, update: ChopsUpdate) -> None:
        super().__init__(update.chops, update.spans, update.chop_ends)
        self._shown = shown

    def render_segments(self, console: Console) -> str:
        """Return the sequence of the pieces that differ."""
        return self._shown.without_shown(super().render_segments(console))
