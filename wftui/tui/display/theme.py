"""Themes for dark and light terminals, and the styles all screens share."""

from collections.abc import Iterator, Mapping, Sequence

from textual.color import Color, ColorParseError
from textual.theme import Theme

_LEAST_CONTRAST = 3.1
"""3 by the Web Content Accessibility Guidelines, of large text and graphics; and what is lost to rounding."""
_COLORS = ("primary", "secondary", "accent", "success", "warning", "error")
_OF_TEXT = (*_COLORS, *(f"text-{name}" for name in _COLORS), "foreground-muted")
"""Variables of themes that text is drawn in."""
_GROUNDS = ("background", "surface", "panel", "boost", "primary-muted", "block-cursor-blurred-background")
"""Those that it is drawn on."""

DARK = Theme(
    name="wftui-dark",
    dark=True,
    primary="#6fb3d2",
    secondary="#8fa3bf",
    accent="#c39ae0",
    success="#85c28a",
    warning="#e0b46a",
    error="#e27a83",
    foreground="#d3d9e3",
    background="#12161d",
    surface="#171c25",
    panel="#202733",
    variables={
        "border": "#6fb3d2",
        "border-blurred": "#323c4b",
        "block-cursor-background": "#2b4a5c",
        "block-cursor-foreground": "#eef3f8",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#202733",
        "block-cursor-blurred-foreground": "#d3d9e3",
        "input-selection-background": "#6fb3d2 30%",
        "footer-background": "#12161d",
        "footer-key-foreground": "#6fb3d2",
        "scrollbar": "#323c4b",
        "scrollbar-background": "#171c25",
        "button-focus-text-style": "bold",
        "button-color-foreground": "#12161d",
    },
)
"""Muted blue-grey; color marks statuses and focus."""

LIGHT = Theme(
    name="wftui-light",
    dark=False,
    primary="#1f6f9c",
    secondary="#5a6b80",
    accent="#7b41a8",
    success="#2b7a42",
    warning="#946200",
    error="#b3303f",
    foreground="#1f2731",
    background="#f4f5f7",
    surface="#fbfbfc",
    panel="#e5e8ed",
    variables={
        "border": "#1f6f9c",
        "border-blurred": "#c3cad4",
        "block-cursor-background": "#cfe3ef",
        "block-cursor-foreground": "#10161d",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#e5e8ed",
        "block-cursor-blurred-foreground": "#1f2731",
        "footer-background": "#f4f5f7",
        "footer-key-foreground": "#1f6f9c",
        "scrollbar": "#c3cad4",
        "scrollbar-background": "#eceef1",
        "button-focus-text-style": "bold",
        "button-color-foreground": "#fbfbfc",
    },
)
"""The same for light terminals."""

DARK_16 = Theme(
    name=DARK.name,
    dark=True,
    primary="#55ffff",
    secondary="#aaaaaa",
    accent="#ff55ff",
    success="#55ff55",
    warning="#ffff55",
    error="#ff5555",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#0000aa",
    variables={
        **DARK.variables,
        "border": "#55ffff",
        "border-blurred": "#555555",
        "primary-muted": "#0000aa",
        "block-cursor-background": "#0000aa",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-blurred-background": "#555555",
        "block-cursor-blurred-foreground": "#ffffff",
        "input-selection-background": "#0000aa",
        "footer-background": "#000000",
        "footer-key-foreground": "#55ffff",
        "scrollbar": "#555555",
        "scrollbar-background": "#000000",
        "button-color-foreground": "#000000",
    },
)
"""The dark theme in the 16 colors of a terminal.

Any other color becomes the nearest of these, which is grey for muted ones. Backgrounds that mark something are blue:
every status can be read on it, and the console of Linux has no bright backgrounds.
"""

LIGHT_16 = Theme(
    name=LIGHT.name,
    dark=False,
    primary="#0000aa",
    secondary="#555555",
    accent="#555555",
    success="#00aa00",
    warning="#aa00aa",
    error="#aa0000",
    foreground="#000000",
    background="#ffffff",
    surface="#ffffff",
    panel="#55ffff",
    variables={
        **LIGHT.variables,
        "border": "#0000aa",
        "border-blurred": "#aaaaaa",
        "primary-muted": "#55ffff",
        "block-cursor-background": "#55ffff",
        "block-cursor-foreground": "#000000",
        "block-cursor-blurred-background": "#aaaaaa",
        "block-cursor-blurred-foreground": "#000000",
        "input-selection-background": "#55ffff",
        "footer-background": "#ffffff",
        "footer-key-foreground": "#0000aa",
        "scrollbar": "#aaaaaa",
        "scrollbar-background": "#ffffff",
        "button-color-foreground": "#ffffff",
    },
)
"""The same for light terminals, on which yellow cannot be read."""

NO_COLORS = "ansi-dark"
"""Textual's theme with the terminal's own colors, dropped under `NO_COLOR`."""

THEMES = (DARK, LIGHT)

WIDE = 110
"""Columns from which screens have the class `-wide`: panes are side by side."""

