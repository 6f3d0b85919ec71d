"""The HTTP server: memory, event latency, requests against a bare route."""

import asyncio
import contextlib
import http.client
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from measure import Row, measure_pair

ROOT = Path(__file__).parents[2]
REQUESTS = 200
BARE = """
import sys
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

body = b"x" * int(sys.argv[1])

async def bare(request):
    return Response(body, media_type="application/json")

app = Starlette(routes=[Route("/", bare)])
uvicorn.run(app, port=int(sys.argv[2]), log_config=None, access_log=False, lifespan="off", timeout_keep_alive=75)
"""


class _Served:
    """A server in a process of its own."""

    def __init__(self, folder: Path) -> None:
        for name, steps in (("ticks", _ticks()), ("asks", [_ASK])):
            file = folder / "tables" / "workflows" / name / "workflow.json"
            file.parent.mkdir(parents=True)
            file.write_text(json.dumps({"format": 1, "id": name, "steps": steps}))
        command = [sys.executable, "-m", "wftui", "serve", "--port", "0", "--on-stop", "cancel"]
        command += ["--tables", str(folder / "tables"), "--db", str(folder / "runs.db")]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.token = self.process.stdout.readline().split()[-1]
        self.port = int(self.process.stdout.readline().strip().rpartition(":")[2])
        self.headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port)

    def ask(self, method: str, path: str, body: object = None) -> bytes:
        """Make one request on the open connection."""
        text = None if body is None else json.dumps(body)
        self.connection.request(method, path, text, self.headers)
        return self.connection.getresponse().read()

    def start(self, workflow_id: str) -> str:
        """Start a run."""
        found: dict[str, Any] = json.loads(self.ask("POST", "/api/workflows/execute", {"workflowId": workflow_id}))
        return str(found["id"])

    def stop(self) -> None:
        """End the server."""
        self.process.terminate()
        self.process.wait()


_ASK = {"id": "ok", "type": "approval", "input": {"prompt": "Go on?"}}


def _ticks() -> list[dict[str, object]]:
    nap = {"id": "nap", "type": "delay", "input": {"for": "50ms"}}
    return [
        {"id": "begin", "type": "delay", "input": {"for": "2s"}},
        {"id": "each", "type": "group", "forEach": {"in": "range(60)"}, "steps": [nap]},
    ]


def rows() -> Iterable[Row]:
    """Everything about the server."""
    code = "import time; b = time.process_time(); import wftui.api.server; print(time.process_time() - b)"
    imports = [float(subprocess.check_output([sys.executable, "-c", code], text=True)) for _ in range(5)]
    yield Row("serve: import", f"{statistics.median(imports) * 1000:.0f} CPU ms")
    with tempfile.TemporaryDirectory() as name:
        served = _Served(Path(name))
        try:
            served.ask("GET", "/health")
            process = psutil.Process(served.process.pid)
            yield Row("serve: idle memory", f"{process.memory_info().rss / 1e6:.0f} MB")
            for clients in (1, 100):
                yield asyncio.run(_latency(served, clients))
            yield from _requests(served)
            yield asyncio.run(_idle(served, process))
        finally:
            served.stop()


async def _follow(served: _Served, run_id: str, late: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    request = f"GET /api/workflows/execute/{run_id}/events HTTP/1.1\r\nHost: localhost\r\n"
    writer.write(f"{request}Authorization: Bearer {served.token}\r\n\r\n".encode())
    try:
        while line := await reader.readline():
            if line.startswith(b"data: "):
                now = datetime.now(UTC)
                event = json.loads(line[6:])
                if event["type"].startswith(("step_", "iteration_")):
                    late.append((now - datetime.fromisoformat(event["timestamp"])).total_seconds() * 1000)
                if event["type"] == "completed":
                    return
    finally:
        writer.close()


async def _latency(served: _Served, clients: int) -> Row:
    run_id = served.start("ticks")
    late: list[float] = []
    await asyncio.gather(*(_follow(served, run_id, late) for _ in range(clients)))
    late.sort()
    middle, most = statistics.median(late), late[int(len(late) * 0.99)]
    aim = 10 if clients == 1 else 50
    return Row(
        f"serve: event to {clients} client{'s' * (clients > 1)}",
        f"p50 {middle:.1f} ms, p99 {most:.1f} ms",
        f"aim p50 {aim} ms",
        middle / aim,
        1,
    )


def _requests(served: _Served) -> Iterable[Row]:
    run_id = served.start("asks")
    for name, path in (("record", f"/api/workflows/execute/{run_id}"), ("history", "/api/workflows/history?limit=20")):
        size = len(served.ask("GET", path))
        port = _free_port()
        bare = subprocess.Popen([sys.executable, "-c", BARE, str(size), str(port)])
        connection = http.client.HTTPConnection("127.0.0.1", port)
        try:
            _until_it_answers(connection)

            def ours(path: str = path) -> float:
                begin = time.perf_counter()
                for _ in range(REQUESTS):
                    served.ask("GET", path)
                return time.perf_counter() - begin

            def theirs(connection: http.client.HTTPConnection = connection) -> float:
                begin = time.perf_counter()
                for _ in range(REQUESTS):
                    connection.request("GET", "/", headers=served.headers)
                    connection.getresponse().read()
                return time.perf_counter() - begin

            pair = measure_pair(ours, theirs, rounds=5)
        finally:
            bare.terminate()
            bare.wait()
        yield Row(
            f"serve: {name} of {size:,} bytes",
            f"{REQUESTS / pair.median_a:,.0f} requests/s",
            f"bare route: {REQUESTS / pair.median_b:,.0f}",
            pair.ratio,
            3,
        )


def _free_port() -> int:
    """A port that is free, and not one of those from which connections come."""
    for port in range(20_000, 30_000):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise OSError("no port is free")


def _until_it_answers(connection: http.client.HTTPConnection) -> None:
    while True:
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
            return
        except ConnectionError:
            connection.close()
            time.sleep(0.02)


async def _idle(served: _Served, process: psutil.Process) -> Row:
    run_id = served.start("asks")

    async def used() -> float:
        await asyncio.sleep(2)
        before, begin = process.cpu_times(), time.monotonic()
        await asyncio.sleep(8)
        after = process.cpu_times()
        seconds = after.user + after.system - before.user - before.system
        return seconds / (time.monotonic() - begin) * 100

    without = await used()
    followers = [asyncio.create_task(_follow(served, run_id, [])) for _ in range(100)]
    cost = await used() - without
    for each in followers:
        each.cancel()
    await asyncio.gather(*followers, return_exceptions=True)
    return Row(
        "serve: 100 idle followers", f"{cost:.2f} % CPU", f"none: {without:.2f} %, aim 1 % more", max(cost, 0.0), 1
    )
