import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wftui.model.run.record import ExecutionRecord, ExecutionStatus
from wftui.model.run.steps import ExecutionError
from wftui.model.text.glyphs import ascii_only
from wftui.tui.display.formatting import ago
from wftui.tui.display.theme import first_theme
from wftui.tui.exit_summary import summary_lines
from wftui.tui.terminal.capabilities import TerminalError, check_terminal, erases_with_background
from wftui.workbench import Settings, Workbench


@pytest.mark.parametrize(
    ("environment", "encoding", "expected"),
    [
        ({"LANG": "en_US.UTF-8"}, "utf-8", False),
        ({"LANG": "de_DE.utf8"}, "utf-8", False),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "C"}, "utf-8", True),
        ({"LANG": "C"}, "utf-8", True),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, "utf-8", True),
        ({"LANG": "de_DE.UTF-8", "LC_CTYPE": "C.UTF-8"}, "utf-8", False),
        ({"LC_CTYPE": "C.UTF-8"}, "utf-8", False),
        ({"LANG": "en_US.ISO-8859-1"}, "iso-8859-1", True),
        ({}, "utf-8", False),
        ({}, "ascii", True),
        ({}, None, True),
    ],
)
def test_ascii_is_used_where_the_locale_cannot_show_more(
    environment: Mapping[str, str], encoding: str | None, expected: bool
) -> None:
    assert ascii_only(environment, encoding) is expected


@pytest.mark.parametrize(
    ("environment", "theme"),
    [
        ({}, "wftui-dark"),
        ({"COLORFGBG": "0;15"}, "wftui-light"),
        ({"COLORFGBG": "15;0"}, "wftui-dark"),
        ({"NO_COLOR": "1"}, "ansi-dark"),
    ],
)
def test_the_theme_follows_the_terminal(environment: Mapping[str, str], theme: str) -> None:
    assert first_theme(environment) == theme


def test_without_a_terminal_the_command_line_is_pointed_at() -> None:
    with pytest.raises(TerminalError, match="wftui run ID"):
        check_terminal({"TERM": "xterm"})


async def test_run_app_refuses_before_it_touches_anything(tmp_path: Path) -> None:
    from wftui.tui.launch import run_app

    bench = Workbench(Settings(tables=tmp_path, database=tmp_path / "runs.db"))
    with pytest.raises(TerminalError):
        await run_app(bench)
    assert not (tmp_path / "runs.db").exists()


def test_exit_summary_has_one_aligned_line_per_run() -> None:
    def record(
        workflow: str, run: str, status: ExecutionStatus, duration: float | None, error: str = ""
    ) -> ExecutionRecord:
        return ExecutionRecord(
            id=run,
            workflow_id=workflow,
            status=status,
            duration=duration,
            error=ExecutionError(message=error) if error else None,
        )

    records = [
        record("backup", "01k9x2m4q-aaaaa", "completed", 4200),
        record("repo_health", "01k9x2m4q-bbbbb", "failed", 320, "no such folder\nat line 1"),
        record("backup", "01k9x2m4q-ccccc", "cancelled", None),
    ]
    assert summary_lines(records, ascii_only=False) == [
        "✓ backup       01k9x2m4q-aaaaa  completed       4.2s",
        "✗ repo_health  01k9x2m4q-bbbbb  failed         320ms  no such folder",
        "■ backup       01k9x2m4q-ccccc  cancelled",
    ]
    assert summary_lines(records[:1], ascii_only=True)[0].startswith("+ backup")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-3, "just now"), (2, "just now"), (40, "40 s ago"), (150, "2 min ago"), (7200, "2 h ago"), (200_000, "2 d ago")],
)
def test_times_are_relative_to_now(seconds: int, text: str) -> None:
    now = datetime(2026, 11, 2, 10, 30, tzinfo=UTC)
    assert ago(datetime.fromtimestamp(now.timestamp() - seconds, tz=UTC), now) == text
    assert ago(datetime(2025, 1, 2, tzinfo=UTC), now) == "2025-01-02"


_FIRST_FRAME = """
import asyncio, sys
from pathlib import Path
from wftui.cli.session import settings_of
from wftui.cli.parser import build_parser
from wftui.tui.app import WftuiApp
from wftui.workbench import Workbench
from wftui.workbench.engine_thread import EngineThread, on_engine_thread

class Started(WftuiApp):
    def _display(self, screen, renderable):
        if not self.return_value:
            print(*[name for name in {late!r} if name in sys.modules], parsed.count("WftuiApp.DEFAULT_CSS"))
        self.exit(True)

from textual.css.stylesheet import parse
import textual.css.stylesheet
parsed = []

def watched(scope, css, read_from, **options):
    parsed.append(read_from[1])
    return parse(scope, css, read_from, **options)

textual.css.stylesheet.parse = watched

async def main():
    words = sys.argv[1:]
    async with EngineThread() as engine:
        app = Started(on_engine_thread(Workbench(settings_of(build_parser(words).parse_args(words))), engine))
        await app.run_async(headless=True)

asyncio.run(main())
"""


def test_the_first_frame_needs_no_heavy_import_and_parses_styles_once(tmp_path: Path) -> None:
    late = [
        *("jinja2", "jsonschema", "tree_sitter", "httpx2", "aiosqlite", "pydantic", "json", "hashlib", "sqlite3"),
        *("wftui.compiler", "wftui.engine", "wftui.store", "wftui.model.base", "wftui.settings.keys"),
        *("wftui.workbench.protocols", "wftui.workbench.workflow_service", "wftui.workbench.step_service"),
        *("textual.widgets._text_area", "textual.widgets._markdown", "textual.widgets._data_table"),
    ]
    script = _FIRST_FRAME.replace("{late!r}", repr(late))
    places = ["--tables", str(tmp_path / "tables"), "--db", str(tmp_path / "runs.db")]
    done = subprocess.run([sys.executable, "-c", script, *places], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1"]


def test_json_is_highlighted_without_a_crash() -> None:
    """Some pairs of tree-sitter and Textual crash the process, so use another one."""
    script = """
import asyncio
from textual.app import App
from wftui.tui.widgets.source.source_view import SourceView
class Probe(App):
    def compose(self):
        yield SourceView()
async def main():
    app = Probe()
    async with app.run_test() as pilot:
        view = app.query_one(SourceView)
        view.show('{\\n  "a": [1, true, null, "x"]\\n}\\n')
        await pilot.pause()
        view.focus()
        await pilot.press("down", "end", "enter", "x", "backspace", "ctrl+z")
        assert view.language == "json" and view.is_syntax_aware
        view.show('{"a": "' + "x" * 200_000 + '"}')
        await pilot.pause()
        assert view.language is None
asyncio.run(main())
print("fine")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "fine\n"), done.stderr


@pytest.mark.parametrize(
    ("name", "erases"), [("xterm-256color", True), ("tmux-256color", True), ("screen", False), ("screen.xterm", False)]
)
def test_only_gnu_screen_erases_without_the_background(name: str, erases: bool) -> None:
    assert erases_with_background({"TERM": name}) is erases
