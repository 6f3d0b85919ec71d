"""docs/tutorial.md: what it shows happens, from the command line of a new user."""

import re
from pathlib import Path

from docs.page_runner import DOCS, Execute, blocks, commands, run_page


def test_the_tutorial_works_as_written(folder: Path, execute: Execute) -> None:
    assert run_page(DOCS / "tutorial.md", folder, execute) > 15


def test_every_command_of_its_sentences_is_run() -> None:
    page = DOCS / "tutorial.md"
    run = [command.text for block in blocks(page) if block.language == "console" for command in commands(block)]
    named = re.findall(r"`(wftui \w[^`\n]*)`", page.read_text(encoding="utf-8"))
    assert named
    assert [each for each in named if not any(line.startswith(each) for line in run)] == []
