"""`wftui web`: what it says, and how it ends."""

import signal
import sys
from pathlib import Path

import httpx
import pytest
from helpers import PATIENCE, Cli, free_port
from web.web_server import serving_web

from wftui.model.errors import ExitCode
from wftui.workbench import Settings


@pytest.mark.parametrize("package", ["starlette", "uvicorn", "websockets", "textual_serve"])
def test_without_the_extra_it_says_how_to_get_it(cli: Cli, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    code, _, errors = cli("web")
    assert (code, "error[web.missing]" in errors, "wftui[web]" in errors) == (ExitCode.USAGE, True, True)


def test_an_impossible_address_is_refused(cli: Cli) -> None:
    code, _, errors = cli("web", "--port", "99999")
    assert (code, "error[serve.address]" in errors) == (ExitCode.USAGE, True)


@pytest.mark.parametrize("command", [["web"], ["serve"], ["mcp", "serve", "--http"]])
def test_no_server_starts_with_tokens_that_others_may_read(cli: Cli, settings: Settings, command: list[str]) -> None:
    cli("serve", "token", "add", "ann", "--scope", "admin")
    settings.database.with_name(f"{settings.database.name}.tokens").chmod(0o644)
    code, _, errors = cli(*command, "--port", "0")
    assert (code, "error[token.file]" in errors, "chmod 600" in errors) == (ExitCode.FAILED, True, True)


def test_the_printed_address_opens_the_page_until_a_signal(tmp_path: Path) -> None:
    with (
        serving_web(tmp_path, "--host", "localhost") as server,
        httpx.Client(follow_redirects=True, timeout=PATIENCE) as client,
    ):
        assert client.get(server.address).status_code == 401
        page = client.get(server.page)
        assert (page.status_code, str(page.url)) == (200, server.address)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait() == 0
    # The token is shown once: the next start tells how to make another.
    with serving_web(tmp_path, "--port", str(free_port())) as second:
        assert second.page.endswith("?token=TOKEN")
