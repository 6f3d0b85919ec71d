"""The report of a crash in a terminal."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hostile.hostile_texts import ALL, COLOR, acts
from rich.console import Console

from tui.terminal.pty_terminal import Terminal, last_run, run_slow
from wftui.tui.terminal.crash_report import crash_report

pytestmark = pytest.mark.pty


def test_crash_report_is_harmless(terminal: Callable[..., Terminal]) -> None:
    opened = terminal(start=f"def start(app): raise ValueError({ALL!r})")
    assert opened.exit_code() == 1
    report = COLOR.sub("", opened.raw.decode().rpartition("\x1b[?1049l")[2])
    assert "[red]not red[/]" in report
    after_modes = re.sub(r"\x1b\[[<>=?][0-9;]*[a-z]|\x1b\[23;2t|\x1b\[2 q", "", report).replace("\r\n", "\n")
    assert acts(after_modes) == []


LONG = "x y" * 40_000
KINDS = {
    "message": f"raise ValueError({LONG!r})",
    "lines": "raise ValueError('x\\n' * 100_000)",
    "chain": f"""
    error = None
    for _ in range(50):
        before, error = error, ValueError({LONG!r})
        error.__cause__ = before
    raise error""",
    "notes": f"""
    error = ValueError()
    for _ in range(50): error.add_note({LONG!r})
    raise error""",
    "group": f"raise ExceptionGroup({LONG!r}, [ValueError({LONG!r}) for _ in range(50)])",
    "groups in groups": f"""
    error = ValueError()
    for _ in range(50): error = ExceptionGroup({LONG!r}, [error, error])
    raise error""",
    "syntax": f"raise SyntaxError({LONG!r}, ('file', 1, 1, {LONG!r}))",
}


@pytest.mark.parametrize("kind", KINDS)
def test_crash_report_is_bounded(kind: str) -> None:
    """Rich lays out a message of 100,000 characters for nine seconds."""
    try:
        exec(f"if True:\n    {KINDS[kind]}")
    except (ValueError, SyntaxError, ExceptionGroup):
        printed = io.StringIO()
        Console(file=printed, width=80, force_terminal=True).print(crash_report())
    assert len(printed.getvalue()) < 30_000


@pytest.mark.slow
def test_crash_while_stalled_ends_program(
    terminal: Callable[..., Terminal], tmp_path: Path, put_workflow: Callable[..., Path], gate: Path, database: Path
) -> None:
    """Its run is completed first."""
    crash = tmp_path / "crash"
    opened = terminal(
        start=f"""
def start(app):
    def fail():
        if Path({str(crash)!r}).exists():
            raise ValueError("x" * 100_000)
    app.set_interval(0.02, fail)
"""
    )
    run_slow(opened, gate)
    opened.stop_reading()
    opened.press("\x1b[B\x1b[A" * 50)
    crash.touch()
    gate.touch()
    assert opened.exit_code() == 1
    assert last_run(database).status == "completed"
