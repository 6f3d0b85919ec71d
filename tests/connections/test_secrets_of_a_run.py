"""Secrets in a run, end to end: short, late, of another run, and in numbers."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from helpers import PATIENCE

from wftui.cli.main import main
from wftui.cli.standalone import main as run_by_itself
from wftui.connections.connections import Connections, StoredConnection
from wftui.model.base import Json
from wftui.model.errors import UsageError, UserError
from wftui.model.run.events import EVENTS
from wftui.model.run.record import ExecutionRecord
from wftui.runtime.plan import StepPlan, WorkflowPlan
from wftui.workbench import Settings, Workbench

TOKEN = "tok-7a1f-secret"
TELLTALE = """
import json, os, sys

if DIES:
    sys.exit("no luck with " + os.environ["KEY"])
schema = {"type": "object", "properties": {os.environ["KEY"]: {}}}
for line in sys.stdin:
    asked = json.loads(line)
    if "id" not in asked:
        continue
    answer = {"error": {"code": -32601, "message": "no"}}
    if asked["method"] == "initialize":
        version = asked["params"]["protocolVersion"]
        info = {"name": "mine", "version": "1"}
        answer = {"result": {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": info}}
    elif asked["method"] == "tools/list":
        answer = {"result": {"tools": [{"name": "t", "description": os.environ["KEY"], "inputSchema": schema}]}}
    print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], **answer}), flush=True)
