"""Missing requirements: a warning at compile, one error before the first step."""

import sys
from pathlib import Path
from typing import Any

import pytest
from helpers import run_to_end, write_workflow

from wftui.connections.connections import Connections, StoredConnection
from wftui.model.installation import install_command
from wftui.model.run.actions import UNRESOLVED
from wftui.workbench import Workbench

TOUCH = {"id": "touch", "type": "set", "input": {"x": 1}}
TIME = {"id": "time", "type": "mcp", "input": {"server": {"command": ["no-server", "-v"]}, "tool": "now"}}
GONE = {"id": "gone", "type": "shell", "input": {"argv": ["no-such-program", "{{ steps.touch.output.x }}"]}}
MCP = install_command("wftui[mcp]")

PLUGIN = """
from wftui.steps.api.step_type import MissingRequirement, StepType

class Kiln(StepType):
    word = "acme.kiln"
    title = "Kiln"

    @classmethod
    def missing(cls, host):
        return [MissingRequirement("acme.oven", "there is no oven", "acme buy oven")] if BROKEN is None else 1 / BROKEN

    @classmethod
    def programs(cls, literal_input, site):
        return [literal_input["tool"]]

    async def run(self, input, context):
        return {}

BROKEN = None
"""


async def missing_of(workbench: Workbench, workflow_id: str = "needy") -> list[tuple[Any, ...]]:
    """The one error of a run that never starts, by part."""
    record = await run_to_end(workbench, workflow_id, {})
    assert record.error is not None
    assert record.error.type == UNRESOLVED
    assert record.started_at is None
    assert {step.status for step in record.step_results} == {"pending"}
    found: list[dict[str, Any]] = record.error.details["missing"]
    for each in found:
        assert record.error.message.count(each["message"]) == 1
        assert record.error.message.count(each.get("command", each["message"])) == 1
    return [(each["steps"], each["type"], each.get("command")) for each in found]


async def told(workbench: Workbench, workflow_id: str = "needy") -> list[tuple[str | None, str, str]]:
    """Return the requirements that the compiler reports as missing."""
    source = await workbench.workflows.read(workflow_id)
    result = await workbench.workflows.check(workflow_id, source.text)
    assert result.success
    found = [each for each in result.warnings if each.code == "step.requirement"]
    return [(each.location.step_id, each.severity, each.message) for each in found]


async def test_programs_are_looked_for_before_the_first_step(workbench: Workbench, tables: Path) -> None:
    script = {"script": "no-such-tool", "programs": ["no-such-tool", "sh"]}
    steps = [
        TOUCH,
        GONE,
        {"id": "again", "type": "shell", "input": {"argv": ["no-such-program"]}},
        {"id": "tool", "type": "shell", "input": script},
        {"id": "code", "type": "python", "input": {"code": "def main(): pass", "python": "no-such-python"}},
        TIME,
    ]
    write_workflow(tables, "needy", *steps)
    assert await missing_of(workbench) == [
        (["gone", "again"], "not_found", None),
        (["tool"], "not_found", None),
        (["code"], "not_found", None),
        (["time"], "mcp.start", None),
    ]
    assert [(step, severity) for step, severity, _ in await told(workbench)] == [
        ("gone", "warning"),
        ("again", "warning"),
        ("tool", "warning"),
        ("code", "warning"),
        ("time", "warning"),
    ]
    assert (await told(workbench))[0][2] == (
        "runs do not start: the program 'no-such-program' is not installed, or not on PATH"
    )


@pytest.mark.parametrize(
    "values",
    [
        {"argv": ["./made-by-a-step"]},
        {"argv": ["{{ inputs.program }}"]},
        {"argv": ["no-such-program"], "env": {"PATH": "/elsewhere"}},
        {"argv": ["no-such-program"], "env": "{{ inputs.env }}"},
    ],
)
async def test_a_program_known_only_later_is_not_looked_for(
    workbench: Workbench, tables: Path, values: dict[str, Any]
) -> None:
    schema = {"type": "object", "properties": {"program": {"type": "string"}, "env": {"type": "object"}}}
    write_workflow(tables, "needy", {"id": "later", "type": "shell", "input": values}, inputSchema=schema)
    assert await told(workbench) == []
    run_id = await workbench.runs.start("needy", {"program": "no-such-program", "env": {}})
    record = await workbench.runs.wait(run_id)
    assert record.error is not None
    assert (record.error.step_id, record.error.type) == ("later", "not_found")


