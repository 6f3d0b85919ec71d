"""docs/tutorial.md: what it shows happens, from the command line of a new user."""

from pathlib import Path

from docs.page_runner import DOCS, Execute, run_page


def test_the_tutorial_works_as_written(folder: Path, execute: Execute) -> None:
    assert run_page(DOCS / "tutorial.md", folder, execute) > 15
