"""MCP steps in whole runs: what they share, how they end, what is kept of them."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from helpers import PATIENCE, lives, patience, until

from steps.mcp.mcp_helpers import RAW, http_server
from wftui.cli.main import main
from wftui.connections.connections import StoredConnection
from wftui.model.base import Json
from wftui.model.run.record import ExecutionRecord
from wftui.workbench import Settings, Workbench

pytestmark = pytest.mark.usefixtures("unhurried")
Step = dict[str, Json]


def step(step_id: str, tool: str, arguments: Mapping[str, Json] | None = None, **more: Json) -> Step:
    server: dict[str, Json] = {} if "connection" in more else {"server": more.pop("server", {"command": RAW})}
    return {"id": step_id, "type": "mcp", "input": {**server, "tool": tool, "arguments": arguments or {}}, **more}


async def save(bench: Workbench, steps: list[Step], **more: Json) -> None:
    workflow = {"format": 1, "id": "tools", "steps": steps, **more}
    await bench.workflows.save("tools", json.dumps(workflow, indent=2), None)


async def run(bench: Workbench, steps: list[Step], **more: Json) -> ExecutionRecord:
    await save(bench, steps, **more)
    run_id = await bench.runs.start("tools", {})
    async with patience():
        await bench.runs.wait(run_id)
    return await bench.runs.record(run_id, whole=True)


async def until_log(bench: Workbench, run_id: str, kind: str) -> None:
    """Follow a run until an event of that type has come."""
    async with patience():
        async for batch in bench.runs.follow(run_id):
            if any(event.type == kind for event in batch):
                return


async def test_one_server_serves_all_steps_and_items_and_ends_with_the_run(workbench: Workbench) -> None:
    record = await run(
        workbench,
        [
            step("first", "echo", {"text": "a"}),
            step("each", "echo", {"text": "{{ item }}"}, forEach={"in": "['b', 'c', 'd']", "maxParallel": 3}),
        ],
        outputs={
            "pids": "{{ steps.each.output | map(attribute='structured.pid') }}",
            "first": "{{ steps.first.output.structured }}",
        },
    )
    assert record.status == "completed", record.error
    pids = {record.outputs["first"]["pid"], *record.outputs["pids"]}
    assert len(pids) == 1
    await until(lambda: not any(map(lives, pids)))


async def test_connection_secrets_reach_only_the_server(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOL_TOKEN", "tok-4711-very-secret")
    values: dict[str, Json] = {"command": RAW, "env": {"TOKEN": "env:TOOL_TOKEN"}}
    await workbench.connections.save(StoredConnection(name="tools", kind="mcp", values=values))
    record = await run(
        workbench,
        [step("look", "environment", connection="tools")],
        connections={"tools": {"kind": "mcp"}},
        outputs={"token": "{{ steps.look.output.structured.TOKEN }}"},
    )
    assert record.status == "completed", record.error
    assert "TOKEN" in json.dumps(record.to_wire())
    assert "tok-4711-very-secret" not in json.dumps(record.to_wire())


async def test_server_question_waits_for_an_answer(workbench: Workbench) -> None:
    await save(workbench, [step("ask", "ask")], outputs={"said": "{{ steps.ask.output.structured }}"})
    run_id = await workbench.runs.start("tools", {})
    await until_log(workbench, run_id, "step_waiting")
    waiting = (await workbench.runs.record(run_id)).step("ask")
    assert waiting is not None
    assert waiting.waiting is not None
    assert waiting.waiting.prompt == "How many?"
    assert waiting.waiting.form is not None
    await workbench.runs.answer(run_id, "ask", approved=True, data={"n": 12})
    async with patience():
        record = await workbench.runs.wait(run_id)
    assert record.status == "completed", record.error
    assert record.outputs == {"said": {"action": "accept", "content": {"n": 12}}}


async def test_a_question_of_a_server_is_answered_by_a_command(workbench: Workbench, settings: Settings) -> None:
    await save(workbench, [step("ask", "ask")], outputs={"said": "{{ steps.ask.output.structured }}"})
    run_id = await workbench.runs.start("tools", {})
    await until_log(workbench, run_id, "step_waiting")
    places = ["--tables", str(settings.tables), "--db", str(settings.database)]
    answer = [*places, "approve", run_id, "ask", "--data", '{"n": 7}']
    assert await asyncio.to_thread(main, answer) == 0
    async with patience():
        record = await workbench.runs.wait(run_id)
    assert record.outputs == {"said": {"action": "accept", "content": {"n": 7}}}


async def test_cancelling_the_run_ends_call_and_server(
    workbench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in ("stdio.LEAVE_SECONDS", "session.CLOSE_SECONDS"):  # a busy server may need more to leave by itself
        monkeypatch.setattr(f"wftui.steps.mcp.{limit}", PATIENCE)
    marker = tmp_path / "marker"
    await save(workbench, [step("who", "echo", {"text": "x"}), step("wait", "wait", {"file": str(marker)})])
    run_id = await workbench.runs.start("tools", {})
    await until_log(workbench, run_id, "step_progress")
    await workbench.runs.cancel(run_id)
    async with patience():
        record = await workbench.runs.wait(run_id)
    assert record.status == "cancelled"
    assert marker.read_text() == "cancelled"
    who = record.step("who")
    assert who is not None
    await until(lambda: not lives(who.output["structured"]["pid"]))


async def test_timeout_ends_only_the_call(workbench: Workbench, tmp_path: Path) -> None:
    record = await run(
        workbench,
        [
            step("before", "echo", {"text": "x"}),
            step("wait", "wait", {"file": str(tmp_path / "marker")}, timeout="300ms", onError="continue"),
            step("after", "echo", {"text": "x"}),
        ],
        outputs={name: f"{{{{ steps.{name}.output.structured.pid }}}}" for name in ("before", "after")},
    )
    assert record.status == "completed", record.error
    waited = record.step("wait")
    assert waited is not None
    assert waited.error is not None
    assert waited.error.type == "timeout"
    assert isinstance(record.outputs, dict)
    assert record.outputs["before"] == record.outputs["after"]


async def test_a_crash_is_tried_again_with_a_new_server(workbench: Workbench, tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    retry: Json = {"maxAttempts": 2, "delay": 0, "on": ["mcp.closed"]}
    record = await run(workbench, [step("crash", "crash", server={"command": [*RAW, str(starts)]}, retry=retry)])
    assert record.status == "failed"
    assert record.error is not None
    assert (record.error.type, record.error.attempt) == ("mcp.closed", 2)
    assert starts.read_text().splitlines() == ["started", "started"]


async def test_a_dead_http_server_fails_the_run_and_does_not_cancel_it(workbench: Workbench) -> None:
    with http_server() as (server, _):
        record = await run(workbench, [step("die", "die", server=server)])
    assert record.status == "failed"
    assert record.error is not None
    assert record.error.type == "mcp.closed"


async def test_unresponsive_server_is_killed(workbench: Workbench, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    stubborn = tmp_path / "stubborn.py"
    stubborn.write_text(
        f"import os, runpy, signal, time\nopen({str(pid)!r}, 'w').write(str(os.getpid()))\n"
        f"runpy.run_path({RAW[1]!r}, run_name='__main__')\ntime.sleep(600)\n"
    )
    record = await run(
        workbench, [step("a", "echo", {"text": "x"}, server={"command": [sys.executable, str(stubborn)]})]
    )
    assert record.status == "completed", record.error
    await until(lambda: not lives(int(pid.read_text())))


async def test_question_without_a_user_is_cancelled_with_a_log_line(workbench: Workbench, settings: Settings) -> None:
    confirm: Step = {"id": "confirm", "type": "approval", "input": {"prompt": "Go on?"}, "onError": "continue"}
    await save(workbench, [step("ask", "ask"), confirm], outputs={"said": "{{ steps.ask.output.structured }}"})
    await workbench.workflows.compile("tools")
    alone = await asyncio.create_subprocess_exec(
        sys.executable,
        str(settings.tables / "workflows" / "tools" / "workflow.py"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with patience():
        written = (await alone.communicate())[0].decode()
    assert alone.returncode == 0, written
    assert (
        "The question of the MCP server cannot be asked: no user can answer here (How many?); use `wftui run`"
        in written
    )
    assert '"action": "cancel"' in written
    assert "approval.nobody: no user can answer here (Go on?)" in written


async def test_killed_run_leaves_no_server(workbench: Workbench, settings: Settings, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    script = tmp_path / "server.py"
    script.write_text(
        f"import os, runpy\nopen({str(pid)!r}, 'w').write(str(os.getpid()))\n"
        f"runpy.run_path({RAW[1]!r}, run_name='__main__')\n"
    )
    waiting = step(
        "wait", "wait", {"file": str(tmp_path / "marker")}, server={"command": [sys.executable, str(script)]}
    )
    await save(workbench, [waiting])
    places = ["--tables", str(settings.tables), "--db", str(settings.database)]
    running = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "wftui", *places, "run", "tools", "--events"], stdout=asyncio.subprocess.PIPE
    )
    assert running.stdout is not None
    async with patience():
        while b'"step_progress"' not in (line := await running.stdout.readline()):
            assert line, "the run has ended"
    server = int(pid.read_text())
    assert lives(server)
    running.kill()
    await running.wait()
    await until(lambda: not lives(server))
    with contextlib.suppress(ChildProcessError):
        os.waitpid(server, 0)  # a process that has run steps adopts orphans
