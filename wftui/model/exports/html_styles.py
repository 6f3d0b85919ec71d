"""Styles of log lines in HTML; the sixteen colors fit dark and light pages."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence

from wftui.model.text.text_styles import Style, StyleRun

_LIGHT = ("#000", "#b00020", "#1b6e2e", "#8a5a00", "#0b57d0", "#8e24aa", "#006a6a", "#5f6368")
_DARK = ("#9aa0a6", "#ff8a80", "#81c995", "#ffd180", "#8ab4f8", "#e5a4f5", "#78d9ec", "#fff")
_MARKS = {"bold": "b", "dim": "d", "italic": "i", "underline": "u", "reverse": "r", "strike": "s"}
_COLORS = {"text": ("c", "color"), "ground": ("g", "background")}
"""Class of the sixteen colors, and property of all others."""

CSS = "\n".join(
    [
        *(f".c{n} {{ color: light-dark({_LIGHT[n]}, {_DARK[n]}); }}" for n in range(8)),
        *(f".g{n} {{ background: color-mix(in srgb, {_LIGHT[n]} 30%, transparent); }}" for n in range(8)),
        ".b { font-weight: bold; } .d { opacity: .7; } .i { font-style: italic; }",
        ".u { text-decoration: underline; } .s { text-decoration: line-through; } .r { outline: 1px solid; }",
    ]
)


def styled_lines(text: str, runs: Sequence[StyleRun] | None, to_html: Callable[[str], str]) -> Iterator[str]:
    """Yield the lines of a text as HTML.

    Args:
        to_html: escapes a piece of text.
    """
    rest = deque(runs or ())
    start = 0
    for line in text.split("\n"):
        end, at, pieces = start + len(line), start, []
        while rest and rest[0].start < end:
            run = rest.popleft()
            if at <= run.start < run.end <= end:
                pieces.append(to_html(text[at : run.start]))
                pieces.append(_span(run.codes, to_html(text[run.start : run.end])))
                at = run.end
        yield "".join([*pieces, to_html(text[at:end])])
        start = end + 1


def _span(codes: str, inner: str) -> str:
    classes: list[str] = []
    colors: list[str] = []
    for part, written in Style(codes).parts.items():
        if part not in _COLORS:
            classes.append(_MARKS[part])
            continue
        first, *more = map(int, written.split(";"))
        if more:
            red, green, blue = more[1:] if len(more) == 4 else _indexed(more[1])
            colors.append(f"{_COLORS[part][1]}:rgb({red},{green},{blue})")
        else:
            classes.append(f"{_COLORS[part][0]}{first % 10}")
    attributes = f' class="{" ".join(classes)}"' if classes else ""
    if colors:
        attributes += f' style="{";".join(colors)}"'
    return f"<span{attributes}>{inner}</span>" if attributes else inner


def _indexed(number: int) -> tuple[int, int, int]:
    """Return red, green and blue of a color of the palette of 256."""
    if number >= 232:
        grey = 8 + 10 * (number - 232)
        return grey, grey, grey
    if number >= 16:
        steps = (0, 95, 135, 175, 215, 255)
        rest = number - 16
        return steps[rest // 36], steps[rest // 6 % 6], steps[rest % 6]
    text = _LIGHT[number % 8].removeprefix("#")
    text = "".join(each * 2 for each in text) if len(text) == 3 else text
    return int(text[:2], 16), int(text[2:4], 16), int(text[4:], 16)
