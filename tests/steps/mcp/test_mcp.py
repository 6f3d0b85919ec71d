"""The mcp step over stdio, against a server that misbehaves like real ones."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from helpers import PATIENCE, lives, patience, until

from steps.mcp.mcp_helpers import RAW, call_tool, closing
from wftui.model.base import Json
from wftui.model.installation import install_command
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_model import Answer
from wftui.steps.mcp.step import McpStep
from wftui.steps.process.process_mark import ProcessMark
from wftui.steps.process.process_tree import left_of
from wftui.steps.testing import RecordingContext

SERVER: dict[str, Json] = {"command": RAW}
LAST_WORDS = "wftui.steps.mcp.session._LAST_WORDS_SECONDS"


@dataclass
class Steps:
    """Several steps of one run that call the same server."""

    context: RecordingContext
    server: dict[str, Json]
    starts: Path

    async def call(self, tool: str, **arguments: Json) -> Json:
        return await call_tool(self.context, self.server, tool, arguments)

    async def failure(self, tool: str, **arguments: Json) -> WorkflowError:
        with pytest.raises(WorkflowError) as caught:
            await self.call(tool, **arguments)
        return caught.value

    def times_started(self) -> int:
        return len(self.starts.read_text().splitlines())


@pytest.fixture
async def steps(tmp_path: Path) -> AsyncIterator[Steps]:
    starts = tmp_path / "starts"
    async with closing(RecordingContext(working_directory=tmp_path, answer={"n": 3, "note": None})) as context:
        yield Steps(context, {"command": [*RAW, str(starts)]}, starts)


async def test_all_steps_of_a_run_share_one_server_until_its_end(tmp_path: Path) -> None:
    async with closing(RecordingContext(working_directory=tmp_path)) as context:
        first = await call_tool(context, SERVER, "echo", {"text": "one"})
        others = await asyncio.gather(*(call_tool(context, SERVER, "echo", {"text": str(n)}) for n in range(5)))
        pid = first["structured"]["pid"]
        assert first == {
            "text": "one",
            "structured": {"text": "one", "calls": 1, "pid": pid},
            "content": [{"type": "text", "text": "one"}],
            "isError": False,
        }
        assert sorted(each["structured"]["calls"] for each in others) == [2, 3, 4, 5, 6]
        assert {each["structured"]["pid"] for each in others} == {pid}
        assert lives(pid)
    await until(lambda: not lives(pid))


async def test_different_servers_are_kept_apart(steps: Steps) -> None:
    one = await steps.call("echo", text="x")
    steps.server = {**steps.server, "env": {"OTHER": "1"}}
    other = await steps.call("echo", text="x")
    assert one["structured"]["pid"] != other["structured"]["pid"]


@pytest.mark.parametrize(
    ("text", "structured"),
    [('{"a": [1]}', {"a": [1]}), ("[2]", [2]), ("plain", None), ("{no json", None), ("[NaN]", None), ("3", None)],
)
async def test_json_text_is_usable_as_a_value(steps: Steps, text: str, structured: Json) -> None:
    output = await steps.call("json", text=text)
    assert (output["text"], output["structured"]) == (text, structured)


async def test_content_is_complete(steps: Steps) -> None:
    output = await steps.call("picture")
    assert output["text"] == "a picture:\nand a memo"
    assert [part["type"] for part in output["content"]] == ["text", "image", "resource"]
    assert output["content"][1] == {"type": "image", "data": "AAAA", "mimeType": "image/png"}


async def test_an_error_of_the_tool_is_a_failure(steps: Steps) -> None:
    error = await steps.failure("fail", text="the disk is full")
    assert (error.type, error.message) == ("mcp.tool", "the tool fail failed: the disk is full")


async def test_protocol_error_with_the_code_of_a_lost_connection(
    steps: Steps,
) -> None:
    error = await steps.failure("refuse")
    assert error.type == "mcp.error"
    assert "not today" in error.message
    assert error.details == {"code": -32000, "data": {"until": "tomorrow"}}
    assert (await steps.call("echo", text="x"))["structured"]["calls"] == 2


async def test_a_result_against_the_tools_own_schema_is_a_failure(steps: Steps) -> None:
    assert (await steps.failure("lie")).type == "mcp.result"


async def test_invalid_arguments_are_named_and_not_sent(steps: Steps) -> None:
    error = await steps.failure("echo", text=1)
    assert error.type == "validation.arguments"
    assert "text: Expected text, but this is a number" in error.message
    assert (await steps.failure("echo")).details == {
        "errors": [{"pointer": "/text", "message": "A value is required."}]
    }
    assert (await steps.call("echo", text="x"))["structured"]["calls"] == 1


async def test_unknown_tool_is_reported_with_the_available_ones(steps: Steps) -> None:
    error = await steps.failure("ecko")
    assert error.type == "mcp.unknown_tool"
    assert "ask, chatter, crash, echo" in error.message


async def test_a_crash_is_a_failure_with_the_servers_last_words(steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LAST_WORDS, PATIENCE)
    error = await steps.failure("crash")
    assert (error.type, error.recoverable) == ("mcp.closed", True)
    assert error.message.endswith("allocating…\n  fatal: out of memory")
    assert (await steps.call("echo", text="again"))["structured"]["calls"] == 1
    assert steps.times_started() == 2


async def test_server_that_exits_between_steps_is_restarted_with_a_log_line(steps: Steps) -> None:
    pid = (await steps.call("echo", text="x"))["structured"]["pid"]
    assert (await steps.call("leave"))["text"] == "bye"
    await until(lambda: not lives(pid))
    for _ in range(50):  # turns of the event loop, in which the end of the pipe is noticed
        await asyncio.sleep(0)
    assert (await steps.call("echo", text="x"))["structured"]["calls"] == 1
    assert steps.times_started() == 2
    assert [level for _, level, text in steps.context.logs if "is started again" in text] == ["warn"]


async def test_server_output_is_logged_and_not_printed(steps: Steps, capfd: pytest.CaptureFixture[str]) -> None:
    await steps.call("chatter")
    await steps.call("echo", text="the rest is heard by the next step")
    logs = steps.context.logs
    await until(lambda: len(logs) >= 4)
    assert ("stderr", "info", "on stderr") in logs
    assert ("log", "warn", 'disk: {"free": 3}') in logs
    assert ("log", "debug", "details") in logs
    assert ("log", "warn", "The MCP server sent an invalid message: this is no message") in logs
    assert len(logs) == 4
    assert capfd.readouterr() == ("", "")


async def test_cancelled_call_is_cancelled_in_the_server(steps: Steps, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    call = asyncio.create_task(steps.call("wait", file=str(marker)))
    await until(lambda: steps.context.fractions)
    assert steps.context.fractions == [(0.25, "a quarter")]
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await until(marker.exists)
    assert (await steps.call("echo", text="x"))["structured"]["calls"] == 2


async def test_a_servers_question_is_put_as_a_form(steps: Steps) -> None:
    output = await steps.call("ask")
    ((prompt, form, wait, _),) = steps.context.asked
    assert (prompt, wait) == ("How many?", None)
    assert form is not None
    assert list(form["properties"]) == ["n", "note"]
    assert output["structured"] == {"action": "accept", "content": {"n": 3}}


async def test_a_question_may_be_declined(tmp_path: Path) -> None:
    class Declining(RecordingContext):
        async def ask(self, *_: object) -> Answer:
            return Answer(approved=False, by="ann", at="2026-11-22T19:00:00.000Z")

    async with closing(Declining(working_directory=tmp_path)) as context:
        assert (await call_tool(context, SERVER, "ask"))["structured"] == {"action": "decline"}


async def test_question_ends_with_its_step(tmp_path: Path) -> None:
    waiting, given_up = asyncio.Event(), asyncio.Event()

    class Absent(RecordingContext):
        async def ask(self, *_: object) -> Answer:
            waiting.set()
            try:
                await asyncio.Event().wait()
            finally:
                given_up.set()
            raise AssertionError

    async with closing(Absent(working_directory=tmp_path)) as context:
        call = asyncio.create_task(call_tool(context, SERVER, "ask"))
        await asyncio.wait_for(waiting.wait(), PATIENCE)
        call.cancel()
        await asyncio.wait({call})
        await asyncio.wait_for(given_up.wait(), PATIENCE)


async def test_server_environment_is_restricted(steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRIVATE_TOKEN", "hidden")
    steps.server = {**steps.server, "env": {"GIVEN": "yes"}}
    seen = (await steps.call("environment"))["structured"]
    assert seen["GIVEN"] == "yes"
    assert "PATH" in seen
    assert "PRIVATE_TOKEN" not in seen


async def test_a_connection_names_the_server_as_well(steps: Steps) -> None:
    steps.context.connection = {**steps.server, "cwd": None, "env": {"KEY": "v"}, "url": None, "headers": {}}
    output = await call_tool(steps.context, None, "environment")
    assert output["structured"]["KEY"] == "v"


SPEAKS_AND_ENDS = [sys.executable, "-c", "import sys; print('no such licence', file=sys.stderr); sys.exit(3)"]
SILENT = [sys.executable, "-c", "import sys; print('thinking', file=sys.stderr, flush=True); sys.stdin.read()"]


@pytest.mark.parametrize(
    ("server", "error_type", "sentence"),
    [
        (
            {"command": ["no-such-server"]},
            "mcp.start",
            "the program 'no-such-server' of the MCP server was not found",
        ),
        ({"command": ["./no/such"]}, "mcp.start", "was not found"),
        ({"command": RAW, "cwd": "/no/such/folder"}, "mcp.start", "No such file or directory: '/no/such/folder'"),
        ({"command": SPEAKS_AND_ENDS}, "mcp.start", "last lines:\n  no such licence"),
        ({"url": "http://127.0.0.1:1/mcp"}, "mcp.start", "could not be reached: All connection attempts failed"),
        ({"url": "ftp://example.org"}, "mcp.server", "the URL must start with https://"),
        ({}, "mcp.server", "give exactly one of"),
        ({"command": ["x"], "url": "http://x"}, "mcp.server", "give exactly one of"),
        (None, "mcp.server", "the step names no MCP server"),
    ],
)
async def test_unavailable_server_is_reported_with_the_reason(
    tmp_path: Path,
    server: dict[str, Json] | None,
    error_type: str,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if server == {"command": SPEAKS_AND_ENDS}:
        monkeypatch.setattr(LAST_WORDS, PATIENCE)
    error = await unavailable(tmp_path, {"server": server} if server is not None else {}, PATIENCE)
    assert error.type == error_type
    assert sentence in error.message


async def test_a_silent_server_is_given_up_after_its_time(tmp_path: Path) -> None:
    for seconds in (0.5, 5, 50, PATIENCE):  # more where it had not yet begun to speak
        error = await unavailable(tmp_path, {"server": {"command": SILENT}}, seconds)
        assert (error.type, f"it did not respond within {seconds:g} s" in error.message) == ("mcp.start", True)
        if error.message.endswith("; last lines:\n  thinking"):
            return
    raise AssertionError("its last lines are missing")


async def unavailable(folder: Path, values: dict[str, Json], seconds: float) -> WorkflowError:
    """Return the error of a step whose server cannot be called."""
    given = {"tool": "x", "startTimeout": seconds, **values}
    async with closing(RecordingContext(working_directory=folder)) as context:
        with pytest.raises(WorkflowError) as caught:
            await McpStep().run(McpStep.input_model.model_validate(given), context)
    return caught.value


@pytest.mark.parametrize(
    ("server", "problems"),
    [
        ({"command": ["x"]}, 0),
        ({"url": "https://example.org"}, 0),
        ({"url": "{{ inputs.url }}"}, 0),
        ({}, 1),
        ({"command": ["x"], "url": "https://x"}, 1),
        ({"url": "example.org"}, 1),
    ],
)
def test_a_server_is_named_in_one_way(server: Json, problems: int) -> None:
    assert len(McpStep.check({"server": server, "tool": "x"})) == problems


PROBE = """
import asyncio, json, sys
from pathlib import Path
from wftui.steps.registry.step_registry import builtin_registry
from wftui.runtime.workflow_errors import WorkflowError
step = builtin_registry().get("mcp")
step.input_schema(), step.check({"server": {"command": ["x"]}, "tool": "x"})
late = "mcp" not in sys.modules
sys.modules["mcp"] = None
from wftui.steps.testing import RecordingContext
values = step.input_model.model_validate({"server": {"command": ["x"]}, "tool": "x"})
try:
    asyncio.run(step.run(values, RecordingContext(working_directory=Path("."))))