async def test_step_allowed_to_fail_may_lack_its_program(workbench: Workbench, tables: Path) -> None:
    write_workflow(tables, "needy", {**GONE, "input": {"argv": ["no-such-program"]}, "onError": "continue"}, TOUCH)
    assert await told(workbench) == [("gone", "hint", "the program 'no-such-program' is not installed, or not on PATH")]
    assert (await run_to_end(workbench, "needy", {})).status == "completed"


async def test_conditional_step_requirement_is_a_hint(workbench: Workbench, tables: Path) -> None:
    schema = {"type": "object", "properties": {"tell": {"type": "boolean", "default": False}}}
    branch = {"cases": [{"when": "inputs.tell", "steps": [{**GONE, "id": "inner"}]}], "default": {"steps": []}}
    steps: list[dict[str, Any]] = [TOUCH, {**GONE, "when": "inputs.tell"}, {"id": "pick", "type": "switch", **branch}]
    write_workflow(tables, "needy", *steps, {**GONE, "id": "off", "disabled": True}, inputSchema=schema)
    found = await told(workbench)
    assert [(step, severity) for step, severity, _ in found] == [("gone", "hint"), ("inner", "hint")]
    assert {message.partition(":")[0] for _, _, message in found} == {"runs that may get here do not start"}
    assert (await run_to_end(workbench, "needy", {})).status == "completed"


