"""docs/http.md: its `curl` lines do what it shows, and its proxy passes events on as they happen."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from api.api_server import Server, following, free_port, start, waits
from helpers import wait_until

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
    assert run_page(PAGE, folder, execute) == 15
    assert server.errors == []


def test_its_proxy_works_as_shown(server: Server, folder: Path) -> None:
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None:
        pytest.skip("the program nginx is not installed")
    [shown] = [block.text for block in blocks(PAGE) if block.language == "nginx"]
    port = free_port()
    site = shown.replace("127.0.0.1:8443", f"127.0.0.1:{port}").replace("127.0.0.1:8787", f"127.0.0.1:{server.port}")
    places = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{places}{site}}}\n"
    )
    proxy = subprocess.Popen([nginx, "-p", str(folder), "-c", str(configuration), "-e", f"{folder}/error.log"])
    try:
        headers = {"Authorization": f"Bearer {server.admin}", "Host": "workflows.example.com"}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60) as client:

            def answers() -> bool:
                try:
                    return client.get("/health").status_code == 200
                except httpx.ConnectError:
                    return False

            wait_until(answers)
            run_id = start(client, "deploy", {"host": "web1"})
            waits(client, run_id)
            with following(client, run_id) as events:
                for _, kind, _ in events:
                    if kind == "step_waiting":  # long before the stream ends
                        break
            too_long = client.post("/api/workflows/execute", content=b"x" * 5_000_000)
            assert too_long.status_code == 413
    finally:
        proxy.terminate()
        proxy.wait()
