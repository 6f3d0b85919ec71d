"""Step types in whole runs: their results, and their leftovers after a stop."""

import contextlib
import json
import sys
import venv
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from helpers import lives, patience, until

from steps.email.mail_server import mail_server
from steps.http.http_server import Handler, serving
from wftui.connections.connections import StoredConnection
from wftui.model.base import Json
from wftui.model.run.events import Log, StepProgress
from wftui.model.run.record import ExecutionRecord
from wftui.workbench import Workbench

pytestmark = pytest.mark.usefixtures("unhurried")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs start in an empty folder."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


async def start(bench: Workbench, *steps: dict[str, Json], **more: Json) -> str:
    workflow = {"format": 1, "id": "flow", "steps": list(steps), **more}
    await bench.workflows.save(workflow["id"], json.dumps(workflow), None)
    return await bench.runs.start(workflow["id"], {})


async def run(bench: Workbench, *steps: dict[str, Json], **more: Json) -> ExecutionRecord:
    run_id = await start(bench, *steps, **more)
    async with patience():
        await bench.runs.wait(run_id)
    return await bench.runs.record(run_id, whole=True)


@contextlib.asynccontextmanager
async def log_of(bench: Workbench, run_id: str, text: str) -> AsyncIterator[str]:
    """The first log text of a running run that contains a text, once it appears."""
    async with patience():
        async for batch in bench.runs.follow(run_id):
            for event in batch:
                if isinstance(event, Log) and text in event.message:
                    yield event.message
                    return
    raise AssertionError(f"nobody said {text}")


SLEEPER = (
    "import subprocess, sys, time\nprint('pids', subprocess.Popen(['sleep', '600']).pid, flush=True)\ntime.sleep(600)"
)


@pytest.mark.parametrize("how", ["cancel", "timeout"])
@pytest.mark.parametrize("kind", ["shell", "python"])
async def test_stopped_step_leaves_nothing(workbench: Workbench, kind: str, how: str) -> None:
    values: dict[str, dict[str, Json]] = {
        "shell": {"argv": [sys.executable, "-c", SLEEPER]},
        "python": {"code": "def main():\n" + "\n".join(f"    {line}" for line in SLEEPER.splitlines())},
    }
    step: dict[str, Json] = {"id": "sleep", "type": kind, "input": values[kind]}
    if how == "cancel":
        run_id = await start(workbench, step)
        async with log_of(workbench, run_id, "pids") as reported:
            assert lives(int(reported.split()[1]))
            await workbench.runs.cancel(run_id)
        async with patience():
            await workbench.runs.wait(run_id)
        record = await workbench.runs.record(run_id)
        assert record.status == "cancelled"
    else:
        reported = ""
        for seconds in (1.5, 10, 60, 300):  # more where the program had not yet begun to speak
            record = await run(workbench, step | {"timeout": seconds}, id=f"flow{seconds:g}".replace(".", "-"))
            assert record.error is not None
            assert (record.status, record.error.type) == ("failed", "timeout")
            events = [event async for batch in workbench.runs.follow(record.id) for event in batch]
            reported = "".join(event.message for event in events if isinstance(event, Log) and "pids" in event.message)
            if reported:
                break
    sleeper = int(reported.split()[1])
    await until(lambda: not lives(sleeper))


async def test_endless_output_is_bounded(workbench: Workbench) -> None:
    talk: dict[str, Json] = {"code": "def main():\n    while True: print('x' * 1000)"}
    record = await run(workbench, {"id": "talk", "type": "python", "timeout": "1s", "input": talk})
    assert record.error is not None
    assert record.error.type == "timeout"
    events = [event async for batch in workbench.runs.follow(record.id) for event in batch]
    assert sum(len(event.message) for event in events if isinstance(event, Log)) < 20_000_000