"""


@pytest.fixture
async def workbench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Workbench]:
    monkeypatch.setenv("WFTUI_CONNECTIONS", str(tmp_path / "private"))
    bench = Workbench(Settings(tables=tmp_path / "tables", database=tmp_path / "runs.db", user_id="ada"))
    yield bench
    await bench.close(cancel=True)


async def run(
    workbench: Workbench, inputs: dict[str, Json], **flow: Any
) -> tuple[ExecutionRecord, list[dict[str, Json]]]:
    """The record and the events of a run of this workflow."""
    put(workbench, "flow", **flow)
    run_id = await workbench.runs.start("flow", inputs)
    await workbench.runs.wait(run_id)
    events = [event.to_wire() for event in await workbench.runs.events(run_id)]
    return await workbench.runs.record(run_id, whole=True), events


def put(workbench: Workbench, workflow_id: str, **flow: Any) -> None:
    folder = workbench.settings.tables / "workflows" / workflow_id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "workflow.json").write_text(json.dumps({"format": 1, "id": workflow_id, **flow}))


def secret(**properties: str) -> Json:
    return {
        "type": "object",
        "properties": {name: {"type": kind, "writeOnly": True} for name, kind in properties.items()},
    }


@pytest.mark.parametrize(
    ("kind", "value"), [("string", "a"), ("string", "true"), ("string", "12345"), ("integer", 4321), ("number", 1.5)]
)
async def test_short_secret_input_is_refused_before_recording(workbench: Workbench, kind: str, value: Json) -> None:
    with pytest.raises(UsageError, match=r"at least 6 characters.*: pin;") as caught:
        await run(
            workbench,
            {"pin": value},
            inputSchema=secret(pin=kind),
            steps=[{"id": "s", "type": "set", "input": {"x": 1}}],
        )
    assert caught.value.code == "inputs.secret_short"
    assert (await workbench.runs.history()).executions == []


async def test_empty_secret_input_masks_no_other_value(workbench: Workbench) -> None:
    inputs = {"nothing": "", "flag": True}
    record, _ = await run(
        workbench,
        inputs,
        inputSchema=secret(nothing="string", flag="boolean"),
        steps=[{"id": "all", "type": "set", "input": {name: f"{{{{ inputs.{name} }}}}" for name in inputs}}],
    )
    assert record.inputs == dict.fromkeys(inputs, "***")
    step = record.step("all")
    assert step is not None
    assert step.output == inputs


async def test_sub_workflow_refuses_a_short_secret(workbench: Workbench) -> None:
    put(workbench, "inner", inputSchema=secret(pin="string"), steps=[{"id": "s", "type": "set", "input": {"x": 1}}])
    record, _ = await run(
        workbench,
        {},
        steps=[{"id": "call", "type": "workflow", "input": {"workflow": "inner", "inputs": {"pin": "1234"}}}],
    )
    assert record.error is not None
    assert "inner cannot run: a secret input needs at least 6 characters" in record.error.message


async def test_short_stored_secret_is_masked_with_a_warning(workbench: Workbench) -> None:
    known = Connections()
    known.store.put("pin", "1234")
    script = {
        "script": 'echo "a story: $PIN of 12345 apples, pin=$PIN"',
        "env": {"PIN": "{{ secrets.pin }}"},
    }
    record, events = await run(
        workbench,
        {},
        steps=[{"id": "say", "type": "shell", "input": script}],
    )
    logs = [event["message"] for event in events if event["type"] == "log"]
    assert any("a secret of this run is shorter than 6 characters" in line for line in logs)
    assert any("a story: *** of 12345 apples, pin=***" in line for line in logs)
    say = record.step("say")
    assert say is not None
    assert say.input == {**script, "env": {"PIN": "***"}}


async def test_numeric_secret_is_masked_as_a_whole_value(workbench: Workbench) -> None:
    record, events = await run(
        workbench,
        {"number": 1234567890},
        inputSchema=secret(number="integer"),
        steps=[
            {
                "id": "count",
                "type": "python",
                "input": {"code": "def main(n):\n    return n\n", "args": {"n": "{{ inputs.number }}"}},
            }
        ],
        outputs={"number": "{{ steps.count.output }}"},
    )
    assert record.outputs == {"number": "***"}
    assert "1234567890" not in json.dumps(events)


def test_every_number_of_an_event_is_ours_or_is_redacted() -> None:
    from wftui.engine.primitives.emitter import _FIXED

    for model in EVENTS.values():
        for name, field in model.model_fields.items():
            if field.annotation in (int, float, int | None, float | None):
                assert name in _FIXED, f"{model.__name__}.{name} is a number: name it among those of ours"


async def test_secret_passed_to_a_sub_workflow_stays_secret(workbench: Workbench) -> None:
    put(
        workbench,
        "child",
        steps=[
            {"id": "again", "type": "set", "input": {"word": "{{ inputs.word }}", "loud": "{{ inputs.word | upper }}"}}
        ],
        inputSchema={"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]},
    )
    child = {"id": "c", "type": "workflow", "input": {"workflow": "child", "inputs": {"word": "{{ inputs.token }}"}}}
    await run(workbench, {"token": TOKEN}, inputSchema=secret(token="string"), steps=[child])
    runs = (await workbench.runs.history()).executions
    assert len(runs) == 2
    for each in runs:
        text = json.dumps((await workbench.runs.record(each.id, whole=True)).to_wire())
        assert TOKEN not in text
        assert TOKEN.upper() not in text
        assert "***" in text


@pytest.mark.parametrize("reference", ["env:MY_TOKEN", "file:{}/token", "cmd:cat {}/token"])
async def test_secret_is_registered_before_its_step(
    workbench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reference: str
) -> None:
    monkeypatch.setenv("MY_TOKEN", TOKEN)
    (tmp_path / "token").write_text(TOKEN)
    values: dict[str, Json] = {"auth": "bearer", "token": reference.format(tmp_path)}
    await workbench.connections.save(StoredConnection(name="site", kind="http", values=values))
    _, events = await run(
        workbench,
        {},
        connections={"site": {"kind": "http"}},
        steps=[
            {"id": "dump", "type": "shell", "input": {"script": f"env; cat '{tmp_path}/token'"}},
            {"id": "never", "type": "http", "when": "false", "connection": "site", "input": {"url": "https://x.org"}},
        ],
    )
    assert TOKEN not in json.dumps(events)


async def test_wftuis_own_secrets_in_an_environment_are_masked(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WFTUI_TOKEN", "token-of-a-server")
    monkeypatch.setenv("WFTUI_WORKERS", "postgresql://ann:pw-of-workers@db.example/wftui")
    script = 'printenv WFTUI_TOKEN WFTUI_WORKERS; echo "${WFTUI_WORKERS##*ann:}"; echo db.example'
    record, events = await run(workbench, {}, steps=[{"id": "dump", "type": "shell", "input": {"script": script}}])
    step = record.step("dump")
    assert step is not None
    assert step.output["stdout"] == "***\n***\n***@db.example/wftui\ndb.example\n"
    assert not any(part in json.dumps(events) for part in ("token-of", "pw-of"))


async def test_results_of_filters_on_secrets_are_masked(workbench: Workbench) -> None:
    made = {
        "upper": "{{ inputs.token | upper }}",
        "start": "{{ inputs.token[:9] }}",
        "hash": "{{ inputs.token | sha256 }}",
        "parts": "{{ inputs.token | split('-') }}",
        "mixed": "Basic {{ ('ann:' ~ inputs.token) | b64encode }}",
        "each": "{{ [inputs.token, 'public-word'] | map('upper') | list }}",
        "size": "{{ inputs.token | length }}",
        "who": "{{ ({'name': inputs.who, 'key': inputs.token} | tojson) ~ '' }}",
        "plain": "{{ inputs.who | upper }}",
    }
    schema = secret(token="string")
    schema["properties"]["who"] = {"type": "string"}
    record, events = await run(
        workbench,
        {"token": TOKEN, "who": "somebody"},
        inputSchema=schema,
        steps=[
            {"id": "make", "type": "set", "input": made},
            {"id": "on", "type": "set", "input": {"x": "{{ steps.make.output.upper | lower }}"}},
        ],
    )
    step = record.step("make")
    assert step is not None
    output = step.output
    assert (output["upper"], output["start"], output["hash"]) == ("***", "***", "***")
    assert output["parts"][2] == "***"
    assert output["each"] == ["***", "PUBLIC-WORD"]
    assert output["size"] == len(TOKEN)
    assert output["who"] == '{"name": "somebody", "key": "***"}'
    assert output["plain"] == "SOMEBODY"
    assert output["mixed"].startswith("Basic YW5uO")
    assert TOKEN.upper() not in json.dumps(events)
    assert record.step("on").output == {"x": "***"}  # type: ignore[union-attr]


async def test_secret_answer_is_masked_and_kept_in_process(workbench: Workbench, tmp_path: Path) -> None:
    form = {
        "type": "object",
        "properties": {"key": {"type": "string", "format": "password"}, "why": {"type": "string"}},
    }
    put(
        workbench,
        "flow",
        steps=[
            {"id": "ask", "type": "approval", "input": {"prompt": "Which key?", "form": form}},
            {
                "id": "use",
                "type": "shell",
                "input": {
                    "script": f"printf %s \"$KEY\" | tee '{tmp_path}/seen'",
                    "env": {"KEY": "{{ steps.ask.output.data.key }}"},
                },
            },
        ],
    )
    run_id = await workbench.runs.start("flow", {})
    async for batch in workbench.runs.follow(run_id):
        if any(event.type == "step_waiting" for event in batch):
            break
    other = Workbench(workbench.settings)
    try:
        with pytest.raises(UserError, match="never stored; answer in the program that runs the workflow"):
            await other.runs.answer(run_id, "ask", approved=True, data={"key": TOKEN})
    finally:
        await other.close()
    await workbench.runs.answer(run_id, "ask", approved=True, data={"key": TOKEN, "why": "because"})
    record = await workbench.runs.wait(run_id)
    assert record.status == "completed"
    assert (tmp_path / "seen").read_text() == TOKEN
    events = [event.to_wire() for event in await workbench.runs.events(run_id)]
    assert {"key": "***", "why": "because"} in [event.get("data") for event in events]
    assert TOKEN not in json.dumps(events)
    for file in tmp_path.glob("runs.db*"):
        assert TOKEN.encode() not in file.read_bytes()


@pytest.mark.parametrize("dies", [True, False])
async def test_a_lock_and_its_report_hold_no_secret(workbench: Workbench, tmp_path: Path, dies: bool) -> None:
    # A server that tells its key as the description of a tool, or as its last words.
    server = tmp_path / "server.py"
    server.write_text(TELLTALE.replace("DIES", str(dies)))
    values: dict[str, Json] = {"command": [sys.executable, str(server)], "env": {"KEY": TOKEN}}
    await workbench.connections.save(StoredConnection(name="tools", kind="mcp", values=values))
    put(
        workbench,
        "flow",
        connections={"tools": {"kind": "mcp"}},
        steps=[{"id": "use", "type": "mcp", "connection": "tools", "input": {"tool": "t"}}],
    )
    report = await workbench.steps.lock_tools("flow", {})
    reported = "\n".join([*report.failures, *report.changes, report.lock.to_json()])
    assert TOKEN not in reported
    assert "***" in reported
    folder = workbench.settings.tables / "workflows" / "flow"
    assert all(TOKEN.encode() not in file.read_bytes() for file in folder.iterdir())


async def test_authentication_headers_are_secrets(workbench: Workbench, tmp_path: Path) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}
    kept = await workbench.connections.save(StoredConnection(name="site", kind="http", values={"headers": headers}))
    assert kept.values["headers"] == {"Authorization": "store:site/headers/Authorization", "Accept": "application/json"}
    file = tmp_path / "private" / "connections.json"
    assert Connections(tmp_path / "private").resolve("site").values["headers"] == headers
    file.write_text(file.read_text().replace("store:site/headers/Authorization", f"Bearer {TOKEN}"))
    by_hand = Connections(tmp_path / "private").resolve("site")
    assert (by_hand.values["headers"], by_hand.secrets) == (headers, [f"Bearer {TOKEN}"])


def test_standalone_workflow_shows_no_secrets(tmp_path: Path, workbench: Workbench) -> None:
    say = {"script": 'echo "it is $T"; exit 3', "env": {"T": "{{ inputs.token }}"}}
    put(workbench, "flow", inputSchema=secret(token="string"), steps=[{"id": "say", "type": "shell", "input": say}])
    assert main(["compile", "flow", "--tables", str(workbench.settings.tables)]) == 0
    code = workbench.settings.tables / "workflows" / "flow" / "workflow.py"
    words = [sys.executable, str(code), "-i", "token=env:TOK"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, env={**os.environ, "TOK": TOKEN})
    assert done.returncode == 1, done.stderr
    assert "***" in done.stdout + done.stderr
    assert TOKEN not in done.stdout + done.stderr + code.read_text()


def test_standalone_workflow_accepts_other_connections(capsys: pytest.CaptureFixture[str]) -> None:
    get = StepPlan(id="get", type="http", name="get", connection="api", input=lambda _scope: {"url": "/"})
    plan = WorkflowPlan(
        id="w",
        name="w",
        version="1",
        source_hash="sha256:0",
        compiler="1",
        steps=(get,),
        connections={"api": {"kind": "http"}},
    )
    assert run_by_itself(plan, ["--connection", "api=work"]) == 1
    assert "there is no connection 'work'" in capsys.readouterr().err
    assert run_by_itself(plan, ["--connection", "api"]) == 2


LONG = "hT7-" + "q9Zk3Vw8" * 12
FAILING = (
    "int",
    "float",
    "round",
    "abs",
    "sum",
    "date",
    "duration",
    "from_json",
    "b64decode",
    "sort",
    "dictsort",
    "bytes",
)


@pytest.mark.parametrize("name", FAILING)
async def test_the_error_of_a_filter_shows_no_part_of_a_secret(workbench: Workbench, name: str) -> None:
    step = {"id": "s", "type": "set", "input": {"a": f"{{{{ inputs.key | {name} }}}}"}, "onError": "continue"}
    try:
        record, events = await run(workbench, {"key": LONG}, inputSchema=secret(key="string"), steps=[step])
    except UserError as error:  # no such filter, or refused at compile
        assert LONG[:6] not in str(error)
    else:
        text = json.dumps([record.to_wire(), *events])
        shown = [LONG[at : at + 6] for at in range(len(LONG) - 6) if LONG[at : at + 6] in text]
        assert shown == [], f"of {record.step('s')}"
