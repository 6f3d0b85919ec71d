"""No mutated workflow makes a check raise, hides another, or runs anything.

`make hostile` tries 10,000 (`WFTUI_MUTATED`).
"""

import json
import os
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from compiler.compiler_helpers import STEP_TYPES
from compiler.every_feature import EVERYTHING
from helpers import Cli
from hypothesis import HealthCheck, given, settings

from hostile.mutations import SCHEMAS, VALUES, Address, addresses, at, mutated
from wftui.compiler.checks import checker
from wftui.compiler.compiler import WorkflowCompiler
from wftui.model.errors import UserError
from wftui.model.workflow.durations import parse_duration
from wftui.runtime.validation.validator import schema_problems, validate_inputs
from wftui.workspace.files import Workspace
from wftui.workspace.new_workflow import new_source

COUNT = int(os.environ.get("WFTUI_MUTATED", "150"))
"""How many mutated workflows to make."""


def assert_checked(root: Path, text: str) -> None:
    """Check a text as the only one of a workspace, as every listing does."""
    compiler = WorkflowCompiler(Workspace(root), STEP_TYPES, environment={})
    result = compiler.check("flow", text)
    assert [each.message for each in result.errors if each.code == "internal"] == []
    assert result.success or result.errors
    json.dumps(result.to_wire())
    for each in [*result.errors, *result.warnings]:
        assert 1 <= each.line <= text.count("\n") + 1


@settings(max_examples=COUNT, suppress_health_check=list(HealthCheck), database=None)
@given(mutated())
def test_every_mutated_workflow_is_checked(text: str) -> None:
    assert_checked(Path("/nowhere"), text)


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("value", [10**400, -(10**400), 1e308, "9" * 400 + "d", SCHEMAS[0]], ids=lambda v: str(v)[:9])
def test_a_value_in_every_place_of_the_format(value: Any) -> None:
    for address in addresses(EVERYTHING):
        if address:
            assert_checked(Path("/nowhere"), json.dumps(with_value(EVERYTHING, address, value)))


def with_value(workflow: dict[str, Any], address: Address, value: Any) -> dict[str, Any]:
    changed = deepcopy(workflow)
    at(changed, address[:-1])[address[-1]] = deepcopy(value)
    return changed


@pytest.mark.first_cases(30)
@pytest.mark.parametrize("below", ["inputSchema", "zzz", "$ref"])
@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
def test_every_schema_is_refused_or_can_be_used(schema: Any, below: str) -> None:
    root: dict[str, Any] = {"type": "object", "properties": {"x": schema}}
    if below != "inputSchema":
        root = {"type": "object", "zzz": {"x": schema}}
    if below == "$ref":
        root["properties"] = {"x": {"$ref": "#/zzz/x"}}
    for value in VALUES:
        validate_inputs(root, {"x": value})
    assert_checked(Path("/nowhere"), json.dumps({**EVERYTHING, "inputSchema": root}))


def test_referenced_schema_is_checked() -> None:
    schema = {"properties": {"x": {"$ref": "#/zzz/s"}}, "zzz": {"s": {"type": "string", "minLength": "3"}}}
    [problem] = schema_problems(schema)
    assert problem.pointer == "/properties/x/$ref"
    assert "minLength" in problem.message
    assert not schema_problems({**schema, "properties": {}})


@pytest.mark.parametrize("value", [10**400, -1, 1e308, "9" * 400 + "s", "36501d", float("nan"), float("inf")])
def test_a_duration_is_finite(value: object) -> None:
    with pytest.raises(ValueError, match="between 0 and 36500d"):
        parse_duration(value)


# --- the fence: a defect in one check


class DefectError(Exception):
    """A defect of a check."""


def _defect(*_: object) -> Any:
    raise DefectError("with a secret in its message")


CHECKS = [name for name in vars(checker) if name.startswith(("check_", "_check_")) and name != "check_workflow"]


@pytest.mark.first_cases(8)
@pytest.mark.parametrize("name", [*CHECKS, "read_tree", "lint_workflow", "output_bindings"])
def test_a_defect_of_any_check_is_a_diagnostic(
    tmp_path: Path, bare_cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    workspace = Workspace(tmp_path)
    workspace.write("good", new_source("good"), None)
    monkeypatch.setattr(checker, name, _defect)
    code, out, _ = bare_cli("compile", "--all", "--json", "--tables", str(tmp_path))
    [result] = json.loads(out)
    found = [each for each in result["errors"] if each["code"] == "internal"]
    if name != "check_child":  # which this workflow does not need
        assert code == 3
        assert found
    for each in found:
        assert "internal error DefectError at test_mutated_workflows.py:" in each["message"]
        assert "secret" not in each["message"]
    if name == "_check_step":
        assert [each["location"]["stepId"] for each in found] == ["greet", "system"]
    assert bare_cli("list", "--tables", str(tmp_path))[0] == 0


def test_a_defect_of_the_code_generator_is_a_diagnostic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Workspace(tmp_path).write("good", new_source("good"), None)
    monkeypatch.setattr("wftui.compiler.text_compiler.transpile", _defect)
    [result] = WorkflowCompiler(Workspace(tmp_path), STEP_TYPES).compile_all()
    assert [each.code for each in result.errors] == ["internal"]


# --- one workflow never hides the others


@pytest.mark.parametrize(
    "kind", ["fifo", "folder", "device", "dangling", "loop", "binary", "huge", "timeout", "schema"]
)
def test_one_workflow_never_hides_the_others(tmp_path: Path, bare_cli: Cli, kind: str) -> None:
    workspace = Workspace(tmp_path / "tables")
    workspace.write("good", new_source("good"), None)
    path = workspace.source_path("bad")
    path.parent.mkdir()
    expected = _put(path, kind)
    where = ("--tables", str(workspace.root), "--db", str(tmp_path / "runs.db"))
    code, out, errors = bare_cli("compile", "--all", *where)
    assert (code, "good: Ready" in out, "bad: Failed" in out) == (3, True, True)
    assert expected in errors
    code, out, _ = bare_cli("list", *where)
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[1:]] == ["bad", "good"]
    for command in (("run", "bad"), ("compile", "bad"), ("compile", "--check", "bad")):
        code, out, errors = bare_cli(*command, *where)
        assert code != 0
        assert expected in errors
    with pytest.raises(UserError):
        WorkflowCompiler(workspace, STEP_TYPES).load("bad")


def _put(path: Path, kind: str) -> str:
    """Replace a workflow.json; return the diagnostics."""
    broken = {"format": 1, "id": "bad", "steps": [{"id": "a", "type": "set"}]}
    match kind:
        case "fifo":
            os.mkfifo(path)
            return "it is a named pipe, not a file"
        case "folder":
            path.mkdir()
            return "it is a folder"
        case "device":
            path.symlink_to("/dev/zero")
            return "it is a device, not a file"
        case "dangling":
            path.symlink_to("nowhere")
            return "it is a link to nowhere, which does not exist"
        case "loop":
            path.symlink_to(path.name)
            return "too many levels of symbolic links"
        case "binary":
            path.write_bytes(b"\xff\xfe\x00")
            return "is not UTF-8"
        case "huge":
            path.touch()
            os.truncate(path, 1 << 40)
            return "it is larger than 67,108,864 bytes"
        case "timeout":
            path.write_text(json.dumps({**broken, "timeout": 10**400}))
            return "a duration is between 0 and 36500d"
        case _:
            properties = {"x": {"$ref": "#/zzz/s"}}
            path.write_text(json.dumps({**broken, "inputSchema": {**SCHEMAS[0], "properties": properties}}))
            return "error[schema.invalid]"