HOUSE_RULES = """
* {
    scrollbar-size-vertical: 1;
    scrollbar-size-horizontal: 1;
}

Toast {
    max-width: 72;
}

/* A pane with a title in its border; its color, or without colors its lines, show the focus. */
.pane {
    border: round $border-blurred;
    border-title-color: $foreground-muted;
    border-subtitle-color: $foreground-muted;
    background: $background;
}
.pane:focus, .pane:focus-within {
    border: $focused-border $border;
    border-title-color: $primary;
    border-title-style: bold;
}

/* The head of a list, over its columns. */
.heading {
    height: 1;
    margin-top: 1;
    padding: 0 2;
    color: $foreground-muted;
    text-wrap: nowrap;
}

/* A dialog in the middle of the screen. */
ModalScreen {
    align: center middle;
    background: $background 60%;
}
.dialog {
    width: auto;
    min-width: 40;
    max-width: 90%;
    height: auto;
    max-height: 90%;
    padding: 1 2;
    border: round $border;
    border-title-color: $primary;
    border-title-style: bold;
    background: $surface;
}
"""
"""Styles shared by screens; the DEFAULT_CSS of a widget takes precedence."""


NO_COLOR_RULES = """
/* Under NO_COLOR, what Textual marks by a background alone. */
Input:ansi > .input--cursor, Input:ansi > .input--selection {
    background: ansi_default;
    color: ansi_default;
    text-style: reverse;
}
/* Textual does not draw reversed options. */
OptionList:ansi > .option-list--option-highlighted { text-style: bold underline; }
Button:ansi:focus { text-style: bold reverse; }
/* A border takes the only line of a compact button, and with it the label. */
Button:ansi.-textual-compact, Button:ansi.-textual-compact:disabled { border: none !important; }
"""
"""Styles of a terminal without colors; they take precedence over those of widgets."""


def themes_in(color_system: str | None) -> tuple[Theme, ...]:
    """Return the themes for a terminal: `standard` is one of at most 16 colors."""
    return (DARK_16, LIGHT_16) if color_system == "standard" else THEMES


def rule_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of the house rules that no theme has."""
    return {"focused-border": "double" if first_theme(environment) == NO_COLORS else "round"}


def completed(variables: dict[str, str], environment: Mapping[str, str], color_system: str | None) -> dict[str, str]:
    """Complete the variables of a theme, and return them: Textual keeps this object.

    Colors of text are made stronger, except in a terminal of 16 colors: those are chosen for text, and a shade of one
    may become grey.
    """
    if color_system != "standard":
        variables.update(with_readable_text(variables))
    variables.update(rule_variables(environment))
    return variables


def first_theme(environment: Mapping[str, str]) -> str:
    """Return the theme to start with, by `NO_COLOR` and `COLORFGBG`.

    Light if `COLORFGBG` (set by rxvt, Konsole, iTerm and others) names a bright background.
    """
    if "NO_COLOR" in environment:
        return NO_COLORS
    background = environment.get("COLORFGBG", "").rpartition(";")[2]
    return LIGHT.name if background in {"7", "15"} else DARK.name


def theme_for(background: tuple[float, float, float]) -> str:
    """Return the theme for a background: red, green and blue from 0 to 1."""
    red, green, blue = background
    return LIGHT.name if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5 else DARK.name


def with_readable_text(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a theme with its faint colors of text made stronger."""
    below, strongest = _color(variables, "background"), _color(variables, "foreground")
    if below is None or strongest is None:
        return dict(variables)
    found = dict(variables)
    for names, drawn_on in ((_OF_TEXT, _GROUNDS), (("footer-key-foreground",), ("footer-background",))):
        grounds = [below + color for name in drawn_on if (color := _color(variables, name)) is not None]
        for name in names:
            color = _color(variables, name)
            if color is not None and (stronger := _strengthened(color, grounds, strongest)) != color:
                found[name] = stronger.hex
    return found


def _strengthened(color: Color, grounds: Sequence[Color], strongest: Color) -> Color:
    """Return a color, stronger as far as it could not be read otherwise."""

    def can_be_read(shade: Color) -> bool:
        return all(contrast(ground + shade, ground) >= _LEAST_CONTRAST for ground in grounds)

    return next(filter(can_be_read, _shades(color, strongest)), strongest)


def _shades(color: Color, strongest: Color) -> Iterator[Color]:
    """Yield stronger shades of a color: more opaque ones, then mixtures."""
    for part in range(11):
        yield color.with_alpha(color.a + (1 - color.a) * part / 10)
    opaque = color.with_alpha(1)
    for part in range(1, 11):
        yield opaque.blend(strongest, part / 10)


def _color(variables: Mapping[str, str], name: str) -> Color | None:
    """Return a color of a theme; None for one that only the terminal knows."""
    try:
        color = Color.parse(variables[name])
    except (KeyError, ColorParseError):
        return None
    return color if color.ansi is None and not color.auto else None


def contrast(one: Color, other: Color) -> float:
    """Return the contrast of two colors, from 1 to 21.

    Source: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
    """
    dark, light = sorted(_luminance(each) for each in (one, other))
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