async def test_packages_are_looked_for(workbench: Workbench, tables: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    server = {**TIME, "input": {"server": {"url": "http://127.0.0.1:9/mcp"}, "tool": "now"}}
    tool = {"type": "mcp", "input": {"server": {"url": "http://127.0.0.1:9/mcp"}}}
    ask = {"id": "ask", "type": "llm", "input": {"prompt": "hi", "baseUrl": "http://x/", "model": "m", "tools": [tool]}}
    write_workflow(tables, "needy", TOUCH, server, ask)
    assert await missing_of(workbench) == [(["time", "ask"], "mcp.missing", MCP)]
    sentence = f"runs do not start: MCP servers need the package mcp: {MCP}"
    assert await told(workbench) == [("time", "warning", sentence), ("ask", "warning", sentence)]
    write_workflow(tables, "needy", {**server, "onError": "continue"}, TOUCH)
    assert (await run_to_end(workbench, "needy", {})).status == "completed", "a step that may fail needs no package"
    write_workflow(tables, "needy", TOUCH, server, ask)
    monkeypatch.delitem(sys.modules, "mcp")
    assert await told(workbench) == []


async def test_the_package_of_the_secret_store_is_looked_for(
    workbench: Workbench, tables: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyrage", None)
    write_workflow(
        tables,
        "needy",
        {"id": "get", "type": "http", "input": {"url": "http://x/", "headers": {"K": "{{ secrets.key }}"}}},
    )
    [(step, severity, message)] = await told(workbench)
    assert (step, severity) == ("get", "warning")
    assert message.endswith(install_command("wftui[store]"))


async def test_the_driver_of_a_connection_is_looked_for(
    workbench: Workbench, tables: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP", "mysql+pymysql://u:secret-pw@127.0.0.1/shop")
    Connections().save(StoredConnection(name="shop", kind="database", values={"url": "env:SHOP"}))
    monkeypatch.setitem(sys.modules, "pymysql", None)
    query = {"id": "query", "type": "sql", "connection": "shop", "input": {"query": "SELECT 1"}}
    tool = {"type": "sql", "connection": "shop", "input": {"readOnly": True}}
    ask = {"id": "ask", "type": "llm", "input": {"prompt": "hi", "baseUrl": "http://x/", "model": "m", "tools": [tool]}}
    write_workflow(tables, "needy", TOUCH, query, ask, connections={"shop": {"kind": "database"}})
    assert await told(workbench) == [], "its address is a secret"
    assert await missing_of(workbench) == [(["query", "ask"], "sql.driver", install_command("pymysql"))]
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    assert await missing_of(workbench) == [(["query", "ask"], "sql.driver", install_command("wftui[sql]"))]
    write_workflow(tables, "needy", query, ask, connections={"shop": {"kind": "database"}})
    assert [(step, severity) for step, severity, _ in await told(workbench)] == [
        ("query", "warning"),
        ("ask", "warning"),
    ]


async def test_the_program_of_a_connection_is_looked_for(workbench: Workbench, tables: Path) -> None:
    Connections().save(StoredConnection(name="clock", kind="mcp", values={"command": ["no-server"]}))
    call = {"id": "call", "type": "mcp", "connection": "clock", "input": {"tool": "now"}}
    write_workflow(tables, "needy", TOUCH, call, connections={"clock": {"kind": "mcp"}})
    assert await missing_of(workbench) == [(["call"], "mcp.start", None)]


async def test_parent_needs_the_requirements_of_its_sub_workflow(workbench: Workbench, tables: Path) -> None:
    write_workflow(tables, "child", GONE | {"input": {"argv": ["no-such-program"]}})
    write_workflow(tables, "needy", TOUCH, {"id": "sub", "type": "workflow", "input": {"workflow": "child"}})
    assert await missing_of(workbench) == [(["child/gone"], "not_found", None)]


async def test_plugin_declares_requirements(workbench: Workbench, tables: Path) -> None:
    file = tables / "steps" / "kiln.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text(PLUGIN)
    await workbench.steps.trust(file)
    write_workflow(tables, "needy", TOUCH, {"id": "bake", "type": "acme.kiln", "input": {"tool": "no-such-peel"}})
    assert await missing_of(workbench) == [
        (["bake"], "acme.oven", "acme buy oven"),
        (["bake"], "not_found", None),
    ]


@pytest.mark.parametrize("broken", ["BROKEN = 0", "BROKEN = None; Kiln.programs = lambda *_: 1 / 0"])
async def test_failing_plugin_requirement_check_is_named(workbench: Workbench, tables: Path, broken: str) -> None:
    file = tables / "steps" / "kiln.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text(PLUGIN.replace("BROKEN = None", broken))
    await workbench.steps.trust(file)
    write_workflow(tables, "needy", {"id": "bake", "type": "acme.kiln", "input": {"tool": "sh"}})
    source = await workbench.workflows.read("needy")
    result = await workbench.workflows.check("needy", source.text)
    assert [each.message for each in result.errors] == [
        "the step type acme.kiln is broken: ZeroDivisionError: division by zero"
    ]


_LOOKS_AHEAD = """
import asyncio
from pathlib import Path
from wftui.steps.api.step_type import StepType

class Oven:
    async def aclose(self):
        Path(CLOSED).touch()

class Kiln(StepType):
    word = "acme.kiln"
    title = "Kiln"
    calls = 0

    @classmethod
    def missing(cls, host):
        cls.calls += 1
        if cls.calls > 1 and HOW == "missing":
            raise OSError("the kiln is hot")
        return []

    @classmethod
    def programs(cls, literal_input, site):
        return ["peel"]

    @classmethod
    def missing_program(cls, name, host):
        cls.calls += 1
        if cls.calls > 2 and HOW == "missing_program":
            raise LookupError("no peel")
        return None

    async def prepare(self, early_input, context):
        if HOW == "cancelled":
            context.keep("oven", Oven)
            raise asyncio.CancelledError("by its own library")

    async def run(self, input, context):
        return {}
"""


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("missing", "OSError: the kiln is hot"),
        ("missing_program", "LookupError: no peel"),
        ("cancelled", "CancelledError: by its own library"),
    ],
)
async def test_a_run_whose_look_ahead_breaks_has_failed(
    workbench: Workbench, tables: Path, how: str, message: str
) -> None:
    file = tables / "steps" / "kiln.py"
    file.parent.mkdir(exist_ok=True)
    closed = tables.with_name("closed")
    file.write_text(f"HOW, CLOSED = {how!r}, {str(closed)!r}\n{_LOOKS_AHEAD}")
    await workbench.steps.trust(file)
    write_workflow(tables, "needy", {"id": "bake", "type": "acme.kiln", "input": {}})
    record = await run_to_end(workbench, "needy", {})
    assert (record.status, record.started_at, workbench.runs.running()) == ("failed", None, [])
    assert record.error is not None
    assert (record.error.type, record.error.message) == ("internal", message)
    assert closed.exists() == (how == "cancelled"), "what the step kept before it failed is closed"
