"""Reports on the terminal."""

from collections.abc import Iterable

from wftui.cli.terminal import Terminal
from wftui.model.reports import ReportLine, Tone

_COLORS: dict[Tone, str] = {"heading": "bold", "dim": "dim", "good": "green", "bad": "red", "changed": "yellow"}


def print_report(terminal: Terminal, lines: Iterable[ReportLine]) -> None:
    """Print a report, in color on a terminal."""
    for line in lines:
        color = _COLORS.get(line.tone)
        terminal.line(terminal.paint(line.text, color) if color and line.text else line.text)
