"""Acceptance criteria of the original specification below the screens, by number.

Those of the screens (AC-B.1 to AC-B.6) are with those of the screens, in tests/tui.
"""

import json

from helpers import patience, run_to_end

from wftui.model.run.events import StepStarted
from wftui.model.run.summary import ExecutionFilters
from wftui.workbench import Settings, Workbench


def write(settings: Settings, workflow: dict[str, object]) -> None:
    path = settings.tables / "workflows" / str(workflow["id"]) / "workflow.json"
    path.parent.mkdir()
    path.write_text(json.dumps(workflow))


VALID = {
    "format": 1,
    "id": "valid",
    "inputSchema": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
    "steps": [{"id": "double", "type": "set", "input": {"value": "{{ inputs.n * 2 }}"}}],
    "outputs": {"value": "{{ steps.double.output.value }}"},
}


async def test_ac_a_1_compile_validates_workflow(workbench: Workbench, settings: Settings) -> None:
    write(settings, {**VALID, "steps": [{"id": "double", "type": "sett", "needs": ["nobody"]}]})
    result = await workbench.workflows.compile("valid")
    assert not result.success
    assert len(result.errors) >= 2, "all problems at once"
    assert {problem.location.step_id for problem in result.errors} >= {"double"}
    assert not workbench.workspace.generated_path("valid").exists()


async def test_ac_a_2_compile_generates_python(workbench: Workbench, settings: Settings) -> None:
    write(settings, VALID)
    result = await workbench.workflows.compile("valid")
    assert result.success
    assert workbench.workspace.generated_path("valid").read_text() == result.generated_code
    assert '"valid"' in workbench.workspace.registry_path.read_text()


async def test_ac_a_3_execute_runs_workflow(workbench: Workbench, settings: Settings) -> None:
    write(settings, VALID)
    record = await run_to_end(workbench, "valid", {"n": 21})
    assert (record.status, record.outputs) == ("completed", {"value": 42})


async def test_ac_a_5_execution_stored(workbench: Workbench, settings: Settings) -> None:
    write(settings, VALID)
    record = await run_to_end(workbench, "valid", {"n": 1})
    await workbench.close()
    again = Workbench(settings)
    try:
        assert await again.runs.record(record.id, whole=True) == record
    finally:
        await again.close()


async def test_ac_a_6_cancel_stops_execution(workbench: Workbench, settings: Settings) -> None:
    write(settings, {"format": 1, "id": "slow", "steps": [{"id": "nap", "type": "delay", "input": {"for": "1h"}}]})
    run_id = await workbench.runs.start("slow", {})
    async with patience():
        async for batch in workbench.runs.follow(run_id):
            if any(isinstance(event, StepStarted) for event in batch):
                await workbench.runs.cancel(run_id)
    record = await workbench.runs.record(run_id)
    assert record.status == "cancelled"
    assert record.step_results[0].status == "cancelled"


async def test_ac_a_7_history_queryable(workbench: Workbench, settings: Settings) -> None:
    write(settings, VALID)
    good = await run_to_end(workbench, "valid", {"n": 1})
    bad = await run_to_end(workbench, "valid", {"n": "one"})
    page = await workbench.runs.history(ExecutionFilters(workflow_id="valid"))
    assert [run.id for run in page.executions] == [bad.id, good.id]
    page = await workbench.runs.history(ExecutionFilters(workflow_id="valid", status=["failed"]))
    assert [run.id for run in page.executions] == [bad.id]
