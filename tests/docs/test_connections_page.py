"""docs/connections.md: its commands do what it shows."""

from pathlib import Path

from docs.page_runner import DOCS, Execute, run_page


def test_its_commands_work_as_shown(folder: Path, execute: Execute) -> None:
    assert run_page(DOCS / "connections.md", folder, execute) == 7
