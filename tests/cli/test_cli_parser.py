"""The parser of one command line, with the arguments of its command only."""

import argparse
from collections.abc import Iterator
from contextlib import suppress

import pytest

from wftui.cli.parser import build_parser
from wftui.cli.remote import check_remote
from wftui.model.errors import UsageError


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


def test_every_option_refuses_an_empty_value(capsys: pytest.CaptureFixture[str]) -> None:
    """An unset variable in `--older-than "$AGE"` gives one, which would be ignored."""
    lines = [[*words, option, ""] for words, option in _options_with_values()]
    lines += [[*line[:-2], f"{line[-2]}="] for line in lines if line[-2].startswith("--")]
    assert len(lines) > 100
    parser = build_parser()
    for line in lines:
        with pytest.raises(SystemExit) as stopped:
            parser.parse_args(line)
        assert stopped.value.code == 2
        assert "the value is empty" in capsys.readouterr().err, line


def test_help_and_completion_offer_a_server_where_it_is_accepted() -> None:
    offered, accepted = set[str](), set[str]()
    for parser in _parsers(build_parser()):
        if "--remote" in parser.format_help():
            offered.add(parser.prog)
        _, command, action, *_ = [*parser.prog.split(), None, None]
        given = argparse.Namespace(
            command=command, action=action, remote="http://host", token_file=None, tables=None, db=None
        )
        with suppress(UsageError):
            check_remote(given)
            accepted.add(parser.prog)
    assert offered == accepted
    assert {"wftui", "wftui list", "wftui history"} <= offered
    assert not {"wftui compile", "wftui history import", "wftui connections add"} & offered


def _parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                yield from _parsers(child)


def _options_with_values() -> Iterator[tuple[list[str], str]]:
    for parser in _parsers(build_parser()):
        for action in parser._actions:
            if action.option_strings and action.nargs != 0:
                yield parser.prog.split()[1:], action.option_strings[-1]
