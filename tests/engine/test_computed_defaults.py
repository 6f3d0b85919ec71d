"""Input defaults that are expressions: computed only if a value is absent."""

import json
from pathlib import Path
from typing import Any

import pytest

from wftui.model.base import Json
from wftui.model.errors import ConflictError
from wftui.model.run.record import ExecutionRecord
from wftui.workbench import Workbench

PROPERTIES: dict[str, Any] = {
    "host": {"type": "string", "default": "web1"},
    "port": {"type": "integer"},
    "name": {"type": "string", "default": "{{ inputs.host }}-{{ run.workflowId }}"},
    "size": {"type": "integer", "default": "{{ inputs.name | length }}", "minimum": 3},
    "home": {"type": "string", "default": "{{ env.PLACE }}"},
    "braces": {"type": "string", "default": "{% raw %}{{.Names}}{% endraw %}"},
}


def put(workbench: Workbench, properties: dict[str, Any], *required: str) -> None:
    folder: Path = workbench.workspace.source_path("flow").parent
    folder.mkdir(parents=True, exist_ok=True)
    names = {name: f"{{{{ inputs.{name} }}}}" for name in properties}
    source = {
        "format": 1,
        "id": "flow",
        "env": ["PLACE"],
        "inputSchema": {"type": "object", "properties": properties, "required": [*required]},
        "steps": [{"id": "a", "type": "set", "input": names}],
        "outputs": names,
    }
    (folder / "workflow.json").write_text(json.dumps(source))


async def run(workbench: Workbench, **inputs: Json) -> ExecutionRecord:
    run_id = await workbench.runs.start("flow", inputs)
    await workbench.runs.until_end(run_id)
    return await workbench.runs.record(run_id, whole=True)


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACE", "north")


async def test_absent_inputs_are_computed_in_their_order(workbench: Workbench) -> None:
    put(workbench, PROPERTIES, "port", "name", "size", "home")
    record = await run(workbench, port=1)
    computed = {"name": "web1-flow", "size": 9, "home": "north", "braces": "{{.Names}}"}
    assert record.status == "completed", record.error
    assert record.inputs == {"host": "web1", "port": 1, **computed}
    assert record.outputs == record.inputs


async def test_a_given_value_is_never_evaluated(workbench: Workbench) -> None:
    put(workbench, PROPERTIES)
    given: dict[str, Json] = {"port": 1, "name": "{{ inputs.host }}", "home": "{{ 1 + 1 }}", "braces": "{% raw %}"}
    record = await run(workbench, **given)
    assert record.status == "completed", record.error
    assert record.inputs == {**given, "host": "web1", "size": 17}


async def test_a_computed_value_is_validated(workbench: Workbench) -> None:
    put(workbench, PROPERTIES)
    record = await run(workbench, port=1, name="ab")
    assert record.error is not None
    assert record.error.type == "validation.inputs"
    assert "size" in json.dumps(record.error.details)


async def test_an_error_names_its_place(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    put(workbench, PROPERTIES)
    monkeypatch.delenv("PLACE")
    record = await run(workbench, port=1)
    assert record.error is not None
    assert record.error.pointer == "/inputSchema/properties/home/default"
    assert record.error.line is not None
    assert record.status == "failed"


async def test_frontends_learn_that_it_is_optional(workbench: Workbench) -> None:
    """No form or agent sends the text of the expression as a value."""
    put(workbench, PROPERTIES, "port", "name")
    schema: Any = await workbench.workflows.input_schema("flow")
    assert schema["required"] == ["port"]
    assert "default" not in schema["properties"]["name"]
    assert schema["properties"]["name"]["description"] == "Default: {{ inputs.host }}-{{ run.workflowId }}"
    assert schema["properties"]["host"] == PROPERTIES["host"]
    assert await workbench.workflows.check_inputs("flow", {"port": 1}) == []


async def test_a_repeated_start_is_the_same_run(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where the default would be another one by now."""
    put(workbench, PROPERTIES)
    first = await workbench.runs.start("flow", {"port": 1}, key="k")
    monkeypatch.setenv("PLACE", "south")
    assert await workbench.runs.start("flow", {"port": 1}, key="k") == first
    with pytest.raises(ConflictError):
        await workbench.runs.start("flow", {"port": 1, "home": "south"}, key="k")
    await workbench.runs.until_end(first)


async def test_a_rerun_keeps_what_was_computed(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    put(workbench, PROPERTIES)
    first = await run(workbench, port=1)
    monkeypatch.setenv("PLACE", "south")
    again = await workbench.runs.rerun(first.id, {}, reuse=False)
    await workbench.runs.until_end(again)
    assert (await workbench.runs.record(again, whole=True)).inputs == first.inputs


async def test_a_secret_that_is_computed_is_masked(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACE", "tok-91c4-secret")
    put(workbench, {"token": {"type": "string", "writeOnly": True, "default": "{{ env.PLACE }}"}})
    record = await run(workbench)
    assert record.inputs == {"token": "***"}
    assert "91c4" not in record.to_json()


async def test_a_sub_workflow_computes_its_own(workbench: Workbench) -> None:
    put(workbench, PROPERTIES)
    folder = workbench.workspace.source_path("caller").parent
    folder.mkdir(parents=True)
    call = {"id": "call", "type": "workflow", "input": {"workflow": "flow", "inputs": {"port": 2}}}
    caller = {"format": 1, "id": "caller", "steps": [call], "outputs": {"x": "{{ steps.call.output.name }}"}}
    (folder / "workflow.json").write_text(json.dumps(caller))
    run_id = await workbench.runs.start("caller", {})
    await workbench.runs.until_end(run_id)
    assert (await workbench.runs.record(run_id, whole=True)).outputs == {"x": "web1-flow"}
