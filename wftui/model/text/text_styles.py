"""Styles of a text, such as colors, kept beside it as runs of characters.

Only styles are kept, in one canonical form; a program cannot hide text with them, or blink. Each line has styles of its
own, so that lines can be shown one by one.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Annotated, NamedTuple

from wftui.model.base import Field

_SGR = re.compile(r"\x1b\[([0-9;:]*)m")
_KEPT = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse", 9: "strike"}
_ENDED = {22: ("bold", "dim"), 23: ("italic",), 24: ("underline",), 27: ("reverse",), 29: ("strike",)}
_MOST_RUNS = 20_000
CODES_PATTERN = "^[0-9]{1,3}(;[0-9]{1,3}){0,20}$"


def _extended_color(numbers: Sequence[int], at: int) -> tuple[Sequence[int], int]:
    """Return the numbers of a color after 38 or 48, and where the next code is.

    Args:
        at: where these numbers begin: 5 and an index, or 2, red, green and blue. None are returned for anything else.
    """
    count = {5: 2, 2: 4}.get(numbers[at] if at < len(numbers) else -1, 0)
    values = numbers[at : at + count]
    return (values if count and len(values) == count and max(values) < 256 else ()), at + count


class StyleRun(NamedTuple):
    """Characters `start` to `end` of a text, and their codes in `ESC [ codes m`."""

    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=0)]
    codes: Annotated[str, Field(pattern=CODES_PATTERN)]


class Style:
    """Style that a terminal is in after some codes.

    Attributes:
        parts: codes by part: a color for `text` and `ground`, one number for `bold` and the other marks.
    """

    def __init__(self, codes: str = "") -> None:
        self.parts: dict[str, str] = {}
        if codes:
            self.follow(codes)

    @property
    def codes(self) -> str:
        """Codes that bring a terminal into this style; empty for none."""
        return ";".join(self.parts.values())

    def follow(self, codes: str) -> None:
        """Apply the codes of one sequence."""
        numbers = [int(each) if each and len(each) < 4 else 0 for each in re.split("[;:]", codes)]
        at = 0
        while at < len(numbers):
            number = numbers[at]
            at += 1
            if number in (38, 48):
                values, at = _extended_color(numbers, at)
                if values:
                    self.parts["text" if number == 38 else "ground"] = ";".join(map(str, [number, *values]))
            elif number == 0:
                self.parts.clear()
            elif number in _KEPT:
                self.parts[_KEPT[number]] = str(number)
            elif number in _ENDED:
                for name in _ENDED[number]:
                    self.parts.pop(name, None)
            elif 30 <= number <= 37 or 90 <= number <= 97:
                self.parts["text"] = str(number)
            elif 40 <= number <= 47 or 100 <= number <= 107:
                self.parts["ground"] = str(number)
            elif number in (39, 49):
                self.parts.pop("text" if number == 39 else "ground", None)


def split_styles(text: str) -> tuple[str, list[StyleRun]]:
    """Return a text without codes, and its styles; each line begins without any."""
    if "\x1b" not in text:
        return text, []
    plain: list[str] = []
    runs: list[StyleRun] = []
    size = 0
    for number, line in enumerate(text.split("\n")):
        if number:
            plain.append("\n")
            size += 1
        style, begin, since = Style(), size, 0
        for found in _SGR.finditer(line):
            size = _take(line[since : found.start()], plain, size)
            codes = style.codes
            style.follow(found[1])
            if style.codes != codes:
                _add(runs, begin, size, codes)
                begin = size
            since = found.end()
        size = _take(line[since:], plain, size)
        _add(runs, begin, size, style.codes)
    return "".join(plain), runs[:_MOST_RUNS]


def _take(piece: str, plain: list[str], size: int) -> int:
    plain.append(piece)
    return size + len(piece)


def _add(runs: list[StyleRun], start: int, end: int, codes: str) -> None:
    if codes and end > start:
        runs.append(StyleRun(start, end, codes))


def with_styles(text: str, runs: Iterable[StyleRun] | None) -> str:
    """Return a text with codes for its styles, each run ended where it ends."""
    pieces: list[str] = []
    at = 0
    for start, end, codes in runs or ():
        if at <= start < end <= len(text):
            pieces += [text[at:start], f"\x1b[{codes}m", text[start:end], "\x1b[0m"]
            at = end
    return "".join([*pieces, text[at:]]) if pieces else text


def styles_after(before: str, after: str, runs: Sequence[StyleRun]) -> list[StyleRun]:
    """Return the styles of a text after some lines were changed, which lose theirs."""
    old, new = before.split("\n"), after.split("\n")
    if len(old) != len(new):
        return []
    kept: list[StyleRun] = []
    start = shift = following = 0
    for line, changed in zip(old, new, strict=True):
        end = start + len(line)
        while following < len(runs) and runs[following].start <= end:
            run = runs[following]
            following += 1
            if line == changed:
                kept.append(StyleRun(run.start + shift, run.end + shift, run.codes))
        start = end + 1
        shift += len(changed) - len(line)
    return kept
