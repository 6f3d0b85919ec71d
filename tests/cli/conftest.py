"""What tests of the command line share."""

import pytest
from kit import Cli

from wftui.cli.main import main
from wftui.workbench import Settings


@pytest.fixture
def cli(settings: Settings, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs commands over a workspace of their own with the examples, and a new database."""

    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            code = main([*arguments, "--tables", str(settings.tables), "--db", str(settings.database)])
        except SystemExit as ended:
            code = int(str(ended.code))
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err + captured.out
        return code, captured.out, captured.err

    return run
