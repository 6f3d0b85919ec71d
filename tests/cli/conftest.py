"""Fixtures of the tests of the command line."""

import time
from datetime import UTC, datetime

import pytest
from helpers import Cli

from wftui.cli.main import main
from wftui.workbench import Settings


@pytest.fixture
def bare_cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs commands as they are given."""

    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            code = main(arguments)
        except SystemExit as ended:
            code = int(str(ended.code))
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err + captured.out
        return code, captured.out, captured.err

    return run


@pytest.fixture
def cli(bare_cli: Cli, settings: Settings) -> Cli:
    """Runs commands over a separate workspace with the examples, and a new database."""
    return lambda *arguments: bare_cli(*arguments, "--tables", str(settings.tables), "--db", str(settings.database))


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A time zone in which it is about noon, so that no day ends during the test."""
    monkeypatch.setenv("TZ", f"NOON{datetime.now(UTC).hour - 12:+d}")
    time.tzset()
