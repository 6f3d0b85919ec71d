"""`wftui mcp serve`: options that do not go together, and addresses."""

import sys

import pytest
from helpers import Cli

from wftui.model.errors import ExitCode


@pytest.mark.parametrize(
    "option", [("--host", "0.0.0.0"), ("--port", "0"), ("--allow-host", "x"), ("--on-stop", "leave")]
)
def test_options_of_http_are_refused_without_it(cli: Cli, option: tuple[str, str]) -> None:
    code, _, errors = cli("mcp", "serve", *option)
    assert (code, f"error[mcp.http_only] {option[0]} is for --http" in errors) == (ExitCode.USAGE, True)


def test_an_impossible_address_is_refused(cli: Cli) -> None:
    code, _, errors = cli("mcp", "serve", "--http", "--port", "99999")
    assert (code, "error[serve.address]" in errors) == (ExitCode.USAGE, True)


def test_without_the_extra_it_says_how_to_get_it(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    code, _, errors = cli("mcp", "serve", "--http")
    assert (code, "error[mcp.missing]" in errors, "wftui[mcp]" in errors) == (ExitCode.USAGE, True, True)
