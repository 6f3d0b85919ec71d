"""Locked tools: compiling without servers, and changes since the lock."""

import json
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.mcp.mcp_helpers import RAW, call_tool, closing
from wftui.cli.main import main
from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.workflow.compilation import CompilationError
from wftui.steps.api.step_type import StepSite
from wftui.steps.mcp.lock import Lock, LockedServer, LockedTool, ServerName, read_lock, tool_changes, write_lock
from wftui.steps.mcp.server import McpServer, fits
from wftui.steps.testing import RecordingContext
from wftui.workbench import Settings, Workbench

Step = dict[str, Json]
PYTHON, SCRIPT = RAW
SERVER: dict[str, Json] = {"command": [PYTHON, SCRIPT]}


def source(step: Step, **more: Json) -> str:
    first = {"id": "first", "type": "mcp", "input": {"server": SERVER, **step}}
    schema = {"type": "object", "properties": {"n": {"type": "integer", "default": 1}, "script": {"default": SCRIPT}}}
    return json.dumps({"format": 1, "id": "tools", "inputSchema": schema, "steps": [first], **more}, indent=2)


@pytest.fixture
async def locked(workbench: Workbench) -> Workbench:
    """A workflow whose server is locked."""
    await workbench.workflows.save("tools", source({"tool": "echo", "arguments": {"text": "x"}}), None)
    report = await workbench.steps.lock_tools("tools", {})
    assert not report.failures
    assert report.changes == [f"{McpServer(command=RAW).label} was added, with 13 tools"]
    return workbench


async def problems(bench: Workbench, text: str) -> list[CompilationError]:
    result = await bench.workflows.check("tools", text)
    return [each for each in [*result.errors, *result.warnings] if each.code != "input.unused"]


@pytest.mark.parametrize(
    ("step", "code", "message", "fix"),
    [
        ({"tool": "ehco", "arguments": {"text": "x"}}, "input.choice", "did you mean echo?", "change it to echo"),
        ({"tool": "echo", "arguments": {}}, "input.missing", 'the field "text" is missing', None),
        ({"tool": "echo"}, "input.notice", "the tool echo needs arguments: text", None),
        ({"tool": "echo", "arguments": {"text": 5}}, "input.type", "text: expected text", 'change it to "5"'),
        ({"tool": "echo", "arguments": {"text": "{{ inputs.n }}"}}, "type.mismatch", "text takes a text", "convert it"),
    ],
)
async def test_a_call_is_checked_without_its_server(
    locked: Workbench, step: Step, code: str, message: str, fix: str | None
) -> None:
    (found,) = await problems(locked, source(step))
    assert found.code == code
    assert message in found.message
    assert found.location.step_id == "first"
    assert [each.title.startswith(fix or "") for each in found.fixes[:1]] == ([True] if fix else [])


async def test_bound_arguments_are_not_checked(locked: Workbench) -> None:
    assert not await problems(locked, source({"tool": "echo", "arguments": "{{ inputs }}"}))
    assert not await problems(locked, source({"tool": "{{ inputs.script }}", "arguments": {"any": 1}}))


async def test_the_structured_value_is_known(locked: Workbench) -> None:
    step: Step = {"tool": "echo", "arguments": {"text": "x"}}
    assert not await problems(locked, source(step, outputs={"n": "{{ steps.first.output.structured.calls + 1 }}"}))
    (found,) = await problems(locked, source(step, outputs={"n": "{{ steps.first.output.structured.calls.more }}"}))
    assert "calls" in found.message


async def test_unlocked_server_is_a_hint(locked: Workbench) -> None:
    (found,) = await problems(locked, source({"server": {"command": ["python3"]}, "tool": "x"}))
    assert found.severity == "hint"
    assert "wftui mcp lock tools" in found.message


async def test_a_new_lock_is_seen_by_the_next_check(locked: Workbench, settings: Settings) -> None:
    text = source({"tool": "echo", "arguments": {"text": "x"}})
    assert not await problems(locked, text)
    folder = settings.tables / "workflows" / "tools"
    lock = read_lock(folder)
    assert lock is not None
    del lock.servers[0].tools["echo"]
    write_lock(folder, lock)
    assert [each.code for each in await problems(locked, text)] == ["input.choice"]
    (folder / "mcp.lock.json").write_text('{"format": 1, "servers": 5}')
    (found,) = await problems(locked, text)
    assert found.severity == "warning"
    assert "mcp.lock.json is not valid at servers" in found.message


