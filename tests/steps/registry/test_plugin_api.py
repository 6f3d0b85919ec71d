"""The step type interface: built-in types pass the checks of plugins."""

import ast
import json
import os
from collections.abc import Mapping
from importlib import import_module
from inspect import get_annotations, signature
from pathlib import Path
from typing import Any

import pytest
from helpers import run_to_end, write_workflow

import wftui.steps
from wftui.compiler.compiler import WorkflowCompiler
from wftui.compiler.diagnostics.fixes import apply_fix
from wftui.connections.connections import Connections, StoredConnection
from wftui.model.run.record import ExecutionRecord
from wftui.model.workflow.compilation import CompilationError
from wftui.steps import plugin
from wftui.steps.registry.plugin_check import checked
from wftui.steps.registry.step_registry import BUILTIN, StepRegistry
from wftui.steps.registry.trust import TrustedFiles
from wftui.steps.testing import RecordingContext, run_step
from wftui.workbench import Settings, Workbench
from wftui.workspace.files import Workspace

ROOMS = sorted({module.split(".")[2] for module, _ in BUILTIN.values()})


@pytest.mark.parametrize("word", sorted(BUILTIN))
def test_a_built_in_type_passes_the_checks_of_plugins(word: str) -> None:
    module, name = BUILTIN[word]
    step_type = checked(getattr(import_module(module), name))
    assert step_type.word == word
    assert type(step_type).__bases__ == (plugin.StepType,)