async def test_one_interpreter_serves_all_items(workbench: Workbench) -> None:
    code = "import os\ndef main(item): return [os.getpid(), item]"
    step: dict[str, Json] = {
        "id": "each",
        "type": "python",
        "forEach": {"in": "[1, 2, 3, 4]"},
        "input": {"code": code, "args": {"item": "{{ item }}"}},
    }
    record = await run(workbench, step)
    output = record.step("each").output  # type: ignore[union-attr]  # it is there
    assert [item for _, item in output] == [1, 2, 3, 4]
    assert len({pid for pid, _ in output}) == 1


async def test_a_failure_of_code_leads_to_its_lines(workbench: Workbench) -> None:
    code = "def main(rows):\n    total = 0\n    for row in rows:\n        total += row['n']\n    return total\n"
    fine: dict[str, Json] = {"id": "fine", "type": "set", "input": {"rows": [{"n": 1}, {}]}}
    args: Json = {"rows": "{{ steps.fine.output.rows }}"}
    record = await run(workbench, fine, {"id": "sum", "type": "python", "input": {"code": code, "args": args}})
    error = record.error
    assert error is not None
    assert (error.type, error.message, error.pointer) == ("python.exception", "KeyError: 'n'", "/steps/1")
    assert "line 4, in main\n    total += row['n']" in (error.stack or "")


