"""The report of a crash in a terminal."""

import re
from collections.abc import Callable

import pytest
from hostile.hostile_texts import ALL, COLOUR, acts

from tui.terminal.pty_terminal import Terminal

pytestmark = pytest.mark.pty


def test_crash_report_is_harmless(terminal: Callable[..., Terminal]) -> None:
    opened = terminal(start=f"def start(app): raise ValueError({ALL!r})")
    assert opened.exit_code() == 1
    report = COLOUR.sub("", opened.raw.decode().rpartition("\x1b[?1049l")[2])
    assert "[red]not red[/]" in report
    after_modes = re.sub(r"\x1b\[[<>=?][0-9;]*[a-z]|\x1b\[23;2t|\x1b\[2 q", "", report).replace("\r\n", "\n")
    assert acts(after_modes) == []
