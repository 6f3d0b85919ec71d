import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from helpers import PATIENCE, run_to_end

from wftui.workbench import Workbench

PATIENT = {"timeoutSeconds": PATIENCE}
"""A busy machine may need longer than the ten seconds of the example."""


class Site(BaseHTTPRequestHandler):
    """A site with `/ok`, `/moved` to it, `/gone` (404), `/flaky` (503 once), else 500."""

    seen: dict[str, int]

    def do_GET(self) -> None:
        self.seen[self.path] = self.seen.get(self.path, 0) + 1
        status = {"/ok": 200, "/moved": 302, "/gone": 404, "/flaky": 503 if self.seen[self.path] == 1 else 200}
        self.send_response(status.get(self.path, 500))
        if self.path == "/moved":
            self.send_header("Location", "/ok")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[tuple[str, dict[str, int]]]:
    seen: dict[str, int] = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Fresh", (Site,), {"seen": seen}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", seen
    server.shutdown()
    server.server_close()
    thread.join()


async def test_reachable_sites(workbench: Workbench, site: tuple[str, dict[str, int]]) -> None:
    base, seen = site
    record = await run_to_end(
        workbench, "site_check", {**PATIENT, "urls": [f"{base}/ok", f"{base}/moved", f"{base}/flaky"]}
    )
    assert record.status == "completed", record.error
    assert record.outputs["failed"] == []
    ok, moved, flaky = record.outputs["sites"]
    assert (ok["status"], ok["redirects"]) == (200, [])
    assert (moved["status"], len(moved["redirects"])) == (200, 1)
    assert (flaky["status"], flaky["attempts"], seen["/flaky"]) == (200, 2, 2)
    assert "all 3 sites answered" in record.outputs["report"]
    alarm = record.step("alarm")
    assert alarm is not None
    assert (alarm.status, alarm.skip_reason) == ("skipped", "when is false")


async def test_failing_sites_take_the_failure_branch(workbench: Workbench, site: tuple[str, dict[str, int]]) -> None:
    base, seen = site
    urls = [f"{base}/ok", f"{base}/gone", "http://127.0.0.1:9/nobody-listens"]
    record = await run_to_end(workbench, "site_check", {**PATIENT, "urls": urls})
    assert record.status == "completed", record.error
    assert [entry["url"] for entry in record.outputs["failed"]] == urls[1:]
    assert seen["/gone"] == 1, "a 404 is not tried again"
    assert record.outputs["failed"][1]["attempts"] == 3
    assert "2 of 3 sites failed" in record.outputs["report"]
    well = record.step("all_well")
    assert well is not None
    assert well.status == "skipped"


async def test_no_url_is_an_invalid_input(workbench: Workbench) -> None:
    record = await run_to_end(workbench, "site_check", {"urls": []})
    assert record.status == "failed"
    assert record.started_at is None
    assert record.error is not None
    assert record.error.type.startswith("validation")
    assert "/urls" in str(record.error.details)
