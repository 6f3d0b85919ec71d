"""Themes for dark and light terminals, and the styles all screens share."""

from collections.abc import Mapping

from textual.theme import Theme

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


def rule_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of the house rules that no theme has."""
    return {"focused-border": "double" if first_theme(environment) == NO_COLORS else "round"}


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
