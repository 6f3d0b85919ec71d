"""docs/http.md: its `curl` lines work as shown, and its proxy streams events."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from api.api_server import Server, following, start, waits
from helpers import PATIENCE

from docs.nginx_proxy import proxied
from docs.page_runner import DOCS, Execute, blocks, run_page

PAGE = DOCS / "http.md"


@pytest.fixture
def server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for block in blocks(PAGE):
        if block.language == "json":
            file = folder / block.info
            file.parent.mkdir(parents=True)
            file.write_text(block.text)
    monkeypatch.setenv("WFTUI_TABLES", str(folder / "tables"))
    monkeypatch.setenv("WFTUI_DB", str(folder / "runs.db"))
    started = Server(folder / "tables", folder / "runs.db", "--allow-host", "workflows.example.com")
    monkeypatch.setenv("URL", started.url)
    monkeypatch.setenv("TOKEN", started.admin)
    yield started
    started.close()


def test_its_commands_work_as_shown(server: Server, folder: Path, execute: Execute) -> None:
    assert run_page(PAGE, folder, execute) == 22
    assert server.errors == []


def test_its_proxy_works_as_shown(server: Server, folder: Path) -> None:
    headers = {"Authorization": f"Bearer {server.admin}", "Host": "workflows.example.com"}
    with (
        proxied(PAGE, folder, {"127.0.0.1:8787": f"127.0.0.1:{server.port}"}) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=PATIENCE) as client,
    ):
        run_id = start(client, "deploy", {"host": "web1"})
        waits(client, run_id)
        with following(client, run_id) as events:
            for _, kind, _ in events:
                if kind == "step_waiting":  # long before the stream ends
                    break
        too_long = client.post("/api/workflows/execute", content=b"x" * 5_000_000)
        assert too_long.status_code == 413
