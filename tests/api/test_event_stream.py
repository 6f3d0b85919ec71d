"""The event stream of a run: complete, ordered, unique, after any failure."""

import asyncio
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest
import uvicorn
from helpers import PATIENCE, free_port, patience, wait_until, write_workflow

from api.api_server import (
    Event,
    Server,
    all_events,
    each_of,
    ended,
    following,
    record,
    serving,
    start,
    waits,
    write_workflows,
)
from wftui.api.app import make_app
from wftui.api.call import ServerState
from wftui.workbench import Settings, Workbench


def numbers(events: list[Event]) -> list[int | None]:
    return [number for number, _, _ in events]


def approve(client: httpx.Client, run_id: str) -> None:
    answer = client.post(f"/api/workflows/execute/{run_id}/answer", json={"path": "ok", "approved": True})
    assert answer.status_code == 200, answer.text


@pytest.mark.slow
def test_early_and_late_clients_get_the_identical_list(client: httpx.Client, server: Server) -> None:
    run_id = start(client, "talks")

    def follow(_: int) -> list[Event]:
        with server.client() as own:
            return all_events(own, run_id)

    with ThreadPoolExecutor(100) as threads:
        early = [threads.submit(follow, number) for number in range(50)]
        waits(client, run_id)
        late = [threads.submit(follow, number) for number in range(50)]
        wait_until(lambda: psutil.Process(server.process.pid).num_fds() > 100)
        approve(client, run_id)
        lists = [each.result() for each in (*early, *late)]
    assert numbers(lists[0]) == list(range(1, len(lists[0]) + 1))
    assert len(lists[0]) > 400
    assert all(each == lists[0] for each in lists)
    assert all_events(client, run_id) == lists[0]
    shown = server.wftui("show", run_id, "--events", "--json")
    assert [data for _, _, data in lists[0]] == json.loads(shown)


def test_a_client_resumes_at_any_event(client: httpx.Client) -> None:
    run_id = start(client, "asks")
    waits(client, run_id)
    approve(client, run_id)
    ended(client, run_id)
    events = all_events(client, run_id)
    for after in range(len(events)):
        assert all_events(client, run_id, after) == events[after:]
        assert all_events(client, run_id, last_id=after) == events[after:]
    path = f"/api/workflows/execute/{run_id}/events"
    # An EventSource does not connect again after 204.
    assert client.get(path, headers={"Last-Event-ID": str(len(events))}).status_code == 204
    for wrong in ("x", "-1", "1.5", "9" * 40):
        assert client.get(path, headers={"Last-Event-ID": wrong}).status_code == 400


async def test_a_stream_without_news_carries_comments(workbench: Workbench, settings: Settings) -> None:
    write_workflows(settings.tables)
    made = await workbench.tokens.add("ada", "read")
    listener = socket.create_server(("127.0.0.1", 0))
    app = make_app(workbench, ServerState(keep_alive=0.01))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    serving_task = asyncio.create_task(server.serve(sockets=[listener]))
    run_id = await workbench.runs.start("asks", {})
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/api/workflows/execute/{run_id}/events"
    comments = 0
    async with (
        patience(),
        httpx.AsyncClient(headers={"Authorization": f"Bearer {made.token}"}, timeout=PATIENCE) as client,
        client.stream("GET", url) as answer,
    ):
        async for line in answer.aiter_lines():
            comments += line.startswith(":")
            if comments == 3:
                break
    server.should_exit = True
    await serving_task