async def test_progress_and_logs_arrive_during_the_step(workbench: Workbench, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    script = f"echo '::progress 40% copying'; echo out; echo err >&2; until [ -e {gate} ]; do sleep 0.01; done"
    run_id = await start(workbench, {"id": "copy", "type": "shell", "input": {"script": script}})
    seen: set[str] = set()
    async with patience():
        async for batch in workbench.runs.follow(run_id):
            for event in batch:
                if isinstance(event, StepProgress):
                    seen.add(f"{event.progress} {event.message}")
                if isinstance(event, Log):
                    seen.add(f"{event.stream}: {event.message}")
            if seen == {"0.4 copying", "stdout: out", "stderr: err"}:
                gate.touch()  # nothing of it waited for the end
    assert (await workbench.runs.record(run_id)).status == "completed"


async def test_the_users_own_environment_and_module(workbench: Workbench, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", symlinks=True)
    packages = next((tmp_path / "env" / "lib").iterdir()) / "site-packages"
    (packages / "only_here.py").write_text("async def double(n):\n    print('in', __name__)\n    return 2 * n\n")
    step: dict[str, Json] = {"function": "only_here:double", "args": {"n": 21}}
    record = await run(
        workbench,
        {"id": "there", "type": "python", "input": {**step, "python": str(tmp_path / "env" / "bin" / "python")}},
        {"id": "here", "type": "python", "needs": [], "onError": "continue", "input": step},
        outputs={"there": "{{ steps.there.output }}"},
    )
    assert record.outputs == {"there": 42}
    assert "No module named 'only_here'" in record.step("here").error.message  # type: ignore[union-attr]  # it failed


async def test_http_retry_respects_retry_after(workbench: Workbench) -> None:
    class Busy(Handler):
        asked = 0

        def handle_request(self) -> None:
            type(self).asked += 1
            if type(self).asked == 1:
                self.answer(503, b"", Retry_After="1")
            else:
                self.answer_json({"who": self.headers["Authorization"], "path": self.path})

        do_GET = handle_request  # noqa: N815

    with serving(Busy) as url:
        values: dict[str, Json] = {"baseUrl": url, "auth": "basic", "username": "ann", "password": "correct-horse"}
        await workbench.connections.save(StoredConnection(name="web", kind="http", values=values))
        record = await run(
            workbench,
            {
                "id": "get",
                "type": "http",
                "connection": "web",
                "retry": {"maxAttempts": 2, "delay": "1ms", "jitter": 0},
                "input": {"url": "/tags?a=1", "query": {"b": 2}},
            },
            connections={"web": {"kind": "http"}},
        )
    step = record.step("get")
    assert step is not None
    assert step.output["body"]["path"] == "/tags?a=1&b=2"
    assert "correct-horse" not in json.dumps(record.to_wire())
    assert [attempt.error and attempt.error.type for attempt in step.attempts] == ["http.5xx", None]
    first, second = step.attempts
    assert first.completed_at is not None
    assert (second.started_at - first.completed_at).total_seconds() >= 1


async def test_mail_by_a_connection(workbench: Workbench) -> None:
    Path("report.csv").write_text("a,b\n")
    async with mail_server() as box:
        values: dict[str, Json] = {"host": "127.0.0.1", "port": box.port, "security": "none", "sender": "me@x.org"}
        await workbench.connections.save(StoredConnection(name="post", kind="smtp", values=values))
        mail: dict[str, Json] = {"to": "ann@x.org", "subject": "s", "text": "t", "attachments": ["report.csv"]}
        record = await run(
            workbench,
            {"id": "mail", "type": "email", "connection": "post", "input": mail},
            connections={"post": {"kind": "smtp"}},
        )
    assert record.status == "completed", record.error
    assert box.recipients == ["ann@x.org"]


async def test_endless_recursion_of_workflows_fails(workbench: Workbench) -> None:
    record = await run(workbench, {"id": "again", "type": "workflow", "input": {"workflow": "{{ run.workflowId }}"}})
    assert record.error is not None
    assert record.error.type == "workflow.depth"


OWN = """
from datetime import timedelta
from wftui.steps.plugin import StepType, step

@step("own.talk")
def talk(*, context) -> str:
    context.log("from a thread")
    context.progress(0.5, "half way")
    return "said"

class Pause(StepType):
    word = "own.pause"
    title = "Pause"
    waits = True
    seconds = 0.5

    async def run(self, input, context):
        await context.sleep_until(context.now() + timedelta(seconds=self.seconds))
        return {}

class Work(Pause):
    word = "own.work"
    waits = False
    seconds = 600

class Pick(StepType):
    word = "own.pick"
    title = "Pick"
    gives_input = True

    async def run(self, input, context):
        return input
"""


async def test_plugin_has_all_features_of_builtin_types(workbench: Workbench, tmp_path: Path) -> None:
    folder = tmp_path / "tables" / "steps"
    folder.mkdir()
    (folder / "own.py").write_text(OWN)
    await workbench.steps.trust(folder / "own.py")
    brief: dict[str, Json] = {"defaults": {"timeout": "100ms"}}
    assert (await run(workbench, {"id": "a", "type": "own.pause"}, **brief)).status == "completed"
    record = await run(workbench, {"id": "a", "type": "own.work"}, id="other", **brief)
    assert record.error is not None
    assert record.error.type == "timeout"
    record = await run(workbench, {"id": "a", "type": "own.talk"}, id="talk")
    events = [event async for batch in workbench.runs.follow(record.id) for event in batch]
    assert [event.message for event in events if isinstance(event, Log | StepProgress)] == ["from a thread", "half way"]
    pick: dict[str, Json] = {"id": "pick", "type": "own.pick", "input": {"name": "x"}}
    use: dict[str, Json] = {"id": "use", "type": "set", "input": {"a": "{{ steps.pick.output.nmae }}"}}
    text = json.dumps({"format": 1, "id": "flow", "steps": [pick, use]})
    (error,) = (await workbench.workflows.check("flow", text)).errors
    assert "did you mean name" in error.message


async def test_bytes_are_handed_on_by_reference(workbench: Workbench) -> None:
    data = bytes(range(256)) * 4000
    Path("blob").write_bytes(data)
    read: dict[str, Json] = {"action": "read", "path": "blob", "format": "bytes"}
    copy: dict[str, Json] = {"action": "write", "path": "again", "format": "bytes"}
    again: dict[str, Json] = {**copy, "content": "{{ steps.read.output.value }}"}
    record = await run(
        workbench, {"id": "read", "type": "file", "input": read}, {"id": "again", "type": "file", "input": again}
    )
    assert record.status == "completed", record.error
    assert Path("again").read_bytes() == data
    events = [event async for batch in workbench.runs.follow(record.id) for event in batch]
    assert sum(len(json.dumps(event.to_wire())) for event in events) < 50_000, "1.4 MB are stored once, beside them"