async def test_changed_tool_is_a_warning_in_the_run(locked: Workbench, settings: Settings) -> None:
    folder = settings.tables / "workflows" / "tools"
    lock = read_lock(folder)
    assert lock is not None
    lock.servers[0].tools["echo"].input_schema = {"type": "object", "properties": {"words": {"type": "string"}}}
    write_lock(folder, lock)
    async with closing(RecordingContext(working_directory=Path.cwd(), site=StepSite(folder))) as context:
        for _ in range(2):
            await call_tool(context, SERVER, "echo", {"text": "x"})
    ((_, level, text),) = context.logs
    assert level == "warn"
    assert "echo has changed since it was locked: the argument text was added and is required" in text
    assert "the argument words was removed" in text


async def test_relocking_reports_changes_and_keeps_unreachable_tools(locked: Workbench, settings: Settings) -> None:
    folder = settings.tables / "workflows" / "tools"
    lock = read_lock(folder)
    assert lock is not None
    now = lock.servers[0]
    before = now.model_copy(deep=True)
    before.tools["gone"] = LockedTool()
    before.tools["echo"].output_schema = None
    del before.tools["ask"]
    unreachable = LockedServer(server=ServerName(command=["no-such-server"]), tools={"x": LockedTool()})
    unused = LockedServer(server=ServerName(connection="other"))
    write_lock(folder, Lock(servers=[before, unreachable, unused]))
    second = {"id": "second", "type": "mcp", "input": {"server": {"command": ["no-such-server"]}, "tool": "x"}}
    text = json.loads(source({"tool": "echo", "arguments": {"text": "x"}}))
    text["steps"].append({"id": "inside", "type": "group", "steps": [second]})
    (folder / "workflow.json").write_text(json.dumps(text))

    looked = await locked.steps.lock_tools("tools", {}, write=False)
    assert read_lock(folder) == Lock(servers=[before, unreachable, unused])
    report = await locked.steps.lock_tools("tools", {})
    label = McpServer(command=RAW).label
    assert (
        looked.changes
        == report.changes
        == [
            f"{label}: the tool ask was added",
            f"{label}: the tool echo has changed: its output has changed",
            f"{label}: the tool gone was removed",
            "the connection other is no longer used",
        ]
    )
    (failure,) = report.failures
    assert "no-such-server" in failure
    assert read_lock(folder) == Lock(servers=[now, unreachable])


async def test_a_server_may_depend_on_inputs_but_not_on_steps(workbench: Workbench, settings: Settings) -> None:
    by_input: Json = {"command": [PYTHON, "{{ inputs.script }}"]}
    text = json.loads(source({"server": by_input, "tool": "{{ 'echo' }}"}))
    by_step: Json = {"command": ["{{ steps.first.output.text }}"]}
    text["steps"].append({"id": "second", "type": "mcp", "input": {"server": by_step, "tool": "x"}})
    await workbench.workflows.save("tools", json.dumps(text), None)
    report = await workbench.steps.lock_tools("tools", {})
    assert [len(each.tools) for each in report.lock.servers] == [13]
    (failure,) = report.failures
    assert failure.startswith("the server of the step second is not known before a run")
    folder = settings.tables / "workflows" / "tools"
    lock = read_lock(folder)
    assert lock is not None
    assert lock.of(McpServer(command=RAW), None) is lock.servers[0]
    assert lock.of(McpServer(command=[PYTHON, SCRIPT, "more"]), None) is None