def test_an_interrupted_run_keeps_its_stream_open_until_it_ends(tmp_path: Path) -> None:
    write_workflows(tmp_path / "tables")
    port = free_port()
    with serving(tmp_path / "tables", tmp_path / "runs.db", port=port) as first:
        token = first.admin
        with first.client() as client:
            run_id = start(client, "asks")
            waits(client, run_id)
            before: list[Event] = []
            with following(client, run_id) as events:
                for event in events:
                    before.append(event)
                    if event[1] == "step_waiting":
                        break
        first.process.kill()
        first.process.wait()
    with serving(tmp_path / "tables", tmp_path / "runs.db", port=port) as second, second.client(token) as client:
        after: list[Event] = []
        last = before[-1][0]
        with following(client, run_id, last_id=last) as events:
            for event in events:
                if event[1] == ":":
                    continue
                after.append(event)
                if event[1] == "interrupted":
                    assert client.post(f"/api/workflows/execute/{run_id}/resume", json={}).status_code == 202
                if event[1] == "resumed":
                    waits(client, run_id)
                    approve(client, run_id)
        assert numbers([*before, *after]) == list(range(1, len(before) + len(after) + 1))
        assert [kind for _, kind, _ in after if kind in ("interrupted", "resumed", "completed")] == [
            "interrupted",
            "resumed",
            "completed",
        ]
        assert all_events(client, run_id) == [*before, *after]


def test_clients_hear_goodbye_before_the_server_ends(client: httpx.Client, server: Server) -> None:
    run_id = server.wftui("run", "asks", "--detach").strip()
    waits(client, run_id)
    heard: list[list[Event]] = [[] for _ in range(10)]

    def follow(events: list[Event]) -> None:
        with server.client() as own, following(own, run_id) as stream:
            for event in stream:
                events.append(event)

    threads = [threading.Thread(target=follow, args=(events,)) for events in heard]
    for thread in threads:
        thread.start()
    wait_until(lambda: all(heard))
    assert server.stop() == 0
    for thread in threads:
        thread.join()
    assert [events[-1][1] for events in heard] == ["goodbye"] * 10
    assert server.errors == []
    server.wftui("cancel", run_id)


def raw_stream(server: Server, run_id: str) -> socket.socket:
    """A connection that has asked for events and reads none of them."""
    connection = socket.create_connection(("127.0.0.1", server.port))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.sendall(
        f"GET /api/workflows/execute/{run_id}/events HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {server.admin}\r\n\r\n".encode()
    )
    return connection


@pytest.mark.slow
def test_slow_and_vanished_clients_cost_a_run_nothing(client: httpx.Client, server: Server) -> None:
    write_workflow(server.tables, "floods", each_of(2000, "x" * 4000))
    process = psutil.Process(server.process.pid)
    run_id = start(client, "floods")
    slow = [raw_stream(server, run_id) for _ in range(30)]
    for connection in slow[:10]:
        connection.recv(100)
        connection.close()
    assert ended(client, run_id)["status"] == "completed"
    # Each slow client holds what one write and the buffers of the sockets take, not the events it has not read.
    events = record(client, run_id)["lastSeq"]
    assert events > 8_000
    with_slow = process.memory_info().rss
    for connection in slow:
        connection.close()
    wait_until(lambda: len([each for each in process.net_connections() if each.status == "ESTABLISHED"]) <= 2)
    assert with_slow < 400 * 1024 * 1024
    assert numbers(all_events(client, run_id)) == list(range(1, events + 1))
    assert server.errors == []


@pytest.mark.slow
def test_fifty_runs_at_once(client: httpx.Client, server: Server) -> None:
    def run(number: int) -> tuple[str, list[Event]]:
        with server.client() as own:
            run_id = start(own, "greet", {"who": f"guest {number}"})
            return run_id, all_events(own, run_id)

    with ThreadPoolExecutor(50) as threads:
        done = list(threads.map(run, range(50)))
    assert len({run_id for run_id, _ in done}) == 50
    for number, (run_id, events) in enumerate(done):
        assert numbers(events) == list(range(1, len(events) + 1))
        assert events[-1][1] == "completed"
        assert events[-1][2]["outputs"] == {"text": f"Hello guest {number}"}
        assert {event[2]["executionId"] for event in events} == {run_id}