@pytest.mark.parametrize("room", ROOMS)
def test_builtin_types_use_the_plugin_api(room: str) -> None:
    used = {
        alias.name
        for path in (Path(wftui.steps.__file__).parent / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("wftui.steps.api")
        for alias in node.names
    }
    assert used
    assert used - set(plugin.__all__) == set()


SEARCH = '''
import asyncio
import json
import os

from wftui.steps.plugin import (
    ConnectionUse, Host, Json, MissingRequirement, Notice, PrepareContext, Repair, SiteFacts, StepContext, StepModel,
    StepSite, StepType, WorkflowError, is_program, step,
)


class SearchInput(StepModel):
    query: str
    table: str = "orders"
    tool: list[str] = ["sh"]
    over: str | None = None


class Search(StepType[SearchInput]):
    """Searches a table."""

    word = "acme.search"
    title = "Search"
    input_model = SearchInput
    output_schema = {"type": "object"}
    connection_kind = "http"
    secret_fields = frozenset({"tool"})
    visible_fields = frozenset({"tool"})
    foreign_fields = frozenset({"query"})
    site_files = ("tables.json",)

    @classmethod
    def takes_connection(cls, kind: str) -> bool:
        return kind in ("http", "generic")

    @classmethod
    def check(cls, literal_input: dict[str, Json]) -> list[tuple[str, str]]:
        return [("query", "The query must end with ;")] if not str(literal_input.get("query")).endswith(";") else []

    @classmethod
    def repairs(cls, literal_input: dict[str, Json]) -> dict[str, Repair]:
        return {"query": Repair("end it with ;", {"query": f"{literal_input['query']};"})}

    @classmethod
    def facts_at(cls, literal_input: dict[str, Json], site: StepSite) -> SiteFacts:
        assert site.folder is not None and site.step_types is not None
        tables = json.loads((site.folder / "tables.json").read_text())
        over = literal_input.get("over")
        used = [ConnectionUse(over, "over", site.step_types.get("acme.search"))] if over else []
        output = {"type": "object", "properties": {"hits": {"type": "integer"}}, "additionalProperties": False}
        return SiteFacts(
            field_schemas={"table": {"enum": tables}},
            output_schema=output,
            notices=[Notice("table", "the table is slow", "hint")],
            connections=used,
        )

    @classmethod
    def missing(cls, host: Host) -> list[MissingRequirement]:
        return [MissingRequirement("acme.index", "there is no index", "acme index")]

    @classmethod
    def programs(cls, literal_input: dict[str, Json], site: StepSite) -> list[str]:
        return [name for name in literal_input.get("tool", [])[:1] if is_program(name)]

    @classmethod
    def from_command(cls, command: str) -> dict[str, Json] | None:
        return {"query": command.removeprefix("search ")} if command.startswith("search ") else None

    @classmethod
    def as_command(cls, literal_input: dict[str, Json], output: Json = None) -> str | None:
        return f"search {literal_input['query']}"

    async def run(self, input: SearchInput, context: StepContext) -> Json:
        return {"hits": 1}


class Same(StepType):
    """Returns its input."""

    word = "acme.same"
    title = "Same"
    output_schema = {"type": "object"}
    immediate = True
    gives_input = True

    async def run(self, input: dict[str, Json], context: StepContext) -> Json:
        return input


class Load(StepType):
    """Loads a table that must be there before a run starts."""

    word = "acme.load"
    title = "Load"
    connection_kind = "generic"
    connection_required = True
    early_fields = frozenset({"table"})

    @classmethod
    def programs(cls, literal_input: dict[str, Json], site: StepSite) -> list[str]:
        return [literal_input["tool"]] if "tool" in literal_input else []

    @classmethod
    def missing_program(cls, name: str, host: Host) -> MissingRequirement | None:
        return MissingRequirement("acme.tool", f"the tool {name} is not installed", f"acme install {name}")

    async def prepare(self, early_input: dict[str, Json], context: PrepareContext) -> Json:
        if early_input["table"] == "absent":
            raise WorkflowError("acme.absent", "the table is absent", details={"command": "acme export absent"})
        return [*early_input, context.connection_name, context.connection["values"]["place"]]

    async def run(self, input: dict[str, Json], context: StepContext) -> Json:
        return context.prepared


class Work(StepType):
    """Pauses for some seconds."""

    word = "acme.work"
    title = "Work"

    async def run(self, input: dict[str, Json], context: StepContext) -> Json:
        await asyncio.sleep(input["seconds"])
        return "done"


class Wait(Work):
    """Pauses for some seconds, and only waits."""

    word = "acme.wait"
    waits = True


@step("acme.first")
async def first(*, context: StepContext) -> dict[str, bool]:
    """Uses the names of wftui 0.1."""
    now = context.now()
    return {
        "run": context.execution_id == context.run_id,
        "types": context.site.catalogue.get("acme.first") is not None,
        "slept": await context.sleep_until(moment=now) == now,
    }
'''


@pytest.fixture
def registry(tmp_path: Path) -> StepRegistry:
    """The step types of a workspace with the plugin above."""
    file = tmp_path / "steps" / "search.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text(SEARCH)
    trusted = TrustedFiles()
    trusted.trust(file, file.read_bytes())
    made = StepRegistry(workspace_steps=file.parent, trusted=trusted, plugins=False)
    assert made.problems() == []
    return made


def diagnostics(root: Path, registry: StepRegistry, *steps: dict[str, Any], **fields: Any) -> list[CompilationError]:
    """All diagnostics about steps of a workflow whose folder has a `tables.json`."""
    folder = root / "workflows" / "flow"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tables.json").write_text('["orders", "people"]')
    text = json.dumps({"format": 1, "id": "flow", **fields, "steps": list(steps)}, indent=2)
    result = WorkflowCompiler(Workspace(root), registry, environment={"PATH": os.defpath}).check("flow", text)
    return [*result.errors, *result.warnings]


def search(**values: Any) -> dict[str, Any]:
    return {"id": "find", "type": "acme.search", "input": {"query": "all;", **values}}


def test_a_plugin_repairs_its_input(tmp_path: Path, registry: StepRegistry) -> None:
    [problem] = [each for each in diagnostics(tmp_path, registry, search(query="all")) if each.severity == "error"]
    assert (problem.code, problem.message) == ("input.refused", "The query must end with ;")
    [fix] = problem.fixes
    assert fix.title == "end it with ;"
    text = json.dumps({"format": 1, "id": "flow", "steps": [search(query="all")]})
    assert json.loads(apply_fix(text, fix))["steps"][0]["input"]["query"] == "all;"


def test_plugin_reads_files_beside_its_workflow(tmp_path: Path, registry: StepRegistry) -> None:
    after = {"id": "use", "type": "set", "input": {"n": "{{ steps.find.output.hitz }}"}}
    found = {each.message: each for each in diagnostics(tmp_path, registry, search(table="pepole"), after)}
    assert found["the table is slow"].severity == "hint"
    assert any("orders" in message and each.location.field == "input.table" for message, each in found.items())
    assert any("hitz" in message for message in found), "the output of this very step is known"


def test_a_plugin_names_connections_and_the_kinds_it_takes(tmp_path: Path, registry: StepRegistry) -> None:
    connections = {"web": {"kind": "http"}, "own": {"kind": "generic"}, "mail": {"kind": "smtp"}}
    for name, codes in (("web", set()), ("own", set()), ("mail", {"connection.kind"})):
        for step in ({**search(), "connection": name}, search(over=name)):
            found = diagnostics(tmp_path, registry, step, connections=connections)
            assert {each.code for each in found if each.severity == "error"} == codes


def test_a_plugin_marks_its_fields(tmp_path: Path, registry: StepRegistry) -> None:
    key = {"type": "object", "properties": {"key": {"type": "string", "writeOnly": True}}, "required": ["key"]}
    for step, expected in (
        (search(tool=["sh", "{{ inputs.key }}"]), {"secret.visible"}),  # visible_fields
        (search(tool=["sh", "{{ secrets.key }}"]), {"secret.visible"}),  # and secret_fields, which take secrets
        (search(table="{{ secrets.key }}"), {"secret.place"}),
        (search(query="inputs.key"), {"input.refused"}),  # foreign_fields: no lint of expressions without braces
        (search(table="inputs.key"), {"expression.no_braces", "input.choice"}),
    ):
        found = diagnostics(tmp_path, registry, step, inputSchema=key)
        codes = {each.code for each in found if each.code not in ("input.notice", "step.requirement")}
        assert codes - {"input.unused"} == expected, step


def test_plugin_reports_missing_packages(tmp_path: Path, registry: StepRegistry) -> None:
    found = diagnostics(tmp_path, registry, search(tool=["no-such-tool"]))
    messages = [each.message for each in found if each.code == "step.requirement"]
    assert any("there is no index" in message and "acme index" in message for message in messages)
    assert any("no-such-tool" in message for message in messages)


async def test_a_plugin_converts_commands_and_runs(tmp_path: Path, registry: StepRegistry) -> None:
    step_type = registry.get("acme.search")
    assert step_type is not None
    assert step_type.from_command("search all;") == {"query": "all;"}
    assert step_type.as_command({"query": "all;"}) == "search all;"
    assert await run_step(step_type, {"query": "all;"}, RecordingContext(tmp_path)) == {"hits": 1}


def test_the_output_of_a_plugin_can_be_its_input(tmp_path: Path, registry: StepRegistry) -> None:
    same = {"id": "same", "type": "acme.same", "input": {"a": 1}}
    after = {"id": "use", "type": "set", "input": {"n": "{{ steps.same.output.b }}"}}
    assert any("b" in each.message for each in diagnostics(tmp_path, registry, same, after) if each.severity == "error")


async def run(root: Path, *steps: dict[str, Any], **fields: Any) -> ExecutionRecord:
    """Run a workflow of the plugin above, once it is trusted."""
    Connections().save(StoredConnection(name="mine", kind="generic", values={"values": {"place": "attic"}}))
    write_workflow(root, "flow", *steps, **fields)
    workbench = Workbench(Settings(root, root / "runs.db"))
    try:
        return await run_to_end(workbench, "flow", {})
    finally:
        await workbench.close()


def load(**values: Any) -> dict[str, Any]:
    return {"id": "load", "type": "acme.load", "connection": "mine", "input": {"table": "orders", **values}}


MINE = {"mine": {"kind": "generic"}}


async def test_plugin_prepares_before_a_run(tmp_path: Path, registry: StepRegistry) -> None:
    record = await run(tmp_path, load(other=1), connections=MINE)
    assert [each.output for each in record.step_results] == [["table", "mine", "attic"]]
    before = {"id": "before", "type": "acme.same", "input": {}}
    record = await run(tmp_path, before, load(table="absent"), connections=MINE)
    assert {each.status for each in record.step_results} == {"pending"}
    assert record.error is not None and record.error.type == "connection.unresolved"
    assert "load: the table is absent (acme export absent)" in record.error.message


async def test_plugin_words_the_missing_program(tmp_path: Path, registry: StepRegistry) -> None:
    [warning] = diagnostics(tmp_path, registry, load(tool="hoist"), connections=MINE)
    assert (warning.code, warning.severity) == ("step.requirement", "warning")
    assert "the tool hoist is not installed" in warning.message and "acme install hoist" in warning.message
    record = await run(tmp_path, load(tool="hoist"), connections=MINE)
    assert record.error is not None
    assert "load: the tool hoist is not installed: acme install hoist" in record.error.message


def test_plugin_requires_a_connection(tmp_path: Path, registry: StepRegistry) -> None:
    [problem] = diagnostics(tmp_path, registry, {**load(), "connection": None})
    assert problem.code == "connection.missing"
    assert diagnostics(tmp_path, registry, load(), connections=MINE) == []


async def test_default_timeout_skips_plugins_that_wait(tmp_path: Path, registry: StepRegistry) -> None:
    steps = [
        {"id": "wait", "type": "acme.wait", "needs": [], "input": {"seconds": 0.2}},
        {"id": "work", "type": "acme.work", "needs": [], "input": {"seconds": 600}},
    ]
    record = await run(tmp_path, *steps, defaults={"timeout": "20ms"})
    waited, worked = record.step_results
    assert (waited.status, waited.output) == ("completed", "done")
    assert worked.error is not None and worked.error.type == "timeout"


async def test_names_of_the_first_release_work(tmp_path: Path, registry: StepRegistry) -> None:
    record = await run(tmp_path, {"id": "first", "type": "acme.first", "input": {}})
    assert record.step_results[0].output == {"run": True, "types": True, "slept": True}
    assert RecordingContext(tmp_path, execution_id="x").run_id == RecordingContext(tmp_path, "x").execution_id == "x"


FIRST = json.loads((Path(__file__).parent / "plugin_api_0_1_0.json").read_text())


@pytest.mark.parametrize(("module", "name"), [(module, name) for module, names in FIRST.items() for name in names])
def test_interface_of_the_first_release_is_kept(module: str, name: str) -> None:
    """All exports of version 0.1.0 work, with their parameters."""
    exported = getattr(import_module(module), name)
    for member in FIRST[module][name]:
        word, called, parameters = member.rstrip(")").partition("(")
        assert word in members(exported), f"{name}.{word}"
        if called and f"{name}.{word}" != "StepSite.__init__":  # the engine makes them
            call = exported if word in ("__call__", "__init__") else getattr(exported, word)
            assert set(filter(None, parameters.split(", "))) <= {*signature(call).parameters}


def members(exported: Any) -> set[str]:
    """Return the names of attributes, annotated ones included, or a mapping's keys."""
    if isinstance(exported, Mapping):
        return {*exported}
    annotated = {name for each in getattr(exported, "__mro__", ()) for name in get_annotations(each)}
    return {*dir(exported), *annotated}
