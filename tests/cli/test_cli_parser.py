"""The parser of one command line, with the arguments of its command only."""

import argparse

import pytest

from wftui.cli.parser import build_parser


@pytest.mark.parametrize(
    "words",
    [
        "",
        "--help",
        "frobnicate",
        "run",
        "run --help",
        "run run",
        "--db list run x",
        "--tables run list --json",
        "compile list --all",
        "history import file",
        "serve token add --help",
        "mcp serve --help",
        "steps new",
        "lis",
    ],
)
def test_it_answers_as_the_parser_of_all_commands(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    line = words.split()
    assert _answer(build_parser(line), line, capsys) == _answer(build_parser(), line, capsys)


def _answer(parser: argparse.ArgumentParser, line: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """Return arguments or exit code, and what was printed."""
    try:
        result = repr(parser.parse_args(line))
    except SystemExit as stopped:
        result = f"exit {stopped.code}"
    printed = capsys.readouterr()
    return result, printed.out + printed.err
