"""Log lines: clean, short and with spaces for tabs; colors become styles."""

from rich.text import Text
from textual.content import Content

from wftui.model.text.terminal_text import clean_text, without_colors

TAB = 8
LONGEST = 10_000
"""Maximum length of a displayed line, in characters."""


def clean(line: str) -> str:
    """Strip control sequences except colors; apply carriage returns."""
    if "\r" in line:
        line = line.rstrip("\r").rpartition("\r")[2]
    if len(line) > LONGEST:
        line = f"{line[:LONGEST]}… ({len(line):,} characters)"
    line = clean_text(line)
    if not line.isascii():
        line = line.encode("utf-8", "ignore").decode()  # no lone surrogates
    return line.expandtabs(TAB) if "\t" in line else line


def plain(line: str) -> str:
    """Strip colors from a clean line, for search, filter and copy."""
    return without_colors(line)


def colored(line: str) -> Content:
    """Return a clean line as styled content."""
    if "\x1b" not in line:
        return Content(line)
    return Content.from_rich_text(Text.from_ansi(line))