def test_lock_command(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    folder = settings.tables / "workflows" / "tools"
    folder.mkdir()
    (folder / "workflow.json").write_text(source({"tool": "echo", "arguments": {"text": "x"}}))
    places = ["--tables", str(settings.tables), "--db", str(settings.database)]
    assert main([*places, "mcp", "lock", "tools", "--check"]) == 1
    assert not (folder / "mcp.lock.json").exists()
    assert main([*places, "mcp", "lock", "tools"]) == 0
    assert "was added, with 13 tools" in capsys.readouterr().out
    assert main([*places, "mcp", "lock", "tools", "--check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["changes"] == []
    missing = {"server": {"command": ["no-such-server"]}, "tool": "x"}
    (folder / "workflow.json").write_text(source(missing))
    assert main([*places, "mcp", "lock", "tools"]) == 1
    assert "no-such-server" in capsys.readouterr().err
    assert main([*places, "mcp", "lock", "nothing"]) == 4


@pytest.mark.parametrize("option", [(), ("--check",)])
@pytest.mark.parametrize("edit", ["of a tool", "at the end", "of the digest", "into another file"])
def test_an_edited_lock_file_is_refused(
    settings: Settings, capsys: pytest.CaptureFixture[str], edit: str, option: tuple[str, ...]
) -> None:
    folder = settings.tables / "workflows" / "tools"
    folder.mkdir()
    (folder / "workflow.json").write_text(source({"tool": "echo", "arguments": {"text": "x"}}))
    command = ["--tables", str(settings.tables), "--db", str(settings.database), "mcp", "lock", "tools"]
    assert main(command) == 0
    lock = folder / "mcp.lock.json"
    written = lock.read_text()
    edited = {
        "of a tool": written.replace('"text"', '"word"'),
        "at the end": written + "\n",
        "of the digest": re.sub(r"(?<=Digest: sha256:)[0-9a-f]{64}", "1" * 64, written),
        "into another file": '{"mine": 1}',
    }[edit]
    lock.write_text(edited)
    capsys.readouterr()
    assert main([*command, *option]) == 1
    errors = capsys.readouterr().err
    assert lock.read_text() == edited
    if edit == "into another file":
        assert f"error[workspace.handmade] {lock} was not generated by wftui" in errors
        return
    assert f"error[workspace.edited] {lock} has been changed since wftui wrote it" in errors
    lock.unlink()
    assert main(command) == 0
    assert lock.read_text() == written


def test_lock_file_without_a_digest_is_rewritten(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """0.1 wrote none; a checkout may convert line ends."""
    folder = settings.tables / "workflows" / "tools"
    folder.mkdir()
    (folder / "workflow.json").write_text(source({"tool": "echo", "arguments": {"text": "x"}}))
    command = ["--tables", str(settings.tables), "--db", str(settings.database), "mcp", "lock", "tools"]
    assert main(command) == 0
    lock = folder / "mcp.lock.json"
    written = lock.read_text()
    assert written.startswith('{\n  "$comment": "Generated by wftui mcp lock. Digest: sha256:')
    earlier = json.loads(written)
    del earlier["$comment"]
    for text in (json.dumps(earlier, indent=2) + "\n", written.replace("\n", "\r\n")):
        lock.write_bytes(text.encode())
        assert main([*command, "--check"]) == 0
        assert main(command) == 0
        assert lock.read_bytes() == written.encode()


async def test_locking_without_the_package_names_it(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wftui.steps.mcp.session", None)
    await workbench.workflows.save("tools", source({"tool": "echo"}), None)
    with pytest.raises(UserError, match=r"pip install 'wftui\[mcp\]'"):
        await workbench.steps.lock_tools("tools", {})


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ({}, {}, []),
        ({"a": {"type": "string"}}, {"a": {"type": "integer"}}, ["the argument a has changed"]),
        ({"a": {}}, {"a": {}, "b": {}}, ["the argument b was added"]),
        ({"a": {}}, {}, ["the argument a was removed"]),
    ],
)
def test_changes_are_listed_by_argument(before: Json, after: Json, changes: list[str]) -> None:
    old, new = (LockedTool(input_schema={"properties": each}) for each in (before, after))
    assert tool_changes(old, new) == changes
    assert tool_changes(old, LockedTool(input_schema={"properties": before}, description="other words")) == []


def test_newly_required_argument_is_a_change() -> None:
    old = LockedTool(input_schema={"properties": {"a": {}}})
    new = LockedTool(input_schema={"properties": {"a": {}}, "required": ["a"]})
    assert tool_changes(old, new) == ["the argument a is now required"]
    assert tool_changes(old, LockedTool(input_schema={"properties": {"a": {}}, "x": 1})) == [
        "its arguments have changed"
    ]


@given(st.lists(st.one_of(st.just(None), st.text(alphabet="ab.*\\{}\n")), max_size=6), st.text(alphabet="xy\n"))
def test_bound_text_matches_its_template(parts: list[str | None], value: str) -> None:
    literal = [None if part is None else part.replace("{{", "").replace("}}", "") for part in parts]
    template = "|".join("{{ inputs.x }}" if part is None else part for part in literal)
    actual = "|".join(value if part is None else part for part in literal)
    assert fits(template, actual)
    assert fits(template, actual + "!") == (literal[-1:] == [None])
