"""docs/command-line.md has all exit codes, environment variables and arguments."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import wftui
from docs.page_runner import DOCS
from wftui.cli.parser import build_parser
from wftui.model.errors import ExitCode
from wftui.steps.process.process_mark import MARK

PAGE = (DOCS / "command-line.md").read_text(encoding="utf-8")
FORMAT = (DOCS / "workflow-format.md").read_text(encoding="utf-8")


def arguments(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.Action]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                yield from arguments(child)
        else:
            yield parser.prog, action


def test_every_argument_has_a_help_text() -> None:
    assert [(prog, action.dest) for prog, action in arguments(build_parser()) if not action.help] == []


def test_every_exit_code_has_a_line() -> None:
    assert re.findall(r"^\| (\d+) \| \S", PAGE, re.MULTILINE) == [str(code.value) for code in ExitCode]


def test_every_environment_variable_has_a_line() -> None:
    folder = Path(wftui.__file__).parent
    read = {name for path in folder.rglob("*.py") for name in re.findall(r"\bWFTUI_[A-Z_]+\b", path.read_text())}
    shown = set(re.findall(r"`(WFTUI_[A-Z]+)`[^|]*\|", PAGE + FORMAT))
    assert read - {MARK} == shown