except WorkflowError as error:
    print(json.dumps([late, error.type, error.message]))
"""


def test_package_is_imported_late_and_may_be_missing() -> None:
    ran = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    late, error_type, message = json.loads(ran.stdout)
    assert late
    assert error_type == "mcp.missing"
    assert message.startswith(f"MCP servers need the package mcp; run: {install_command('wftui[mcp]')}")


async def test_child_processes_end_with_the_server(tmp_path: Path) -> None:
    script = tmp_path / "server.py"
    away = "import os, time; os.setsid(); print(os.getpid(), file=open('away', 'w'), flush=True); time.sleep(600)"
    script.write_text(
        f"import subprocess, sys, runpy\nsubprocess.Popen([sys.executable, '-c', {away!r}], stdout=sys.stdout)\n"
        f"runpy.run_path({RAW[1]!r}, run_name='__main__')\n"
    )
    async with closing(RecordingContext(working_directory=tmp_path)) as context:
        await call_tool(context, {"command": [sys.executable, str(script)]}, "echo", {"text": "x"})
        await until(lambda: (tmp_path / "away").exists() and (tmp_path / "away").read_text())
        pid = int((tmp_path / "away").read_text())
        assert lives(pid)
        ((whose, left),) = left_of(context.run_id, lambda mark: bool(mark.path))
        assert whose == ProcessMark(context.run_id), "all steps of the run share it"
        assert pid in [process.pid for process in left]
    await until(lambda: not lives(pid))


async def test_server_exit_is_noticed_while_a_child_holds_the_pipe(tmp_path: Path) -> None:
    script = tmp_path / "server.py"
    script.write_text(
        "import subprocess, sys, runpy\n"
        "subprocess.Popen(['sleep', '600'], stdout=sys.stdout, stdin=subprocess.DEVNULL)\n"
        f"runpy.run_path({RAW[1]!r}, run_name='__main__')\n"
    )
    async with closing(RecordingContext(working_directory=tmp_path)) as context, patience():
        with pytest.raises(WorkflowError) as caught:
            await call_tool(context, {"command": [sys.executable, str(script)]}, "crash")
    assert caught.value.type == "mcp.closed"


async def test_endless_message_is_not_buffered(steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    await steps.call("echo", text="x")
    monkeypatch.setattr("wftui.steps.mcp.stdio.MOST_BYTES", 1_000_000)
    async with patience():
        error = await steps.failure("echo", text="x" * 2_000_000)
    assert error.type == "mcp.closed"
    assert any("a message of more than 1,000,000 bytes" in text for _, _, text in steps.context.logs)


async def test_a_result_of_megabytes_arrives_whole(steps: Steps) -> None:
    output = await steps.call("echo", text="x" * 8_000_000)
    assert len(output["structured"]["text"]) == 8_000_000
